import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { judgeDrift, judgeSync } from '../../cli/doctor/clock.ts';
import { openUnmigrated } from '../../cli/doctor/database.ts';
import { judgeSpace } from '../../cli/doctor/space.ts';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { readConfig } from '../../server/config.ts';
import { listHostKeys } from '../../server/host-key-files.ts';
import { readKeyMaterial } from '../../server/setup.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { certify, type CertificateFields } from '../authentication/fixtures/certificates.ts';
import { ledger } from '../fixtures/ledger.ts';
import { lockDataDirectory } from '../../server/database/lock.ts';
import { openDatabase } from '../../server/database/open.ts';
import { createVault } from '../../server/files/vault.ts';
import { plantTree } from '../../server/files/tree.ts';
import { now, waybill } from './fixtures/run.ts';

type Finding = { level: string; name: string; detail: string; todo?: string };

async function installation(test: Test): Promise<Record<string, string>> {
  const directory = test.testdir();
  // A port that nothing listens on.
  const env = {
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
    WAYBILL_ADMIN_PORT: '1',
  };
  const made = await waybill(['init'], { env });
  test.equal(made.status, 0, made.err);
  return env;
}

async function doctor(
  env: Record<string, string>,
  ...options: string[]
): Promise<{ status: number; findings: Finding[] }> {
  const run = await waybill(['doctor', '--json', ...options], { env });
  return { status: run.status, findings: JSON.parse(run.out) as Finding[] };
}

function levelOf(findings: readonly Finding[], name: string): string | undefined {
  return findings.find((finding) => finding.name === name)?.level;
}

void t.test('init makes an installation, and says what it made', async (t) => {
  const directory = t.testdir();
  const env = {
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
  };
  const first = await waybill(['init'], { env });
  t.equal(first.status, 0, first.err);
  t.match(first.out, /made {6}.*master\.key\n[^]*host key {2}SHA256:/);
  const second = await waybill(['init'], { env });
  t.match(second.out, /^everything was there already\nhost key {2}SHA256:/);
});

void t.test('a good installation', async (t) => {
  const env = await installation(t);
  const { status, findings } = await doctor(env, '--deep');
  t.equal(status, 0, JSON.stringify(findings));
  // Of the host's clock a container says nothing.
  const names = new Set(findings.map((finding) => finding.name));
  t.same([...names].sort(), [
    'admin-keys',
    'backup',
    'clock',
    'clock-rate',
    'clock-sync',
    'configuration',
    'content',
    'data-dir',
    'database',
    'descriptors',
    'disk',
    'key-material',
    'keys-dir',
    'ledger',
    'master-key',
    'migrations',
    'permissions',
    'server',
    'time-zone',
    'user-keys',
  ]);
  for (const { level, name, todo } of findings)
    t.equal(level !== 'ok' && todo === undefined, false, `${name} says what to do`);
  const text = await waybill(['doctor'], { env });
  t.match(text.out, /^ok {4}configuration {2}data in /);
});

void t.test('an empty place is no failure, and nothing is made there', async (t) => {
  const directory = t.testdir();
  const { status, findings } = await doctor({
    WAYBILL_DATA_DIR: join(directory, 'd'),
    WAYBILL_KEYS_DIR: join(directory, 'k'),
    WAYBILL_ADMIN_PORT: '1',
  });
  t.equal(status, 0);
  t.equal(levelOf(findings, 'database'), 'warn');
});

void t.test('a wrong variable', async (t) => {
  const { status, findings } = await doctor({ WAYBILL_SFTP_PORT: 'x', WAYBILL_WORKERS: 'many' });
  t.equal(status, 1);
  t.equal(findings.length, 2);
  t.match(findings[0]?.detail, 'WAYBILL_SFTP_PORT');
});

void t.test('secrets that others can read', async (t) => {
  const env = await installation(t);
  chmodSync(join(env['WAYBILL_KEYS_DIR']!, 'master.key'), 0o644);
  chmodSync(env['WAYBILL_DATA_DIR']!, 0o777);
  const { status, findings } = await doctor(env);
  t.equal(status, 1);
  t.match(
    findings.find((finding) => finding.name === 'permissions'),
    { level: 'fail', todo: /^chmod 600 .*master\.key$/ },
  );
  t.equal(levelOf(findings, 'data-dir'), 'fail');
});

