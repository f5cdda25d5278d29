import t from 'tap';
import type { Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { startExchange, type LiveServer, type LiveUser } from '../fixtures/live-server.ts';
import { SftpStatus, type SftpClient } from '../fixtures/sftp-client.ts';
import { FaultyFileSystem } from './fixtures/faulty-file-system.ts';
import { connectLive } from './fixtures/live-client.ts';
import { descriptors, settledDescriptors, settledSessions } from './fixtures/processes.ts';
import { seededRandom } from './fixtures/random.ts';
import { failAt, needsStrace, pointsOf } from './fixtures/system-calls.ts';

const every = process.env['EVERY'] === '1';
/** Points of each script on a live server; `EVERY=1` takes all of them, with every errno. */
const pointsMax = every ? Infinity : 6;
const errnos = ['ENOSPC', 'EIO', 'EMFILE', 'EDQUOT', 'EINTR'] as const;
const plain =
  /^(the server (could not read or write its storage|has no room left.*|cannot record the operation and does nothing))$/;
const old = randomBytes(70_000);
const content = randomBytes(200_000);
const seen = '/agencies/alameda/outgoing';

t.setTimeout(every ? 7_200_000 : 600_000);

/** Names below /outgoing with their content; null is a directory. */
type Names = ReadonlyMap<string, Buffer | null>;

type Script = {
  readonly title: string;
  readonly before: Names;
  readonly after: Names;
  run(amy: SftpClient): Promise<unknown>;
};

const scripts: readonly Script[] = [
  {
    title: 'upload',
    before: new Map(),
    after: new Map([['f', content]]),
    run: (amy) => amy.put('/outgoing/f', content),
  },
  {
    title: 'replace',
    before: new Map([['f', old]]),
    after: new Map([['f', content]]),
    run: (amy) => amy.put('/outgoing/f', content),
  },
  {
    title: 'rename over a file',
    before: new Map([
      ['f', old],
      ['f.part', content],
    ]),
    after: new Map([['f', content]]),
    run: (amy) => amy.posixRename('/outgoing/f.part', '/outgoing/f'),
  },
  {
    title: 'remove',
    before: new Map([['f', old]]),
    after: new Map(),
    run: (amy) => amy.remove('/outgoing/f'),
  },
  {
    title: 'mkdir',
    before: new Map(),
    after: new Map([['d', null]]),
    run: (amy) => amy.mkdir('/outgoing/d'),
  },
  {
    title: 'download',
    before: new Map([['f', content]]),
    after: new Map([['f', content]]),
    run: async (amy) => {
      if (!(await amy.get('/outgoing/f')).equals(content)) throw new Error('not what was sent');
    },
  },
];

/** Brings /outgoing to `names`, from whatever is there. */
async function prepare(amy: SftpClient, names: Names): Promise<void> {
  for (const { name, longname } of await amy.list('/outgoing')) {
    if (longname.startsWith('d')) await amy.rmdir(`/outgoing/${name}`);
    else {
      await amy.remove(`/outgoing/${name}`);
      // A partial lay in front of a file.
      await amy.remove(`/outgoing/${name}`).catch(() => undefined);
    }
  }
  for (const [name, bytes] of names) await amy.put(`/outgoing/${name}`, bytes!);
}

/** What the State sees; differences in words. */
async function differences(dora: SftpClient, names: Names): Promise<string[]> {
  const found = await dora.list(seen);
  const problems = found
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => `${name} is there`);
  for (const [name, bytes] of names) {
    if (!found.some((entry) => entry.name === name)) problems.push(`${name} is missing`);
    else if (bytes !== null && !(await dora.get(`${seen}/${name}`)).equals(bytes))
      problems.push(`${name} has another content`);
  }
  return problems;
}

/** Runs a script with a fault armed. @returns the refusal, or null where all went well */
async function attempt(script: Script, amy: SftpClient): Promise<SftpStatus | null> {
  try {
    await script.run(amy);
    return null;
  } catch (error) {
    if (error instanceof SftpStatus) return error;
    throw error;
  }
}

async function checkAttempt(
  script: Script,
  failed: SftpStatus | null,
  clients: { readonly amy: SftpClient; readonly dora: SftpClient },
): Promise<string[]> {
  const { amy, dora } = clients;
  const problems = await differences(dora, failed === null ? script.after : script.before);
  if (failed !== null) {
    if (failed.code !== 4 || !plain.test(failed.message))
      problems.push(`it says ${failed.code} ${failed.message}`);
    await script
      .run(amy)
      .catch((error: unknown) => problems.push(`not even after: ${String(error)}`));
    problems.push(...(await differences(dora, script.after)));
  }
  return problems;
}

