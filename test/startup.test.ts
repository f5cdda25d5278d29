import t from 'tap';
import { plainNode, plainNodeArguments } from './fixtures/plain-node.ts';
import type { Test } from 'tap';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { freePort, LiveServer } from './fixtures/live-server.ts';

const main = join(import.meta.dirname, '../server/main.js');

t.setTimeout(120_000);

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the server until it ends by itself; one that starts after all is stopped, and shows as such. */
function run(environment: Record<string, string>): Promise<Ended> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('WAYBILL_')),
  );
  const child = spawn(plainNode, [...plainNodeArguments, main], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output.stdout += chunk;
    if (chunk.includes('"ready"')) child.kill();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...output })));
}

/**
 * Names, modes and content. The log's reader index is shared memory that every opening touches, and who holds the lock
 * is a note for the message; neither is data.
 */
function listing(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter(
      ({ name }) => !name.endsWith('-shm') && name !== 'lock-owner.json' && name !== 'server.log',
    )
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : '';
      return `${path} ${statSync(path).mode.toString(8)} ${content}`;
    })
    .toSorted();
}

async function installation(t: Test) {
  const directory = t.testdir();
  const sftpPort = await freePort();
  const adminPort = await freePort();
  const environment: Record<string, string> = {
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
    WAYBILL_SFTP_HOST: '127.0.0.1',
    WAYBILL_SFTP_PORT: String(sftpPort),
    WAYBILL_ADMIN_PORT: String(adminPort),
    WAYBILL_WORKERS: '0',
  };
  const server = new LiveServer(directory, [sftpPort, adminPort]);
  t.teardown(() => server.stop());
  return { directory, environment, server, sftpPort, adminPort };
}

/** One clear line, an exit status, and a disk as it was. */
async function refuses(
  t: Test,
  directory: string,
  environment: Record<string, string>,
  reason: RegExp,
): Promise<void> {
  const before = listing(directory);
  const { status, stdout, stderr } = await run(environment);
  t.equal(status, 1, 'the status says that it failed');
  t.match(stderr, reason);
  t.match(stderr, /^waybill: [^\n]+\n$/, 'one line');
  t.notMatch(stderr, /\bat .*\.(js|ts):\d+/, 'no stack');
  t.notMatch(stdout, /"ready"/);
  t.same(listing(directory), before, 'nothing changed on disk');
}

t.test('a configuration with mistakes: each has its line, and nothing is made', async (t) => {
  const { directory, environment } = await installation(t);
  const { status, stderr } = await run({
    ...environment,
    WAYBILL_SFTP_PORT: 'x',
    WAYBILL_PROFILE: 'y',
    WAYBILL_NO_SUCH: 'z',
  });
  t.equal(status, 1);
  t.match(stderr.trimEnd().split('\n').toSorted(), [
    /^waybill: WAYBILL_NO_SUCH is not a variable/,
    /^waybill: WAYBILL_PROFILE is "y"/,
    /^waybill: WAYBILL_SFTP_PORT is "x"/,
  ]);
  t.same(listing(directory), []);
});

t.test('before anything is made: ports in use, directories that cannot be', async (t) => {
  const { directory, environment, sftpPort, adminPort } = await installation(t);
  for (const [port, host, variable] of [
    [sftpPort, '127.0.0.1', 'WAYBILL_SFTP_PORT'],
    [adminPort, '127.0.0.1', 'WAYBILL_ADMIN_PORT'],
  ] as const) {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, host, resolve));
    await refuses(
      t,
      directory,
      environment,
      new RegExp(`port ${port} on ${host} is in use.*${variable}`),
    );
    await new Promise((resolve) => squatter.close(resolve));
  }
  await refuses(
    t,
    directory,
    { ...environment, WAYBILL_SFTP_HOST: '192.0.2.77' },
    /192\.0\.2\.77 is not an address of this machine; set WAYBILL_SFTP_HOST/,
  );
  writeFileSync(join(directory, 'file'), '');
  for (const variable of ['WAYBILL_DATA_DIR', 'WAYBILL_KEYS_DIR']) {
    await refuses(
      t,
      directory,
      { ...environment, [variable]: join(directory, 'file/below') },
      new RegExp(`file is not a directory; set ${variable}`),
    );
  }
  // A banner that was not there was found only after database and keys had been made.
  await refuses(
    t,
    directory,
    { ...environment, WAYBILL_BANNER_FILE: join(directory, 'none') },
    /WAYBILL_BANNER_FILE .*none cannot be used/,
  );
});

