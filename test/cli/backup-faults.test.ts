import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { BlobCopy } from '../../cli/backup/copy.ts';
import { mapLimited, writeWhole, onePiece } from '../../cli/backup/files.ts';
import { missingKey, packKeys, unpackKeys } from '../../cli/backup/key-files.ts';
import { readSealingKey } from '../../cli/backup/keys.ts';
import { KnownBlobs } from '../../cli/backup/parts.ts';
import { pruneBackups } from '../../cli/backup/prune.ts';
import { Repository } from '../../cli/backup/repository.ts';
import { restoreBackup } from '../../cli/backup/restore.ts';
import type { Progress } from '../../cli/progress.ts';
import { storedBlobs } from '../../cli/stored-content.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/database/open.ts';
import { Fault } from '../../server/domain/faults.ts';
import { createVault } from '../../server/files/vault.ts';
import { readKeyMaterial } from '../../server/setup.ts';
import { addBlob, installation, json, pathOfBlob } from './fixtures/installation.ts';
import type { Env } from './fixtures/installation.ts';
import { now, waybill } from './fixtures/run.ts';

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}

void t.test('with another keys directory the copies that are there stay', async (t) => {
  // With the wrong keys no key in the database opened, so every copy in the repository looked damaged, was copied again,
  // looked damaged still, and was removed: from all backups that shared it.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const blobId = await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const before = readFileSync(pathOfBlob(to, blobId));
  const other = {
    WAYBILL_DATA_DIR: join(directory, 'd2'),
    WAYBILL_KEYS_DIR: join(directory, 'k2'),
  };
  await waybill(['init'], { env: other });
  const wrong = { ...env, WAYBILL_KEYS_DIR: other.WAYBILL_KEYS_DIR };
  for (const more of [[], ['--verify-all']]) {
    const run = await waybill(['backup', '--to', to, ...more], { env: wrong });
    t.equal(run.status, 1);
    t.match(run.err, /the master key in .*k2 is not that of the data in [^]*WAYBILL_KEYS_DIR/);
  }
  t.ok(readFileSync(pathOfBlob(to, blobId)).equals(before));
  t.match(await json(t, ['backup', 'verify', '--from', to], env), { ok: true });
});

/** Copies an installation's content into a repository whose own files are read with `failure`. */
async function copyWith(t: Test, env: Env, to: string, failure: Fault) {
  const { dataDirectory } = readConfig(env);
  const database = openDatabase({ dataDirectory, clock: () => now });
  t.teardown(() => database.close());
  const repository = new Repository(to);
  await repository.prepare();
  const store = await openLocalDisk(repository.blobsDirectory);
  const copy = new BlobCopy({
    source: join(dataDirectory, 'blobs'),
    repository,
    database,
    store: Object.assign(Object.create(store) as typeof store, {
      open: () => Promise.reject(failure),
    }),
    vault: createVault(readKeyMaterial(readConfig(env)).masterKey.reveal()),
    verifyAll: true,
    onBytes: () => undefined,
  });
  for await (const page of storedBlobs(database)) await copy.page(page, new KnownBlobs(undefined));
  return copy;
}

void t.test('a copy that cannot be read now is not one that is bad', async (t) => {
  // No descriptor was left (EMFILE), and each copy that was to be read back was taken for a damaged one and removed.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const blobId = await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const { ino } = statSync(pathOfBlob(to, blobId));
  await t.rejects(copyWith(t, env, to, new Fault('storage-failed')), /cannot be read/);
  t.equal(statSync(pathOfBlob(to, blobId)).ino, ino, 'neither removed nor replaced');
});

