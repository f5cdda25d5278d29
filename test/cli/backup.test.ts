import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Repository } from '../../cli/backup/repository.ts';
import { readConfig } from '../../server/config.ts';
import { lockDataDirectory, lockFile } from '../../server/database/lock.ts';
import { prepare, unfinishedRestoreFile } from '../../server/setup.ts';
import { addBlob, destroyBlob, installation, json, pathOfBlob } from './fixtures/installation.ts';
import { waybill } from './fixtures/run.ts';

type Taken = { backup: string; blobs: { count: number }; added: { count: number } };

void t.test(
  'backups share what they hold, and pruning takes what only old ones hold',
  async (t) => {
    const { env, directory } = await installation(t);
    const to = join(directory, 'backups');
    const first = await addBlob(env, 100_000);
    const second = await addBlob(env, 200_000);
    t.match(await json<Taken>(t, ['backup', '--to', to], env), { added: { count: 2 } });
    await destroyBlob(env, first);
    rmSync(pathOfBlob(env['WAYBILL_DATA_DIR']!, first));
    const third = await addBlob(env, 70_000);
    const newest = await json<Taken>(t, ['backup', '--to', to], env);
    t.match(newest, { blobs: { count: 2 }, added: { count: 1 } });
    t.equal((await json<Taken[]>(t, ['backup', 'list', '--from', to], {})).length, 2);

    const pruned = await json(t, ['backup', 'prune', '--from', to, '--keep', '1'], env);
    t.match(pruned, { kept: [newest.backup], blobs: 1 });
    t.notOk(existsSync(pathOfBlob(to, first)), 'what was destroyed is now in no backup');
    t.ok(existsSync(pathOfBlob(to, second)) && existsSync(pathOfBlob(to, third)));
    t.match(await json(t, ['backup', 'verify', '--from', to], env), { ok: true });
  },
);

void t.test('a copied file that went bad in the backup is copied again', async (t) => {
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const blobId = await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const copy = pathOfBlob(to, blobId);
  const bytes = readFileSync(copy);
  bytes[5000]! ^= 1;
  writeFileSync(copy, bytes);
  t.match(await json(t, ['backup', '--to', to, '--verify-all'], env), { added: { count: 1 } });
  writeFileSync(copy, bytes.subarray(0, 500));
  t.match(await json(t, ['backup', '--to', to], env), { added: { count: 1 } }, 'one cut short');
  await json(t, ['backup', 'verify', '--from', to], env);
});

void t.test('what is damaged in the installation is told, and the rest is backed up', async (t) => {
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const [missing, flipped, good] = [
    await addBlob(env, 100_000),
    await addBlob(env, 100_000),
    await addBlob(env, 100_000),
  ];
  rmSync(pathOfBlob(env['WAYBILL_DATA_DIR']!, missing));
  const path = pathOfBlob(env['WAYBILL_DATA_DIR']!, flipped);
  const bytes = readFileSync(path);
  bytes[70_000]! ^= 1;
  writeFileSync(path, bytes);
  const run = await waybill(['backup', '--to', to, '--json'], { env });
  t.equal(run.status, 1);
  t.match(run.err, new RegExp(`content ${missing}: it is missing`));
  t.match(run.err, new RegExp(`content ${flipped}: `));
  const taken = JSON.parse(run.out) as { damaged: string[] };
  t.same([...taken.damaged].sort(), [missing, flipped].sort());
  t.ok(existsSync(pathOfBlob(to, good)));
  const restored = await json<{ damaged: string[] }>(
    t,
    [
      'restore',
      '--from',
      to,
      '--data-dir',
      join(directory, 'd2'),
      '--keys-dir',
      env['WAYBILL_KEYS_DIR']!,
    ],
    {},
  );
  t.equal(restored.damaged.length, 2, 'and a restore says so again');
});

void t.test('with a key of its own a backup holds the master key, too', async (t) => {
  const { env, directory } = await installation(t);
  const key = join(directory, 'backup.key');
  t.equal((await waybill(['backup', 'make-key', key])).status, 0);
  t.equal(statSync(key).mode & 0o777, 0o600);
  t.equal((await waybill(['backup', 'make-key', key])).status, 1, 'it replaces none');
  await addBlob(env, 100_000);
  const to = join(directory, 'backups');
  const withKey = { ...env, WAYBILL_BACKUP_KEY_FILE: key };
  await json(t, ['backup', '--to', to], withKey);
  const target = ['--data-dir', join(directory, 'd2'), '--keys-dir', join(directory, 'k2')];
  const wrong = await waybill(['restore', '--from', to, ...target], { env });
  t.equal(wrong.status, 1);
  const other = join(directory, 'other.key');
  await waybill(['backup', 'make-key', other]);
  const alien = await waybill(['restore', '--from', to, '--backup-key', other, ...target]);
  t.match(alien.err, /is sealed with the backup key [0-9a-f]{16}, and this one is [0-9a-f]{16}/);
  await json(t, ['restore', '--from', to, '--backup-key', key, ...target], {});
  const master = (keys: string) => readFileSync(join(keys, 'master.key'), 'utf8');
  t.equal(master(join(directory, 'k2')), master(env['WAYBILL_KEYS_DIR']!));
});