void t.test('a certificate of the host key', async (t) => {
  const env = await installation(t);
  const keys = env['WAYBILL_KEYS_DIR']!;
  const [hostKey] = listHostKeys(keys);
  const [type = '', base64 = ''] = hostKey!.publicKey.split(' ');
  const key = { ...testKey('ed25519'), type, blob: Buffer.from(base64, 'base64') };
  const hasCertificate = async (fields: CertificateFields) => {
    const blob = certify(key, testKey('ed25519', 1), { role: 2, validAfter: 0n, ...fields });
    const line = `ssh-ed25519-cert-v01@openssh.com ${blob.toString('base64')}\n`;
    writeFileSync(join(keys, 'host_ed25519-cert.pub'), line);
    const { status, findings } = await doctor(env);
    const found = findings.find(({ name }) => name === 'host-cert');
    return { status, level: found?.level, detail: found?.detail ?? '' };
  };
  const seconds = BigInt(Math.floor(now / 1000));
  const days = (count: bigint) => ({ validBefore: seconds + count * 86_400n });
  t.match(await hasCertificate(days(31n)), { status: 0, level: 'ok', detail: /^1 offered/ });
  t.match(await hasCertificate(days(29n)), { status: 0, level: 'warn', detail: / ends on / });
  t.match(await hasCertificate(days(-1n)), { status: 0, level: 'warn', detail: /has expired/ });
  t.match(await hasCertificate({ role: 1 }), { status: 1, level: 'fail', detail: /not a certif/ });
});