void t.test('a copy is not replaced by what is bad itself', async (t) => {
  // The copy was replaced first and read back then: with its source gone bad, too, both were.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const blobId = await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  flip(pathOfBlob(env['WAYBILL_DATA_DIR']!, blobId));
  flip(pathOfBlob(to, blobId));
  const before = readFileSync(pathOfBlob(to, blobId));
  const run = await waybill(['backup', '--to', to, '--verify-all'], { env });
  t.equal(run.status, 1);
  t.match(run.err, blobId);
  t.ok(readFileSync(pathOfBlob(to, blobId)).equals(before));
  t.same(
    readdirSync(join(to, 'blobs', blobId.slice(0, 2))),
    [blobId],
    'and nothing is left beside',
  );
});

void t.test('a whole file gets its name once it was looked at', async (t) => {
  const path = join(t.testdir({ file: 'before' }), 'file');
  const refuse = () => Promise.reject(new Error('bad'));
  await t.rejects(writeWhole(path, onePiece(Buffer.from('after')), undefined, refuse), /bad/);
  t.equal(readFileSync(path, 'utf8'), 'before');
});

void t.test('once one has failed no other begins, and none goes on alone', async (t) => {
  // The first failure was thrown while other copies went on, into a repository that was unlocked and cleaned meanwhile.
  const begun: number[] = [];
  let ended = 0;
  const work = async (item: number) => {
    begun.push(item);
    if (item === 1) throw new Error('first');
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
    ended += 1;
  };
  await t.rejects(mapLimited([0, 1, 2, 3, 4, 5, 6, 7], 3, work), /first/);
  t.same(begun, [0, 1, 2]);
  t.equal(ended, 2);
});

void t.test(
  'a key that is a link is in the backup, and none that is needed is left out',
  async (t) => {
    // Secrets that an orchestrator mounts are links. Each was left out without a word, and the backup could not be restored.
    const { env, directory } = await installation(t);
    const keys = env['WAYBILL_KEYS_DIR']!;
    const hostKey = join(keys, 'host_ed25519');
    mkdirSync(join(directory, 'mounted'));
    renameSync(hostKey, join(directory, 'mounted', 'host'));
    symlinkSync(join(directory, 'mounted', 'host'), hostKey);
    const config = readConfig(env);
    const master = readKeyMaterial(config).masterKey.reveal();
    const packed = unpackKeys(packKeys(config, 'backup-key', master).toString());
    t.same([...packed.keys()].sort(), ['evidence_ed25519', 'host_ed25519', 'master.key']);
    t.throws(() => packKeys(config, 'backup-key', Buffer.alloc(32)), /was exchanged/);
    const to = join(directory, 'backups');
    await json(t, ['backup', '--to', to], env);
    const target = ['--data-dir', join(directory, 'd2'), '--keys-dir', join(directory, 'k2')];
    const from = ['--from', to, '--master-key', join(keys, 'master.key')];
    await json(t, ['restore', ...from, ...target], {});
    t.equal(
      readFileSync(join(directory, 'k2/host_ed25519'), 'utf8'),
      readFileSync(hostKey, 'utf8'),
    );
    rmSync(hostKey);
    t.throws(() => packKeys(config, 'master-key', master), /host_ed25519 is not in it/);
    symlinkSync(join(directory, 'gone'), hostKey);
    t.throws(() => packKeys(config, 'master-key', master), /cannot be read/);
    t.equal(missingKey(new Map([['host_ed25519', master]]), 'backup-key'), 'master.key');
    t.equal(missingKey(new Map([['host_ed25519', master]]), 'master-key'), undefined);
  },
);

