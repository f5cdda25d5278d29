import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../server/database/open.ts';
import { TestAuthority } from '../fixtures/certificates.ts';
import { freePort, LiveServer } from '../fixtures/live-server.ts';
import {
  firstArrivals,
  isSignedBy,
  seqOf,
  SyslogReceiver,
  until,
  WebhookReceiver,
} from '../forwarding/fixtures/receivers.ts';
import { seededRandom } from './fixtures/random.ts';

const kills = Number(process.env['KILLS'] ?? 4);
const callsPerRound = 40;

t.setTimeout(300_000);

/*
 * The cursor of a destination and the ledger are one database, and both survive a kill. What must not happen: a row that
 * was written and is never sent, one that overtakes another, or one that was sent and is then not in the ledger.
 */
t.test(`kill -9 of the server and broken receivers, ${kills} times`, async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const authority = new TestAuthority();
  const syslog = new SyslogReceiver({ ...authority.issue('receiver') });
  const webhook = new WebhookReceiver();
  const secret = randomBytes(32).toString('base64');
  const server = new LiveServer(t.testdirName, [await freePort(), await freePort()], {
    WAYBILL_WORKERS: '0',
    WAYBILL_FORWARD_SYSLOG: `tls://localhost:${await syslog.listen(t)}`,
    WAYBILL_FORWARD_WEBHOOK: `http://127.0.0.1:${await webhook.listen(t)}/ledger`,
    WAYBILL_FORWARD_CA_FILE: join(t.testdirName, 'ca.pem'),
    WAYBILL_FORWARD_SECRET_FILE: join(t.testdirName, 'secret'),
  });
  t.teardown(() => server.stop());
  t.testdir({ 'ca.pem': authority.cert, secret: '' });
  writeFileSync(join(server.directory, 'secret'), `whsec_${secret}\n`);
  await server.start();
  for (let kill = 0; kill < kills; kill += 1) {
    if (random.int(2) === 1) syslog.cutAfterBytes = random.between(1, 20_000);
    syslog.forgetsUnended = random.int(2) === 1;
    const answers = [503, 'cut', 'lost', 204] as const;
    webhook.answers = [0, 1, 2].map(() => random.pick(answers));
    const calls = Array.from({ length: callsPerRound }, () =>
      server.api('GET', '/v1/agencies').catch(() => undefined),
    );
    await new Promise((resolve) => setTimeout(resolve, random.between(20, 600)));
    await server.stop('SIGKILL');
    await Promise.all(calls);
    await server.start();
  }
  syslog.forgetsUnended = false;
  const newest = await newestStart(server);
  await until(
    () => syslog.seqs.includes(newest) && webhook.seqs.includes(newest),
    'both have the ledger',
  );
  await server.stop();

  const stored = await storedRows(server.dataDirectory);
  const last = Math.min(Math.max(...syslog.seqs), Math.max(...webhook.seqs));
  const wanted = stored.slice(0, last).map(({ seq }) => seq);
  t.ok(last > kills * 2, 'there was something to lose');
  t.same(firstArrivals(syslog.seqs).slice(0, last), wanted, 'syslog has all, in order');
  t.same(firstArrivals(webhook.seqs).slice(0, last), wanted, 'the webhook has all, in order');
  const hashes = new Map(stored.map(({ seq, hash }) => [seq, hash]));
  const isTold = (message: string) => message.includes(` hash="${hashes.get(seqOf(message))}"`);
  t.same(
    syslog.messages.filter((message) => !isTold(message)),
    [],
    'nothing was sent that is not in the ledger',
  );
  const key = Buffer.from(secret, 'base64');
  t.ok(webhook.calls.every((call) => isSignedBy(key, call)));
  t.comment(
    `${last} rows; syslog had ${syslog.seqs.length - last} twice, the webhook ${webhook.seqs.length - last}`,
  );
});

async function newestStart(server: LiveServer): Promise<number> {
  const { items } = await server.api<{ items: readonly { seq: number }[] }>(
    'GET',
    '/v1/audit?limit=1&event=server.started.1',
  );
  return items[0]!.seq;
}

async function storedRows(dataDirectory: string) {
  const database = openDatabase({ dataDirectory, clock: Date.now });
  const rows = await database.read(({ query }) =>
    query.selectFrom('ledger').select(['seq', 'hash']).orderBy('seq').execute(),
  );
  await database.close();
  return rows.map(({ seq, hash }) => ({ seq, hash: Buffer.from(hash).toString('hex') }));
}