t.test('on an installation with data', async (t) => {
  const { directory, environment, server } = await installation(t);
  await server.start();
  await server.addAgency('alameda');
  await server.addUser('amy', 'alameda');
  const masterKey = join(directory, 'keys/master.key');
  const hostKey = join(directory, 'keys/host_ed25519');
  const database = join(directory, 'data/waybill.db');

  await t.test('a second process on the same data directory', async (t) => {
    const running = server.pid;
    const other = {
      ...environment,
      WAYBILL_SFTP_PORT: String(await freePort()),
      WAYBILL_ADMIN_PORT: String(await freePort()),
    };
    await refuses(
      t,
      directory,
      other,
      new RegExp(
        `the data directory .*data is in use by process ${running} on .*; stop that process, or set WAYBILL_DATA_DIR`,
      ),
    );
    t.match(
      await server.api('GET', '/v1/agencies/alameda'),
      { code: 'alameda' },
      'the first one serves on',
    );
  });
  await server.stop();

  await t.test('a key that others can read', async (t) => {
    for (const file of [masterKey, hostKey]) {
      chmodSync(file, 0o644);
      await refuses(
        t,
        directory,
        environment,
        new RegExp(`${file} can be read by others \\(mode 0644\\): run chmod 600`),
      );
      chmodSync(file, 0o600);
    }
  });
  await t.test('no master key', async (t) => {
    const key = readFileSync(masterKey);
    rmSync(masterKey);
    await refuses(
      t,
      directory,
      environment,
      /the master key .* is missing, .*restore it from your backup/,
    );
    writeFileSync(masterKey, key, { mode: 0o600 });
  });
  await t.test('another master key', async (t) => {
    const key = readFileSync(masterKey);
    writeFileSync(masterKey, `${Buffer.alloc(32, 9).toString('base64')}\n`);
    await refuses(t, directory, environment, /this is not the master key that made it/);
    writeFileSync(masterKey, key);
  });
  await t.test('a start that fails half-way', async (t) => {
    // What had been opened by then kept the process, which neither served nor ended, so nothing started it again.
    const inTheWay = join(directory, 'data/control.sock');
    mkdirSync(inTheWay);
    const { status, stderr } = await run(environment);
    t.equal(status, 1);
    t.match(stderr, /^waybill: cannot start: /);
    rmSync(inTheWay, { recursive: true });
  });
  await t.test('a host key that is none', async (t) => {
    // It was told as a stack of calls.
    const key = readFileSync(hostKey);
    writeFileSync(hostKey, 'not a key\n');
    await refuses(t, directory, environment, /host_ed25519 is not an SSH host key: restore it/);
    writeFileSync(hostKey, key);
  });
  await t.test('a database that a newer version made', async (t) => {
    const sqlite = new BetterSqlite3(database);
    sqlite.exec("INSERT INTO migrations VALUES ('9999-future.sql', 'x', 0)");
    sqlite.close();
    await refuses(
      t,
      directory,
      environment,
      /migration 9999-future\.sql, which this version of Waybill does not know/,
    );
    const mend = new BetterSqlite3(database);
    mend.exec("DELETE FROM migrations WHERE name = '9999-future.sql'");
    mend.close();
  });
  await t.test('a file that is no database', async (t) => {
    const bytes = readFileSync(database);
    writeFileSync(
      database,
      'this is no database, but some text that somebody put here'.repeat(100),
    );
    await refuses(t, directory, environment, /cannot use the database .*waybill\.db/);
    writeFileSync(database, bytes);
  });

  await server.start();
  t.match(
    await server.api('GET', '/v1/agencies/alameda'),
    { code: 'alameda' },
    'put right, it starts as if nothing had been',
  );
  t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
  await server.stop();
});

t.test(
  'a start and a stop: what is made, for whom, and that the process ends by itself',
  async (t) => {
    const { directory, environment } = await installation(t);
    // Signals were heard only after "ready" was told: a stop in between ended the process where it was.
    const { status, stdout, stderr } = await run(environment);
    t.equal(status, 0);
    t.equal(stderr, '');
    t.match(stdout, /Host key {3}SHA256:/);
    // The log had neither the rows that a start writes before anyone follows, nor the last ones.
    for (const event of ['server.started.1', 'server.stopped.1'])
      t.match(stdout, `"event":"${event}"`);
    for (const file of [
      'keys/master.key',
      'keys/host_ed25519',
      'keys/evidence_ed25519',
      'data/waybill.db',
      'data/initial-admin-key',
    ])
      t.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
    for (const below of ['data', 'keys', 'data/blobs'])
      t.equal(statSync(join(directory, below)).mode & 0o777, 0o700, below);
    t.notOk(existsSync(join(directory, 'data/control.sock')));
    t.notMatch(
      stdout,
      readFileSync(join(directory, 'data/initial-admin-key'), 'utf8').trim(),
      'the key is in its file alone',
    );
  },
);