void t.test('another master key', async (t) => {
  const env = await installation(t);
  await addAgency(env);
  const keyFile = join(env['WAYBILL_KEYS_DIR']!, 'master.key');
  rmSync(keyFile);
  writeFileSync(keyFile, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const { status, findings } = await doctor(env);
  t.equal(status, 1);
  t.equal(levelOf(findings, 'master-key'), 'fail');
});

void t.test('content that is missing, and content that belongs to nothing', async (t) => {
  const env = await installation(t);
  const agencyId = await addAgency(env);
  const database = openDatabase({ dataDirectory: env['WAYBILL_DATA_DIR']!, clock: () => now });
  await database.write(async ({ query }) => {
    const blob = {
      id: 'a'.repeat(32),
      agency_id: agencyId,
      wrapped_key: Buffer.alloc(61),
      size: 5,
      sha256: '0'.repeat(64),
      root: Buffer.alloc(32),
      state: 'published',
      created_at: now,
    } as const;
    await query.insertInto('blobs').values(blob).execute();
  });
  await database.close();
  const shard = join(env['WAYBILL_DATA_DIR']!, 'blobs/bb');
  mkdirSync(shard, { recursive: true });
  writeFileSync(join(shard, 'b'.repeat(32)), 'x');
  const { status, findings } = await doctor(env);
  t.equal(status, 1);
  t.match(
    findings.filter((finding) => finding.name === 'content'),
    [
      { level: 'fail', detail: /aaaa.* is missing/ },
      { level: 'warn', detail: /^1 stored pieces belong to no file/ },
    ],
  );
});

void t.test('content of a previous version is named, too', async (t) => {
  // Only what is there now was looked for by name: of what it was before, an administrator had 32 digits.
  const env = await installation(t);
  const agencyId = await addAgency(env);
  const database = openDatabase({ dataDirectory: env['WAYBILL_DATA_DIR']!, clock: () => now });
  await database.write(async ({ query }) => {
    const { root_entry_id: parent } = await query
      .selectFrom('agencies')
      .select('root_entry_id')
      .executeTakeFirstOrThrow();
    const blob = { agency_id: agencyId, wrapped_key: Buffer.alloc(61), size: 5 };
    const rest = { sha256: '0'.repeat(64), root: Buffer.alloc(32), created_at: now };
    const version = { entry_id: 'e1', size: 5, sha256: rest.sha256, received_at: now };
    for (const [digit, replacedAt] of [
      ['a', now],
      ['b', null],
    ] as const) {
      const id = digit.repeat(32);
      await query
        .insertInto('blobs')
        .values({ ...blob, ...rest, id, state: 'published' })
        .execute();
      await query
        .insertInto('versions')
        .values({ ...version, id: digit, blob_id: id, replaced_at: replacedAt })
        .execute();
    }
    const entry = {
      agency_id: agencyId,
      parent_id: parent,
      name: 'cases.csv',
      kind: 'file',
    } as const;
    const times = { accessed_at: now, modified_at: now, created_at: now };
    await query
      .insertInto('entries')
      .values({ ...entry, ...times, id: 'e1', version_id: 'b', size: 5, mode: 0o640, fixed: 0 })
      .execute();
  });
  await database.close();
  const { findings } = await doctor(env);
  t.match(
    findings.filter(({ name, level }) => name === 'content' && level === 'fail'),
    [
      { detail: /aaaa of kern: cases\.csv \(a previous version\) is missing/ },
      { detail: /bbbb of kern: cases\.csv is missing/ },
    ],
  );
});

void t.test('content in the database that is not what came in', async (t) => {
  const env = await installation(t);
  const agencyId = await addAgency(env);
  const database = openDatabase({ dataDirectory: env['WAYBILL_DATA_DIR']!, clock: () => now });
  const vault = createVault(readKeyMaterial(readConfig({ ...env })).masterKey.reveal());
  const blobId = 'a'.repeat(32);
  const store = await openLocalDisk(join(env['WAYBILL_DATA_DIR']!, 'blobs'));
  const { dataKey, wrapped } = await database.write((unit) =>
    vault.createDataKey(unit, agencyId, blobId),
  );
  const grant = { blobId, dataKey, size: 0, root: null, sha256: null, content: null };
  const writer = await ContentWriter.create(store, grant, null, { inlineBytesMax: 100 });
  await writer.write(0, Buffer.from('small'));
  const finished = await writer.finish();
  const put = (content: Uint8Array) =>
    database.write(async ({ query }) => {
      await query.deleteFrom('blobs').where('id', '=', blobId).execute();
      const row = { id: blobId, agency_id: agencyId, wrapped_key: wrapped, ...finished, content };
      await query
        .insertInto('blobs')
        .values({ ...row, state: 'published', created_at: now })
        .execute();
    });
  const contentOf = async () => {
    await database.checkpoint();
    return (await doctor(env, '--deep')).findings.filter(({ name }) => name === 'content');
  };
  await put(writer.content!);
  t.match(await contentOf(), [{ level: 'ok', detail: /^1 files/ }]);
  const bad = Uint8Array.from(writer.content!);
  bad[50]! ^= 1;
  await put(bad);
  t.match(await contentOf(), [{ level: 'fail', detail: /aaaa/ }]);
  await database.close();
});

void t.test('a clock behind the ledger', async (t) => {
  const env = await installation(t);
  const database = openDatabase({
    dataDirectory: env['WAYBILL_DATA_DIR']!,
    clock: () => now + 3_600_000,
  });
  const origin = { actor: { kind: 'server' }, session: null, source: null } as const;
  await database.write((unit) =>
    ledger.append(unit, {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'server.stopped.1' },
    }),
  );
  await database.close();
  const { status, findings } = await doctor(env);
  t.equal(status, 1);
  t.equal(levelOf(findings, 'clock'), 'fail');
  t.match(
    findings.find((finding) => finding.name === 'ledger'),
    { level: 'ok', detail: /^1 rows/ },
  );
});

void t.test('a damaged database', async (t) => {
  const env = await installation(t);
  writeFileSync(
    join(env['WAYBILL_DATA_DIR']!, 'waybill.db'),
    'not a database, but long enough to look at'.repeat(100),
  );
  const { status, findings } = await doctor(env);
  t.equal(status, 1);
  t.equal(levelOf(findings, 'database'), 'fail');
});