void t.test('damage within the database is told when the backup is taken', async (t) => {
  // Small files lie in the database, which was copied as it was. The first to read them was the restore, which then
  // refused all of it.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const [bad, good] = [await addBlob(env, 900, 'database'), await addBlob(env, 900, 'database')];
  const database = openDatabase({ dataDirectory: env['WAYBILL_DATA_DIR']!, clock: () => now });
  await database.write(async ({ query }) => {
    const of = query.selectFrom('blobs').select('content').where('id', '=', bad);
    const content = Buffer.from((await of.executeTakeFirstOrThrow()).content!);
    content[100]! ^= 1;
    await query.updateTable('blobs').set({ content }).where('id', '=', bad).execute();
  });
  await database.close();
  const run = await waybill(['backup', '--to', to, '--json'], { env });
  t.equal(run.status, 1);
  t.match(run.err, `content ${bad}`);
  t.notMatch(run.err, `content ${good}`);
  t.match(JSON.parse(run.out), { damaged: [bad], files: { count: 2 } });
  const master = join(env['WAYBILL_KEYS_DIR']!, 'master.key');
  const target = ['--data-dir', join(directory, 'd2'), '--keys-dir', join(directory, 'k2')];
  const restored = await json(t, ['restore', '--from', to, '--master-key', master, ...target], {});
  t.match(restored, { damaged: [bad], lost: [] });
});

void t.test('a restore goes on without what is damaged, if it is told to', async (t) => {
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const [flipped, missing, good] = [
    await addBlob(env, 100_000),
    await addBlob(env, 100_000),
    await addBlob(env, 100_000),
  ];
  await json(t, ['backup', '--to', to], env);
  flip(pathOfBlob(to, flipped));
  rmSync(pathOfBlob(to, missing));
  const master = join(env['WAYBILL_KEYS_DIR']!, 'master.key');
  const data = join(directory, 'd2');
  const keys = join(directory, 'k2');
  const target = ['--master-key', master, '--data-dir', data, '--keys-dir', keys];
  const refused = await waybill(['restore', '--from', to, ...target]);
  t.equal(refused.status, 1);
  t.match(refused.err, /2 files are missing[^]*--without-damaged/);
  t.same(readdirSync(data), []);

  const run = await waybill(['restore', '--from', to, ...target, '--without-damaged']);
  t.equal(run.status, 0, run.err);
  for (const id of [flipped, missing]) t.match(run.out, new RegExp(`lost {6}.*${id}: `));
  t.match(run.out, /Ask for the damaged and lost files again/);
  t.notOk(existsSync(pathOfBlob(data, flipped)));
  t.ok(existsSync(pathOfBlob(data, good)));
  const database = openDatabase({ dataDirectory: data, clock: () => now });
  const rows = await database.read(({ query }) =>
    query.selectFrom('ledger').select('event').orderBy('seq', 'desc').limit(3).execute(),
  );
  await database.close();
  t.same(
    rows.map(({ event }) => event),
    ['backup.content-lost.1', 'backup.content-lost.1', 'backup.restored.1'],
  );
  const again = { WAYBILL_DATA_DIR: data, WAYBILL_KEYS_DIR: keys, WAYBILL_ADMIN_PORT: '1' };
  const doctor = await waybill(['doctor'], { env: again });
  t.match(doctor.out, new RegExp(`content ${missing} .*is missing`));
  t.match(doctor.out, /ok {4}ledger/);
});

void t.test('a new disk that is at fault is no damage of the backup', async (t) => {
  // Each failure of a disk was one of the backup: with the disk of the new server at fault, the backup was told to be
  // damaged, and --without-damaged left out files that were whole.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const blobId = await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const data = join(directory, 'd2');
  const repository = new Repository(to);
  const sealing = readSealingKey('master-key', join(env['WAYBILL_KEYS_DIR']!, 'master.key'));
  const failure = Object.assign(new Error('EIO: i/o error, write'), {
    code: 'EIO',
    syscall: 'write',
  });
  const nothing = { begin: () => undefined, add: () => undefined, end: () => undefined };
  // It is told of what is written where that is written, and that all of it is read back next.
  const faults: readonly (readonly [Progress, RegExp])[] = [
    [
      {
        ...nothing,
        add: () => {
          throw failure;
        },
      },
      /the backup cannot be restored: EIO/,
    ],
    [
      {
        ...nothing,
        begin: (what) => {
          if (what === 'files') flip(pathOfBlob(data, blobId));
        },
      },
      new RegExp(`${blobId} is not what was written to it just now`),
    ],
  ];
  for (const [progress, words] of faults)
    for (const withoutDamaged of [false, true]) {
      const restored = restoreBackup({
        repository,
        name: (await repository.list())[0]!,
        sealing,
        dataDirectory: data,
        keysDirectory: join(directory, 'k2'),
        withoutDamaged,
        nowMs: () => now,
        progress,
      });
      await t.rejects(restored, words);
      t.same(readdirSync(data), []);
    }
});

