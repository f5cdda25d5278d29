import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { connectionLimits } from '../../server/connection/own-limits.ts';
import { readLoginRequest } from '../../server/connection/proofs.ts';
import { Fault } from '../../server/domain/faults.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { openApi, upload, withAnn, type World } from '../admin-api/fixtures/api.ts';
import { rawClient, loginRequest, serviceRequest } from '../connection/harness.ts';
import { seededRandom } from '../fault/fixtures/random.ts';
import { startExchange, startLiveServer } from '../fixtures/live-server.ts';
import { hostileTexts } from './fixtures/hostile-texts.ts';
import { processesOf } from './fixtures/processes.ts';
import { joinedSql, productSources } from './fixtures/sources.ts';
import { keyOf, openGate, signedLogin, verdict, type SigningKey } from './fixtures/strangers.ts';

t.setTimeout(180_000);

// MOVEit Transfer CVE-2023-34362: SQL put together from a request gave an administrator's session, and through it the
// files of 2,700 organisations. The rule: SQL is a constant of the program; what comes from outside is a parameter.
t.test('MOVEit Transfer CVE-2023-34362: SQL text is a constant', async (t) => {
  for (const { file, text } of productSources()) t.same(joinedSql(file, text), [], file);
  t.same(
    joinedSql('x.ts', 'sqlite.prepare(`SELECT ${name}`);\ndb.exec("A" + b);\nsql`x`;').length,
    3,
  );
});

type Schema = { type?: string; properties?: Record<string, Schema>; $ref?: string };
type Parameter = { name: string; in: 'query' | 'path' };
type Operation = {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
};

/** What reads or sends bytes without end (test/admin-api/events.test.ts, file-content.test.ts). */
const streams = ['readEvents', 'putFileContent'];

/**
 * A good body for each route that makes or changes a resource of accounts; test/admin-api/hostile-text.test.ts has every
 * route, from the description. Names that exist already, so that none of them makes anything.
 */
const bodies: Record<string, Record<string, unknown>> = {
  createAgency: { code: 'alpine', name: 'Alpine', kind: 'lcsa' },
  changeAgency: { name: 'Alpine County' },
  createUser: { username: 'ann', agency: 'alpine', displayName: 'Ann' },
  changeUser: { displayName: 'Ann' },
  addUserKey: { publicKey: 'ssh-ed25519 AAAA', label: 'x' },
  setPassword: { password: 'short' },
  createAdminKey: { name: 'x', scopes: ['nothing'] },
};

t.test('MOVEit Transfer CVE-2023-34362: every text field of the API x hostile texts', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  await upload(world, '/outgoing/secret.csv', Buffer.from('secret'));
  const { paths } = (await world.call('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  const texts = hostileTexts(Number(process.env['PAYLOADS'] ?? 16));
  const before = await everything(world);
  const fields: string[] = [];
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      if (streams.includes(operation.operationId)) continue;
      // What it does to whom it exists is its work; nobody of these names exists.
      const base = path.replaceAll(
        /\{\w+\}/g,
        ['delete', 'put'].includes(method) ? 'nobody' : 'ann',
      );
      for (const parameter of operation.parameters ?? []) {
        fields.push(`${method} ${path} ${parameter.name}`);
        for (const text of texts) {
          const value = encodeURIComponent(Buffer.from(text).toString());
          const url =
            parameter.in === 'path'
              ? path.replace(`{${parameter.name}}`, value).replaceAll(/\{\w+\}/g, 'nobody')
              : `${base}?${parameter.name}=${value}`;
          const answer = await world.call(method.toUpperCase(), url, bodies[operation.operationId]);
          if (answer.status >= 500) t.fail(`${method} ${url}: ${answer.text}`);
        }
      }
      const good = bodies[operation.operationId];
      if (operation.requestBody === undefined || good === undefined) continue;
      for (const field of fieldsOf(operation)) {
        fields.push(`${method} ${path} body ${field}`);
        for (const text of texts) {
          // Plain words are names that are free.
          if (/^[a-z]+$/i.test(text)) continue;
          // A second field that is wrong keeps what would be accepted from being a change.
          const body = { ...good, [field]: text, ...(method === 'patch' && { nothing: 1 }) };
          const answer = await world.call(method.toUpperCase(), base, body);
          if (answer.status >= 500) t.fail(`${method} ${base} ${field}=${text}: ${answer.text}`);
          if (answer.status < 300 && method !== 'get') t.fail(`${method} ${base} ${field}=${text}`);
        }
      }
    }
  t.same(await everything(world), before, 'no row is another');
  t.same(world.faults, []);
  t.ok(fields.length > 40, `${fields.length} fields`);
  // And what is accepted is stored as it came.
  for (const text of ["'; DROP TABLE users; --", "' OR '1'='1", '"); DELETE FROM entries; --']) {
    t.equal((await world.call('PATCH', '/v1/users/ann', { displayName: text })).status, 200);
    t.equal((await world.call('GET', '/v1/users/ann')).body.displayName, text);
    t.same(
      (await world.call('GET', `/v1/users?agency=${encodeURIComponent(text)}`)).body.items ?? [],
      [],
    );
  }
});

