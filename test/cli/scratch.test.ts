import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { removeOldScratch, withScratch } from '../../cli/backup/scratch.ts';
import { lockFile } from '../../server/database/lock.ts';

const scratch = join(import.meta.dirname, '../../cli/backup/scratch.js');

void t.test('however a command ends, its copy of the database goes', async (t) => {
  // Whoever pressed Ctrl-C, or piped the output into `head`, left the whole database in the clear behind.
  const program = `
    import { writeFileSync } from 'node:fs';
    const { withScratch } = await import(${JSON.stringify(scratch)});
    await withScratch(process.argv[1], async (directory) => {
      writeFileSync(directory + '/waybill.db', 'in the clear');
      console.log('ready');
      if (process.argv[2] === 'exit') process.exit(7);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  for (const how of ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'] as const) {
    const parent = t.testdir();
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, parent, how], {
      env: {},
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    if (how !== 'exit') child.kill(how);
    const [code, signal] = (await ended) as [number | null, string | null];
    t.same([code, signal], how === 'exit' ? [7, null] : [null, how], 'as without it');
    t.same(readdirSync(parent), [], how);
  }
});

void t.test('what is left behind goes, and what another made stays', async (t) => {
  // Whether its process was there was asked by its number. A backup in another container has one that is nobody's here,
  // and its copy of the database was removed under it.
  const parent = t.testdir({
    'backup-scratch-4194304-a': { 'waybill.db': '' },
    'backup-scratch-4194304-c': { 'waybill.db': '' },
    other: {},
  });
  // The number of a process that goes on is no sign of life, either: it may be another's by now.
  mkdirSync(join(parent, `backup-scratch-${process.pid}-a`));
  symlinkSync(join(parent, 'other'), join(parent, 'backup-scratch-4194304-b'));
  const lock = lockFile(join(parent, 'backup-scratch-4194304-c', 'in-use'));
  const { removed, ...rest } = await removeOldScratch(parent);
  t.same(
    [...removed].sort(),
    ['backup-scratch-4194304-a', `backup-scratch-${process.pid}-a`].sort(),
  );
  t.same(rest, { left: ['backup-scratch-4194304-b'], inUse: ['backup-scratch-4194304-c'] });
  lock!.release();
  const listeners = process.listenerCount('SIGTERM');
  await withScratch(parent, async (directory) => {
    t.match(await removeOldScratch(parent), {
      removed: ['backup-scratch-4194304-c'],
      inUse: [basename(directory)],
    });
    t.ok(readdirSync(directory));
  });
  t.equal(process.listenerCount('SIGTERM'), listeners);
  t.match(await removeOldScratch(parent), { removed: [], inUse: [] });
});

void t.test('a copy of a process that was killed is not in use', async (t) => {
  const parent = t.testdir();
  const program = `
    const { withScratch } = await import(${JSON.stringify(scratch)});
    await withScratch(process.argv[1], async () => {
      console.log('ready');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, parent], {
    env: {},
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  t.match(await removeOldScratch(parent), { removed: [], inUse: [/^backup-scratch-/] });
  child.kill('SIGKILL');
  await ended;
  t.match(await removeOldScratch(parent), { removed: [/^backup-scratch-/], inUse: [] });
  t.same(readdirSync(parent), []);
});

void t.test('many that begin and look at once never lose a copy', async (t) => {
  const parent = t.testdir();
  let worked = 0;
  const command = async () => {
    await removeOldScratch(parent);
    await withScratch(parent, async (directory) => {
      writeFileSync(join(directory, 'copy'), 'whole');
      await removeOldScratch(parent);
      t.equal(readFileSync(join(directory, 'copy'), 'utf8'), 'whole');
      worked += 1;
    });
  };
  for (let round = 0; round < 10; round += 1)
    await Promise.all(Array.from({ length: 6 }, () => command()));
  t.equal(worked, 60);
  t.same(readdirSync(parent), []);
});