void t.test('while the server runs', async (t) => {
  const env = await installation(t);
  const server = createServer((_request, response) => response.end('{"ready":true}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  // Another process in earnest: a lock of this one would do as well, as each connection is on its own.
  const lock = lockDataDirectory(env['WAYBILL_DATA_DIR']!);
  t.teardown(() => lock.release());
  const { port } = server.address() as AddressInfo;
  const running = await doctor({ ...env, WAYBILL_ADMIN_PORT: String(port) });
  t.equal(running.status, 0);
  t.equal(levelOf(running.findings, 'server'), 'ok');
  t.equal(levelOf(running.findings, 'ledger'), 'ok', 'of a copy of the database');
  t.equal(levelOf(running.findings, 'content'), 'skip');
  const left = readdirSync(env['WAYBILL_DATA_DIR']!).filter((name) => name.includes('scratch'));
  t.same(left, []);
  const deaf = await doctor(env);
  t.equal(deaf.status, 1);
  t.equal(levelOf(deaf.findings, 'server'), 'fail');
});

void t.test('a database that is not up to date stays as it is', async (t) => {
  const dataDirectory = t.testdir({ none: {} });
  // As an older version left it: no migration applied yet.
  const database = openDatabase({
    dataDirectory,
    clock: () => now,
    migrationsDirectory: join(dataDirectory, 'none'),
  });
  await database.close();
  for (const _time of [1, 2]) {
    const opened = openUnmigrated(dataDirectory, () => now);
    await opened.database.close();
    t.equal(opened.applied, 0);
    t.match(opened.pending[0], /^0001-/);
  }
});

void t.test('room on the disk', async (t) => {
  t.equal(judgeSpace(50e6, 1e12).level, 'fail');
  t.equal(judgeSpace(1e9, 10e9).level, 'warn');
  t.equal(judgeSpace(10e9, 1e12).level, 'warn');
  t.equal(judgeSpace(100e9, 1e12).level, 'ok');
});

async function addAgency(env: Record<string, string>): Promise<string> {
  const { readKeyMaterial } = await import('../../server/setup.ts');
  const { readConfig } = await import('../../server/config.ts');
  const masterKey = readKeyMaterial(readConfig(env)).masterKey.reveal();
  const database = openDatabase({ dataDirectory: env['WAYBILL_DATA_DIR']!, clock: () => now });
  const id = randomBytes(16).toString('hex');
  const rootEntryId = randomBytes(16).toString('hex');
  try {
    await database.write(async (unit) => {
      const row = {
        id,
        code: 'kern',
        name: 'Kern',
        kind: 'lcsa',
        root_entry_id: rootEntryId,
        created_at: now,
        updated_at: now,
        removed_at: null,
      } as const;
      await unit.query.insertInto('agencies').values(row).execute();
      await plantTree(unit, { id, rootEntryId });
      await createVault(masterKey).createAgencyKey(unit, id);
    });
    return id;
  } finally {
    await database.close();
  }
}

// It issued a key by the clock of the tests, until that was behind the clock of the host, which keys go by.
void t.test('keys that will not do for long, and no backup', async (t) => {
  const env = await installation(t);
  const nowMs = Date.now();
  const day = 24 * 3_600_000;
  const issued = await waybill(
    ['admin-key', 'issue', '--name', 'root', '--expires', new Date(nowMs + day).toISOString()],
    { env, nowMs },
  );
  t.equal(issued.status, 0, issued.err);
  const { out } = await waybill(['doctor', '--json'], { env, nowMs });
  const findings = JSON.parse(out) as Finding[];
  t.match(
    findings.find(({ name, level }) => name === 'admin-keys' && level === 'warn'),
    { detail: /^within 14 days: root \([a-z2-7]{12}\) expire$/, todo: /rotate/ },
  );
  t.match(
    findings.find(({ name }) => name === 'backup'),
    { level: 'warn', detail: 'the ledger knows of no backup' },
  );
  const taken = await waybill(['backup', '--to', join(t.testdirName, 'backups')], { env });
  t.equal(taken.status, 0, taken.err);
  t.equal(levelOf((await doctor(env)).findings, 'backup'), 'ok');
});

void t.test('what a host says of its clock', (t) => {
  t.equal(judgeSync('synchronised').level, 'ok');
  t.match(judgeSync('not synchronised'), { level: 'warn', todo: /chrony/ });
  t.equal(judgeSync('unknown').level, 'skip');
  t.equal(judgeDrift(3).level, 'ok');
  t.equal(judgeDrift(-800).level, 'warn');
  t.end();
});