function fieldsOf(operation: Operation): string[] {
  const [content] = Object.values(operation.requestBody!.content);
  return Object.keys(content?.schema.properties ?? bodies[operation.operationId] ?? {});
}

/** Every row of every table but the ledger's, which records the attempts, and the notes of when a key was used. */
async function everything({ database }: World): Promise<Record<string, unknown>> {
  const tables = [
    'agencies',
    'users',
    'user_keys',
    'entries',
    'versions',
    'blobs',
    'uploads',
  ] as const;
  const found: Record<string, unknown> = {};
  for (const table of tables)
    found[table] = await database.read(({ query }) =>
      query
        .selectFrom(table as 'users')
        .selectAll()
        .execute(),
    );
  found['admin_keys'] = await database.read(({ query }) =>
    query.selectFrom('admin_keys').select(['id', 'name']).orderBy('id').execute(),
  );
  return found;
}

// MOVEit CVE-2024-5806: the SFTP login took the key's bytes for a file path and opened it, and an error on the way left
// the login marked as good. The rule: a key is bytes for one strict parser; a login succeeds on one path only, and
// everything else, errors included, is a refusal.
const hostileBlobs: readonly Buffer[] = [
  '',
  '/etc/passwd',
  '../../etc/passwd',
  '\\\\attacker\\share\\key',
  'file:///etc/passwd',
  'C:\\keys\\id_rsa.ppk',
  'PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n',
  '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
  '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==',
  '\0\0\0\u000bssh-ed25519',
  '\0\0\0\u000bssh-ed25519\0\0\0\u0020/etc/passwd',
  'x'.repeat(30_000),
].map((text) => Buffer.from(text, 'latin1'));

t.test('MOVEit CVE-2024-5806: a key is never a path, and no error is a login', async (t) => {
  const { server, amy } = await startExchange(t);
  const gate = await openGate(t, server);
  const key = keyOf(amy);
  const attempt = async () => {
    for (const blob of hostileBlobs) {
      const client = await rawClient(t, gate);
      const hostile: SigningKey = { ...key, blob };
      const signed = await verdict(client, serviceRequest(), signedLogin(client, 'amy', hostile));
      if (signed === 'in' || signed === 'key-known') t.fail(blob.toString().slice(0, 40));
      client.socket.destroy();
    }
  };
  await attempt();
  const traced = await traceOpens(t, server.pid, attempt);
  if (traced === undefined) t.comment('SKIP strace is missing or may not attach');
  else t.same(traced, [], 'no file is opened on the way');
  const good = await rawClient(t, gate);
  t.equal(await verdict(good, serviceRequest(), signedLogin(good, 'amy', key)), 'in');
});