async function failEveryCall(t: Test, script: Script, errno: string): Promise<number> {
  const directory = t.testdir();
  const faulty = new FaultyFileSystem();
  const disk = await openLocalDisk(join(directory, 'blobs'), faulty.fileSystem);
  const exchange = await openExchange(t, { directory, store: () => disk });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  const dora = await exchange.connect({ username: 'dora', agency: 'dcss', kind: 'state' });
  await prepare(amy, script.before);
  const before = descriptors(process.pid);
  for (let nth = 1; nth < 1000; nth += 1) {
    await prepare(amy, script.before);
    // In a session of its own: a client leaves handles open when a READ fails.
    const failing = await exchange.connect({ username: 'amy', agency: 'alameda' });
    faulty.failAt(nth, errno);
    const failed = await attempt(script, failing);
    const { failed: call } = faulty;
    faulty.lift();
    await failing.drop();
    const problems = await checkAttempt(script, failed, { amy, dora });
    if (problems.length > 0) t.same(problems, [], `${errno} at call ${nth} (${call})`);
    if (call !== null) continue;
    t.equal(failed, null, 'with no fault it goes well');
    t.match(await verifyLedger(exchange.database), { ok: true });
    // The bytes of what was removed go in their own time.
    const open = await settledDescriptors(process.pid, before);
    t.ok(open <= before, `no descriptor is left open (${before})`);
    await exchange.close();
    return nth - 1;
  }
  throw new Error('the script never ends');
}

for (const script of scripts) {
  t.test(`${script.title}: the Nth call of the blobs' file system fails`, async (t) => {
    for (const errno of errnos) {
      await t.test(errno, async (t) =>
        t.comment(`${await failEveryCall(t, script, errno)} calls failed, one by one`),
      );
    }
  });
}

/** A login and its end, as a script: what fails is the login. */
async function login(server: LiveServer, user: LiveUser): Promise<boolean> {
  try {
    const client = await connectLive(server, user);
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function becomesReady(server: LiveServer): Promise<boolean> {
  for (let look = 0; look < 200; look += 1) {
    if ((await fetch(`http://127.0.0.1:${server.adminPort}/readyz`)).ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

t.test('a live server whose system calls fail, SQLite included', needsStrace(), async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const { server, dora, amy } = await startExchange(t, {
    // One thread of the pool makes the calls for the blobs, and the main thread those for the database.
    UV_THREADPOOL_SIZE: '1',
    WAYBILL_WORKERS: '0',
  });
  const log = join(server.directory, 'strace.log');
  const sender = await connectLive(server, amy);
  const state = await connectLive(server, dora);
  const clients = { amy: sender.sftp, dora: state.sftp };
  await prepare(clients.amy, scripts[0]!.after);
  const before = descriptors(server.pid);
  const sample = <T>(all: readonly T[]): T[] => {
    const rest = [...all];
    const picked: T[] = [];
    while (picked.length < pointsMax && rest.length > 0)
      picked.push(...rest.splice(every ? 0 : random.int(rest.length), 1));
    return picked;
  };

  for (const script of scripts) {
    await t.test(script.title, async (t) => {
      await prepare(clients.amy, script.before);
      const points = await pointsOf(
        server.pid,
        log,
        async () => void (await script.run(clients.amy)),
      );
      const counts = { failed: 0, served: 0 };
      const faults = points.flatMap((point) => errnos.map((errno) => ({ point, errno })));
      for (const { point, errno } of sample(faults)) {
        await prepare(clients.amy, script.before);
        const tracer = await failAt(server.pid, point, errno);
        const failed = await attempt(script, clients.amy);
        await tracer.detach();
        counts[failed === null ? 'served' : 'failed'] += 1;
        if (!(await becomesReady(server))) t.fail('it is not ready again');
        const problems = await checkAttempt(script, failed, clients);
        const where = `${errno} at ${point.call} ${point.nth} of thread ${point.thread}`;
        if (problems.length > 0) t.same(problems, [], where);
      }
      t.comment(
        `${points.length} calls: ${counts.failed} refused, ${counts.served} served all the same`,
      );
      t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
    });
  }

  await t.test('login', async (t) => {
    const points = await pointsOf(server.pid, log, async () => void (await login(server, dora)));
    const counts = { refused: 0, served: 0 };
    const faults = points.flatMap((point) => errnos.map((errno) => ({ point, errno })));
    for (const { point, errno } of sample(faults)) {
      const tracer = await failAt(server.pid, point, errno);
      counts[(await login(server, dora)) ? 'served' : 'refused'] += 1;
      await tracer.detach();
      if (!(await becomesReady(server))) t.fail('it is not ready again');
      t.ok(await login(server, dora), `after ${errno} at ${point.call} ${point.nth}`);
    }
    t.comment(
      `${points.length} calls: ${counts.refused} refused, ${counts.served} served all the same`,
    );
  });

  t.ok(
    (await settledDescriptors(server.pid, before)) <= before,
    `no descriptor leaked (${before})`,
  );
  t.equal(await settledSessions(server, 2), 2, 'the two that are still there');
  t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
  await sender.end();
  await state.end();
});
