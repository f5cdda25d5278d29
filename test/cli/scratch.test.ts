import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { removeOldScratch, withScratch } from '../../cli/backup/scratch.ts';

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
  // No process has the largest id that there could be.
  const parent = t.testdir({ 'backup-scratch-4194304-a': { 'waybill.db': '' }, other: {} });
  mkdirSync(join(parent, `backup-scratch-${process.pid}-a`));
  symlinkSync(join(parent, 'other'), join(parent, 'backup-scratch-4194304-b'));
  t.same(await removeOldScratch(parent), {
    removed: ['backup-scratch-4194304-a'],
    left: ['backup-scratch-4194304-b'],
  });
  const listeners = process.listenerCount('SIGTERM');
  await withScratch(parent, async (directory) => t.ok(readdirSync(directory)));
  t.equal(process.listenerCount('SIGTERM'), listeners);
});