t.test('MOVEit CVE-2024-5806: the parsers of keys and logins only ever refuse', async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const good = wireString('ssh-ed25519');
  for (let round = 0; round < Number(process.env['KEY_BLOBS'] ?? 20_000); round += 1) {
    const bytes = Buffer.from(Array.from({ length: random.int(80) }, () => random.int(256)));
    const blob = random.int(2) === 0 ? bytes : Buffer.concat([good, bytes]);
    try {
      parseKeyBlob(blob);
    } catch (error) {
      if (!(error instanceof Fault)) t.fail(`${blob.toString('hex')}: ${String(error)}`);
    }
    const request = loginRequest('amy', 'publickey', bytes, wireString(blob));
    readLoginRequest(request, Buffer.alloc(32), connectionLimits);
  }
  t.pass('nothing else was thrown');
});

/** What is opened of the server's own, by the schedule and where processes look at their memory. */
const byTheClock = /"([^"]*\/data\/(reserve|checkpoint-key|checkpoints\.log)|\/proc\/self\/stat)"/;

/** The files that a process opens meanwhile, as strace has it; undefined where it cannot be asked. */
async function traceOpens(
  t: { teardown(work: () => unknown): unknown; testdir(): string },
  pid: number,
  work: () => Promise<void>,
): Promise<string[] | undefined> {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const log: string[] = [];
  const pids = processesOf(pid).flatMap((each) => ['-p', String(each)]);
  const strace = spawn('strace', ['-f', '-e', 'trace=open,openat,openat2,execve', ...pids]);
  t.teardown(() => strace.kill());
  strace.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const gone = once(strace, 'exit');
  while (!log.join('').includes('attached')) {
    if (strace.exitCode !== null) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await work();
  strace.kill('SIGINT');
  await gone;
  return log
    .join('')
    .split('\n')
    .filter((line) => /\b(open|openat|openat2|execve)\(/.test(line))
    .filter((line) => !byTheClock.test(line));
}

// MOVEit Automation CVE-2026-4670 and CVE-2026-5174: a second port, meant for the product's own parts, took commands from
// anybody. The rule: there is no internal port; the process and its children listen where the configuration says, and on
// a socket in the data directory that only its owner opens.
const listeners = { skip: existsSync('/proc/net/tcp') ? false : 'there is no /proc here' };
for (const workers of ['0', '2'])
  t.test(
    `MOVEit Automation CVE-2026-4670: the listeners are the configured ones, ${workers} workers`,
    listeners,
    async (t) => {
      const server = await startLiveServer(t, { WAYBILL_WORKERS: workers });
      const processes = processesOf(server.pid);
      t.equal(processes.length > 2, workers === '2');
      const inodes = new Set(processes.flatMap(socketsOf));
      t.same(
        listening(server.pid)
          .filter(({ inode }) => inodes.has(inode))
          .map(({ port }) => port)
          .toSorted(byNumber),
        [server.sftpPort, server.adminPort].toSorted(byNumber),
      );
      const unix = readFileSync(`/proc/${server.pid}/net/unix`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        // Flag 0x10000 is __SO_ACCEPTCON: it listens.
        .filter((columns) => columns[3] === '00010000' && inodes.has(columns[6] ?? ''));
      // Beside the host owner's way in, each worker shows that it lives, and hangs up on who connects.
      const names = unix.map((columns) => basename(columns[7] ?? '')).toSorted();
      t.equal(names.length, 1 + Number(workers));
      for (const name of names) {
        t.match(name, /^(control|worker-\d+-\d+)\.sock$/);
        t.equal(
          statSync(join(server.dataDirectory, name)).mode & 0o777,
          0o600,
          'its owner opens it',
        );
      }
    },
  );

const byNumber = (a: number, b: number) => a - b;

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

function listening(pid: number): { port: number; inode: string }[] {
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // State 0A listens; a UDP socket is open in 07.
      .filter((columns) => columns[3] === (kind.startsWith('tcp') ? '0A' : '07'))
      .map((columns) => ({
        port: Number.parseInt(columns[1]!.split(':')[1]!, 16),
        inode: columns[9]!,
      })),
  );
}
