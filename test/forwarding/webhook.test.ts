import { randomBytes } from 'node:crypto';
import t from 'tap';
import { webhookDestination, type WebhookParts } from '../../server/forwarding/webhook.ts';
import { openForwarding, upTo } from './fixtures/ledger.ts';
import { firstArrivals, isSignedBy, until, WebhookReceiver } from './fixtures/receivers.ts';

const secret = randomBytes(32);

function hook(port: number, more: Partial<WebhookParts> = {}) {
  return webhookDestination({
    url: new URL(`http://127.0.0.1:${port}/ledger?token=t`),
    credentials: () => ({}),
    proof: () => ({ kind: 'signature', secret }),
    userAgent: 'Waybill/test',
    clock: () => Date.UTC(2030, 0, 1),
    answerMsMax: 300,
    ...more,
  });
}

t.test('rows come as NDJSON, signed, each as the audit API shows it', async (t) => {
  const receiver = new WebhookReceiver();
  const port = await receiver.listen(t);
  const { grow, begin, database } = await openForwarding(t);
  const destination = hook(port);
  t.equal(destination.shown, `http://127.0.0.1:${port}/ledger`, 'no token is shown');
  const forwarders = await begin([destination]);
  await grow(450);
  await until(() => receiver.seqs.length >= 450, 'all came');
  t.same(receiver.seqs, upTo(450));
  for (const call of receiver.calls) t.ok(isSignedBy(secret, call));
  const [first] = receiver.calls;
  t.match(first?.headers, {
    'content-type': 'application/x-ndjson',
    'user-agent': 'Waybill/test',
    'webhook-timestamp': String(Date.UTC(2030, 0, 1) / 1000),
    'waybill-first-seq': '1',
  });
  const stored = await database.read(({ query }) =>
    query.selectFrom('ledger').select(['body', 'hash']).where('seq', '=', 1).executeTakeFirst(),
  );
  const { path, names, hash, ...told } = first!.rows[0]! as Record<string, unknown>;
  t.equal(path, '/incoming');
  t.same(
    { ...told, path: (names as Record<string, unknown>)['/path'] },
    JSON.parse(stored!.body),
    'with `names` put back, it is what was hashed',
  );
  t.equal(hash, Buffer.from(stored!.hash).toString('hex'));
  await forwarders.stop();
});

t.test('failures of every kind: each row at least once, and in order', async (t) => {
  const receiver = new WebhookReceiver();
  const port = await receiver.listen(t);
  receiver.answers = [500, 'cut', 'lost', 401, 302, 'stall', 204, 'lost', 503];
  const { grow, begin } = await openForwarding(t);
  await grow(500);
  await begin([hook(port)]);
  await until(() => firstArrivals(receiver.seqs).length === 500, 'all came');
  t.same(firstArrivals(receiver.seqs), upTo(500));
  const ids = receiver.calls.map(({ headers }) => headers['webhook-id']);
  t.equal(ids[0], ids[1], 'rows whose answer was lost come again under the same id');
});

t.test('a receiver that takes less at a time', async (t) => {
  const receiver = new WebhookReceiver();
  receiver.rowsMax = 30;
  const port = await receiver.listen(t);
  const { grow, begin } = await openForwarding(t);
  await grow(400);
  const forwarders = await begin([hook(port)]);
  await until(() => receiver.seqs.length === 400, 'all came');
  t.same(receiver.seqs, upTo(400));
  t.equal((await forwarders.get('webhook')).failures, 0);
});

t.test('rows that are long go in smaller batches', async (t) => {
  const receiver = new WebhookReceiver();
  const port = await receiver.listen(t);
  const { grow, begin } = await openForwarding(t);
  await grow(150, {
    origin: { actor: { kind: 'host' }, session: null, source: null },
    outcome: 'success',
    reason: null,
    event: { event: 'api.read.1', method: 'GET', url: 'x'.repeat(8_000), status: 200 },
  });
  await begin([hook(port)]);
  await until(() => receiver.seqs.length === 150, 'all came');
  t.ok(receiver.calls.length > 3);
  t.ok(receiver.calls.every(({ body }) => body.length <= 256 * 1024));
});

t.test('a bearer token in place of the signature', async (t) => {
  const receiver = new WebhookReceiver();
  const port = await receiver.listen(t);
  const { grow, begin } = await openForwarding(t);
  await grow(1);
  await begin([hook(port, { proof: () => ({ kind: 'bearer', token: 'abc' }) })]);
  await until(() => receiver.calls.length === 1, 'it came');
  t.match(receiver.calls[0]?.headers, {
    authorization: 'Bearer abc',
    'webhook-signature': undefined,
  });
});
