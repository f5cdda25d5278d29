import t from 'tap';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { startExchange, type LiveServer } from '../fixtures/live-server.ts';
import { SftpStatus, type SftpClient } from '../fixtures/sftp-client.ts';
import { holdDatabase } from './fixtures/hold-database.ts';
import { connectLive, putFast, writeFrom } from './fixtures/live-client.ts';

const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;
const amyOf = { username: 'amy', agency: 'alameda' } as const;
const doraOf = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const content = randomBytes(300_000);

async function writeAll(client: SftpClient, handle: Buffer): Promise<void> {
  for (let at = 0; at < content.length; at += 30_000)
    await client.write(handle, at, content.subarray(at, at + 30_000));
}

/** One wait of 5 s and what comes with it; three of them one after the other were 15. */
const answerMsMax = 9_000;

t.setTimeout(180_000);

for (const mode of ['EXCLUSIVE', 'IMMEDIATE'] as const) {
  t.test(`held for a second (${mode}): requests wait, and are served`, async (t) => {
    const directory = t.testdir();
    const exchange = await openExchange(t, { directory });
    const amy = await exchange.connect(amyOf);
    const handle = await amy.open('/outgoing/f', PUT);
    await writeAll(amy, handle);
    const letGo = await holdDatabase(directory, mode);
    const served = Promise.all([amy.close(handle), amy.mkdir('/outgoing/d')]);
    await sleep(1_000);
    await letGo();
    await served;
    const dora = await exchange.connect(doraOf);
    t.ok((await dora.get('/agencies/alameda/outgoing/f')).equals(content));
    t.match(await verifyLedger(exchange.database), { ok: true });
    t.same(exchange.faults, []);
  });
}

t.test('held for long: each request waits once, however often it asks the database', async (t) => {
  // A CLOSE took 15 s: it waited to publish, then to record that it was refused, behind another unit that also waited.
  const directory = t.testdir();
  const exchange = await openExchange(t, { directory });
  const amy = await exchange.connect(amyOf);
  const ann = await exchange.connect({ username: 'ann', agency: 'alameda' });
  const handle = await amy.open('/outgoing/f', PUT);
  await writeAll(amy, handle);
  const letGo = await holdDatabase(directory);
  const asked = [
    () => amy.close(handle),
    () => ann.mkdir('/outgoing/d'),
    () => amy.open('/outgoing/g', PUT),
    () => ann.list('/outgoing'),
  ];
  const answers = asked.map(async (ask, index) => {
    await sleep(index * 700);
    const startedMs = performance.now();
    const error = await ask().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { error, tookMs: performance.now() - startedMs };
  });
  for (const { error, tookMs } of await Promise.all(answers)) {
    t.match(error, { code: 4, message: /^the server cannot record the operation/ });
    t.ok(error instanceof SftpStatus);
    t.ok(tookMs < answerMsMax, `answered after ${(tookMs / 1000).toFixed(1)} s`);
  }
  t.match(exchange.database.problem, /another process holds the database/);
  t.ok((await ann.stat('/outgoing')).mode > 0, 'what only reads goes on');
  await letGo();
  await amy.mkdir('/outgoing/after');
  t.equal(exchange.database.problem, null);
  const resumed = await amy.open('/outgoing/f', WRITE | CREAT);
  t.equal((await amy.fstat(resumed)).size, content.length);
  await amy.close(resumed);
  t.same(
    (await ann.list('/outgoing')).map(({ name }) => name).toSorted(),
    ['after', 'f'],
    'nothing half done',
  );
  t.match(await verifyLedger(exchange.database), { ok: true });
});

async function readiness(server: LiveServer): Promise<{ ready: boolean; reasons: string[] }> {
  const answer = await fetch(`http://127.0.0.1:${server.adminPort}/readyz`);
  return (await answer.json()) as { ready: boolean; reasons: string[] };
}

t.test(
  'a live server: no login meanwhile, transfers under way go on, and who left is recorded later',
  async (t) => {
    // A login that ended meanwhile had no row of its end, and its upload stayed "receiving" until the next start.
    const { server, dora, amy, ken } = await startExchange(t);
    const staying = await connectLive(server, amy);
    const leaving = await connectLive(server, ken);
    await putFast(staying.sftp, '/outgoing/there', content);
    const reading = await staying.sftp.open('/outgoing/there', 1);
    const cut = await leaving.sftp.open('/outgoing/cut', PUT);
    await writeFrom(leaving.sftp, cut, content, 0);

    const letGo = await holdDatabase(server.dataDirectory);
    leaving.destroy();
    await t.rejects(connectLive(server, dora));
    for (let at = 0; at < content.length; at += 30_000)
      t.same(await staying.sftp.read(reading, at, 30_000), content.subarray(at, at + 30_000));
    t.match(await readiness(server), {
      ready: false,
      reasons: [/another process holds the database/],
    });
    await letGo();

    for (let look = 0; look < 400 && !(await readiness(server)).ready; look += 1) await sleep(50);
    const state = await connectLive(server, dora);
    t.ok((await state.sftp.get('/agencies/alameda/outgoing/there')).equals(content));
    await staying.sftp.close(reading);
    let transfer: { state: string } | undefined;
    for (let look = 0; look < 400 && transfer?.state !== 'partial'; look += 1) {
      [transfer] = await server.all<{ state: string }>('/v1/transfers?username=ken');
      await sleep(50);
    }
    t.match(transfer, { state: 'partial', size: content.length });
    t.match(await server.all('/v1/audit?event=session.closed.1&actor=ken'), [{ closed: String }]);
    t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
    await staying.end();
    await state.end();
  },
);