void t.test('pruning chooses once nobody else writes', async (t) => {
  // It listed the backups and then waited for nobody: one that ended in between was older than none that it kept, and its
  // files were of no backup that it knew of.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  let newest = '';
  class Late extends Repository {
    override async lock() {
      await addBlob(env, 50_000);
      newest = (await json<{ backup: string }>(t, ['backup', '--to', to], env)).backup;
      return super.lock();
    }
  }
  const sealing = readSealingKey('master-key', join(env['WAYBILL_KEYS_DIR']!, 'master.key'));
  t.match(await pruneBackups(new Late(to), sealing, 1), { kept: [newest], blobs: 0 });
  t.match(await json(t, ['backup', 'verify', '--from', to], env), { ok: true });
});

void t.test('pruning removes what backups wrote, and nothing else', async (t) => {
  // Whatever lay in the directory of the blobs was of no backup, and went: through a link also what lay elsewhere.
  const { env, directory } = await installation(t);
  const to = join(directory, 'backups');
  const blobId = await addBlob(env, 100_000);
  await json(t, ['backup', '--to', to], env);
  const shard = join(to, 'blobs', blobId.slice(0, 2));
  const orphan = blobId.slice(0, 2) + 'f'.repeat(30);
  const elsewhere = join(directory, 'elsewhere');
  const free = blobId.startsWith('ab') ? 'ac' : 'ab';
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, free + '0'.repeat(30)), 'mine');
  symlinkSync(elsewhere, join(to, 'blobs', free));
  mkdirSync(join(to, 'blobs', 'lost+found'));
  writeFileSync(join(to, 'blobs', 'lost+found', 'f'.repeat(32)), 'mine');
  for (const name of ['notes', orphan, `${orphan}.unfinished`])
    writeFileSync(join(shard, name), '');
  t.match(await json(t, ['backup', 'prune', '--from', to, '--keep', '1'], env), { blobs: 2 });
  t.same(readdirSync(shard).sort(), [blobId, 'notes'].sort());
  t.same(readdirSync(elsewhere), [free + '0'.repeat(30)]);
  t.same(readdirSync(join(to, 'blobs', 'lost+found')), ['f'.repeat(32)]);

  rmSync(shard, { recursive: true });
  symlinkSync(elsewhere, shard);
  const through = await waybill(['backup', '--to', to], { env });
  t.match(through.err, /is not a directory of the backups/);
  t.equal(readdirSync(elsewhere).length, 1, 'nor is anything written through one');
  renameSync(join(to, 'blobs'), join(directory, 'blobs'));
  symlinkSync(join(directory, 'blobs'), join(to, 'blobs'));
  const run = await waybill(['backup', 'prune', '--from', to, '--keep', '1', '--yes'], { env });
  t.match(run.err, /blobs is not a directory of the backups/);
});

void t.test('what the system refuses is told in words', async (t) => {
  // It was a stack trace.
  const { env, directory } = await installation(t);
  writeFileSync(join(directory, 'file'), '');
  const run = await waybill(['backup', '--to', join(directory, 'file', 'b')], { env });
  t.equal(run.status, 1);
  t.match(run.err, /the backup cannot be taken: ENOTDIR[^]*run it as the user/);
});

void t.test('a backup on the disk of the data is warned of', async (t) => {
  const { env, directory } = await installation(t);
  const run = await waybill(['backup', '--to', join(directory, 'b'), '--json'], { env });
  t.match(run.err, /^warning: .* is on the same file system as /);
  t.match(JSON.parse(run.out), { warnings: [/same file system/] });
});