void t.test(
  'a backup is for nobody but who has the key, and lies in no foreign directory',
  async (t) => {
    const { env, directory } = await installation(t);
    const to = join(directory, 'backups');
    await addBlob(env, 100_000);
    await json(t, ['backup', '--to', to], env);
    const hostKey = readFileSync(join(env['WAYBILL_KEYS_DIR']!, 'host_ed25519'), 'utf8');
    for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      t.equal(statSync(path).mode & 0o777, 0o600, path);
      const bytes = readFileSync(path);
      t.notOk(bytes.includes('alameda') || bytes.includes('SQLite format'), 'no name in the clear');
      t.notOk(bytes.includes(hostKey.slice(50, 90)), 'no key in the clear');
    }
    const foreign = await waybill(['backup', '--to', directory], { env });
    t.match(foreign.err, /holds something else than backups/);
    const inside = await waybill(['backup', '--to', join(env['WAYBILL_DATA_DIR']!, 'b')], { env });
    t.equal(inside.status, 2, 'nor beside what it is a backup of');
  },
);

void t.test('a restore replaces nothing', async (t) => {
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const over = await waybill(['restore', '--from', to], { env });
  t.equal(over.status, 1);
  t.match(over.err, /is not empty \(blobs, lock, lock-owner\.json\)/);
  const keys = join(directory, 'k2');
  mkdirSync(keys);
  writeFileSync(join(keys, 'host_ed25519'), 'another');
  const master = join(env['WAYBILL_KEYS_DIR']!, 'master.key');
  const target = ['--master-key', master, '--data-dir', join(directory, 'd2')];
  const run = await waybill(['restore', '--from', to, ...target, '--keys-dir', keys]);
  t.match(run.err, /host_ed25519 is another key than the backup's/);
});

void t.test('a restore that was killed starts no server, and is begun anew', async (t) => {
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const data = join(directory, 'd2');
  mkdirSync(join(data, 'blobs/ab'), { recursive: true });
  writeFileSync(join(data, 'blobs/ab', 'half'), 'half');
  writeFileSync(join(data, unfinishedRestoreFile), '');
  const half = readConfig({ ...env, WAYBILL_DATA_DIR: data });
  t.throws(() => prepare(half), { code: 'data-directory-unusable' });
  const keys = env['WAYBILL_KEYS_DIR']!;
  await json(t, ['restore', '--from', to, '--data-dir', data, '--keys-dir', keys], {});
  t.notOk(existsSync(join(data, 'blobs/ab/half')));
  t.doesNotThrow(() => prepare(half));
});

void t.test('nobody else works on the data, or the backups, meanwhile', async (t) => {
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const lock = lockDataDirectory(env['WAYBILL_DATA_DIR']!);
  const held = await waybill(['backup', '--to', to], { env });
  t.match(held.err, /is in use by process/, 'a process that holds it and cannot be asked');
  lock.release();
  writeFileSync(
    join(to, 'busy'),
    JSON.stringify({ pid: process.pid, host: 'elsewhere', since: '' }),
  );
  const busy = await waybill(['backup', '--to', to], { env });
  t.match(busy.err, /another command writes to/);
  rmSync(join(to, 'busy'));
  await json(t, ['backup', '--to', to], env);
  t.notOk(existsSync(join(to, 'busy')));
});

void t.test('who writes has a lock, and not a number of a process', async (t) => {
  // A command in another container of this name has a number that is nobody's here, so it counted as gone: two wrote at
  // once. Two that found what a killed one had left could both remove it, the later one what the earlier had just begun.
  const repository = new Repository(t.testdir());
  const owner = { pid: 4194304, host: hostname(), since: 'yesterday' };
  const busy = join(repository.directory, 'busy');
  const held = lockFile(join(repository.directory, 'lock'));
  writeFileSync(busy, JSON.stringify(owner));
  await t.rejects(repository.lock(), /another command writes to .*4194304 on .* since yesterday/);
  held!.release();
  for (let round = 0; round < 50; round += 1) {
    // Whether its number is somebody's says nothing, either.
    writeFileSync(busy, JSON.stringify({ ...owner, pid: round % 2 === 0 ? 4194304 : process.pid }));
    const tries = Array.from({ length: 4 }, async (_, late) => {
      for (let turns = 0; turns < late * (round % 5); turns += 1) await new Promise(setImmediate);
      return new Repository(repository.directory).lock();
    });
    const got = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
    t.equal(got.length, 1);
    await (
      await Promise.any(tries)
    )();
  }
  t.notOk(existsSync(busy));
  await t.rejects(new Repository(join(repository.directory, 'none')).lock(), /cannot be locked/);
});

void t.test(
  'a copy of the database that a killed command left goes with the next command',
  async (t) => {
    const { env, directory } = await installation(t);
    const data = env['WAYBILL_DATA_DIR']!;
    const left = join(data, 'backup-scratch-abcdef');
    const going = join(data, 'backup-scratch-ghijkl');
    mkdirSync(left);
    mkdirSync(going);
    const lock = lockFile(join(going, 'in-use'));
    t.teardown(() => lock?.release());
    const doctor = await waybill(['doctor'], { env: { ...env, WAYBILL_ADMIN_PORT: '1' } });
    t.match(doctor.out, /warn {2}scratch .*backup-scratch-abcdef, which is removed now/);
    t.match(doctor.out, /skip {2}scratch .*goes on has .* in backup-scratch-ghijkl/);
    t.notOk(existsSync(left));
    mkdirSync(left);
    await json(t, ['backup', '--to', join(directory, 'backups'), '--scratch', directory], env);
    t.notOk(existsSync(left), 'also where this one makes its copy elsewhere');
    mkdirSync(left);
    await json(t, ['backup', 'verify', '--from', join(directory, 'backups')], env);
    t.notOk(existsSync(left));
    t.ok(existsSync(going), 'what another command works on stays');
  },
);
