import t from 'tap';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { databaseFileName } from '../../server/database/open.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { SftpStatus, type SftpClient } from '../fixtures/sftp-client.ts';
import { holdDatabase } from './fixtures/hold-database.ts';

const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;

const amyOf = { username: 'amy', agency: 'alameda' } as const;
const doraOf = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const seen = '/agencies/alameda/outgoing';
const content = randomBytes(300_000);

/** Makes ledger rows of one event impossible, or of every event. */
function breakLedger(directory: string, event: string | null): () => void {
  const database = new BetterSqlite3(join(directory, databaseFileName), { timeout: 5000 });
  const when = event === null ? '' : `WHEN NEW.event = '${event}'`;
  database.exec(
    `CREATE TRIGGER broken BEFORE INSERT ON ledger ${when} BEGIN SELECT RAISE(ABORT, 'broken by the test'); END`,
  );
  return () => {
    database.exec('DROP TRIGGER broken');
    database.close();
  };
}

t.setTimeout(120_000);

t.test(
  'another process holds the database for longer than the busy wait',
  { timeout: 120_000 },
  async (t) => {
    const directory = t.testdir();
    const exchange = await openExchange(t, { directory });
    const amy = await exchange.connect(amyOf);
    const colleague = await exchange.connect({ username: 'ann', agency: 'alameda' });
    const dora = await exchange.connect(doraOf);
    await amy.put('/outgoing/old', Buffer.from('old'));
    const handle = await amy.open('/outgoing/f', PUT);
    for (let at = 0; at < content.length; at += 30_000)
      await amy.write(handle, at, content.subarray(at, at + 30_000));
    await dora.list(seen);

    const letGo = await holdDatabase(directory);
    const started = performance.now();
    const [closing, making, looking] = await Promise.allSettled([
      amy.close(handle),
      colleague.mkdir('/outgoing/d'),
      dora.stat(`${seen}/old`),
    ]);
    t.comment(`answered after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    t.match(closing, { status: 'rejected', reason: { code: 4 } });
    t.match(making, { status: 'rejected', reason: { code: 4 } });
    t.match(looking, { status: 'fulfilled' }, 'who only looks is not kept waiting');
    await letGo();

    t.same(
      (await dora.list(seen)).map(({ name }) => name),
      ['old'],
      'nothing half done',
    );
    t.equal(
      (await amy.stat('/outgoing/f')).size,
      content.length,
      'the upload is there for its uploader',
    );
    const resumed = await amy.open('/outgoing/f', WRITE | CREAT);
    t.equal((await amy.fstat(resumed)).size, content.length);
    await amy.close(resumed);
    t.ok((await dora.get(`${seen}/f`)).equals(content), 'and goes on in the same session');
    t.match(await verifyLedger(exchange.database), { ok: true });
  },
);

t.test(
  'a session that ends while the database is held: its upload is not stuck, and not lost',
  { timeout: 120_000 },
  async (t) => {
    // The upload stayed "being received" by a session that was gone: nobody could write that name until a restart.
    const directory = t.testdir();
    const exchange = await openExchange(t, { directory });
    const amy = await exchange.connect(amyOf);
    const handle = await amy.open('/outgoing/f', PUT);
    for (let at = 0; at < content.length; at += 30_000)
      await amy.write(handle, at, content.subarray(at, at + 30_000));
    const letGo = await holdDatabase(directory);
    await amy.drop();
    await exchange.files.sessionEnded(amy.sessionId).catch(() => undefined);
    await letGo();
    const again = await exchange.connect(amyOf);
    const resumed = await again.open('/outgoing/f', WRITE | CREAT);
    t.equal((await again.fstat(resumed)).size, content.length);
    await again.close(resumed);
    t.ok((await again.get('/outgoing/f')).equals(content));
  },
);

type Step = { readonly event: string; readonly run: (amy: SftpClient) => Promise<unknown> };

const steps: readonly Step[] = [
  { event: 'file.opened.1', run: (amy) => amy.put('/outgoing/new', content) },
  { event: 'file.closed.1', run: (amy) => amy.put('/outgoing/new', content) },
  { event: 'file.closed.1', run: (amy) => amy.put('/outgoing/old', content) },
  { event: 'file.opened.1', run: (amy) => amy.get('/outgoing/old') },
  { event: 'file.removed.1', run: (amy) => amy.remove('/outgoing/old') },
  { event: 'entry.renamed.1', run: (amy) => amy.rename('/outgoing/old', '/outgoing/other') },
  { event: 'entry.renamed.1', run: (amy) => amy.posixRename('/outgoing/old', '/outgoing/second') },
  { event: 'directory.created.1', run: (amy) => amy.mkdir('/outgoing/d') },
  { event: 'directory.removed.1', run: (amy) => amy.rmdir('/outgoing/empty') },
  { event: 'directory.listed.1', run: (amy) => amy.list('/outgoing') },
  {
    event: 'attributes.changed.1',
    run: (amy) =>
      amy.ok(amy.request(9, (writer) => writer.string('/outgoing/old').u32(4).u32(0o600))),
  },
];

for (const scope of ['its event', 'every event']) {
  t.test(
    `a ledger that refuses ${scope}: no operation happens, and all of them do afterwards`,
    async (t) => {
      for (const { event, run } of steps) {
        const directory = t.testdir();
        const exchange = await openExchange(t, { directory });
        const amy = await exchange.connect(amyOf);
        await amy.put('/outgoing/old', Buffer.from('old'));
        await amy.put('/outgoing/second', Buffer.from('second'));
        await amy.mkdir('/outgoing/empty');
        const before = await published(exchange);
        const mend = breakLedger(directory, scope === 'its event' ? event : null);
        const error = await run(amy).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const during = await published(exchange);
        mend();
        t.match(
          error,
          {
            code: 4,
            message:
              /^(internal error; the server has recorded it|the server cannot record the operation and does nothing)$/,
          },
          event,
        );
        t.ok(error instanceof SftpStatus);
        t.same(during, before, `${event}: nothing is half done`);
        await t.resolves(run(amy), `${event}: works once the ledger does`);
        t.match(await verifyLedger(exchange.database), { ok: true });
        await exchange.close();
      }
    },
  );
}

function published({ database }: Awaited<ReturnType<typeof openExchange>>) {
  return database.read(async ({ query }) => ({
    entries: await query.selectFrom('entries').selectAll().orderBy('id').execute(),
    versions: await query.selectFrom('versions').selectAll().orderBy('id').execute(),
    usage: await query.selectFrom('user_usage').selectAll().execute(),
  }));
}
