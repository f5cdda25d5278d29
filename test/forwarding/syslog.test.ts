import t, { type Test } from 'tap';
import { syslogDestination } from '../../server/forwarding/syslog.ts';
import { rowsAfter } from '../../server/ledger/tail.ts';
import { TestAuthority } from '../fixtures/certificates.ts';
import { names } from '../fixtures/ledger.ts';
import { openForwarding, upTo } from './fixtures/ledger.ts';
import { firstArrivals, SyslogReceiver, until } from './fixtures/receivers.ts';

const head = { hostname: 'mft1', processId: 1 };
const times = { connectMsMax: 2_000, stalledMsMax: 400, openMsMax: 60 };

function plain(port: number, more: Partial<typeof times> = {}) {
  return syslogDestination({
    settings: { host: '127.0.0.1', port, secure: false },
    head,
    credentials: () => ({}),
    times: { ...times, ...more },
  });
}

async function delivered(
  t: Test,
  receiver: SyslogReceiver,
  forwarders: Awaited<ReturnType<Awaited<ReturnType<typeof openForwarding>>['begin']>>,
  last: number,
): Promise<void> {
  const state = { lastSeq: 0 };
  await until(() => {
    void forwarders.get('syslog').then(({ lastSeq }) => (state.lastSeq = lastSeq));
    return state.lastSeq >= last;
  }, `row ${last} is confirmed`);
  t.same(firstArrivals(receiver.seqs).slice(0, last), upTo(last));
}

t.test('over TLS, with a certificate that is asked for', async (t) => {
  const authority = new TestAuthority();
  const server = authority.issue('receiver');
  const client = authority.issue('waybill');
  const receiver = new SyslogReceiver({ ...server, ca: authority.cert, requestCert: true });
  const port = await receiver.listen(t);
  const { grow, begin } = await openForwarding(t);
  await grow(120);
  const forwarders = await begin([
    syslogDestination({
      settings: { host: '127.0.0.1', port, secure: true },
      head,
      credentials: () => ({ ca: authority.cert, ...client }),
      times,
    }),
  ]);
  await delivered(t, receiver, forwarders, 120);
  t.match(receiver.messages[0], /^<110>1 \S+ mft1 waybill 1 directory\.listed\.1 \[waybill@/);
  t.match(receiver.messages[0], /"path":"\/incoming"/);
  await grow(5);
  await delivered(t, receiver, forwarders, 125);
  t.equal((await forwarders.get('syslog')).failures, 0);
});

t.test('a receiver that nobody vouches for gets nothing', async (t) => {
  const receiver = new SyslogReceiver({ ...new TestAuthority('Other').issue('receiver') });
  const port = await receiver.listen(t);
  const { grow, begin, problems } = await openForwarding(t);
  await grow(3);
  const forwarders = await begin([
    syslogDestination({
      settings: { host: '127.0.0.1', port, secure: true },
      head,
      credentials: () => ({ ca: new TestAuthority().cert }),
      times,
    }),
  ]);
  await until(() => problems.length > 2, 'it failed a few times');
  t.same(receiver.messages, []);
  t.match(await forwarders.get('syslog'), { state: 'failing', lastSeq: 0, lagRows: 3 });
});

t.test('a connection that breaks off in the middle of a frame', async (t) => {
  const receiver = new SyslogReceiver(null);
  const port = await receiver.listen(t);
  const { grow, begin } = await openForwarding(t);
  await grow(300);
  receiver.cutAfterBytes = 10_001;
  const forwarders = await begin([plain(port)]);
  await delivered(t, receiver, forwarders, 300);
  t.ok(receiver.seqs.length > 300, 'what came before the cut came again');
});

/*
 * Syslog has no acknowledgement. Bytes of the last rows lay in the receiver's socket when it was killed: the kernel here
 * had sent them, so every write had "succeeded", and a forwarder that believed its writes lost those rows for good.
 */
t.test('rows that were only sent are sent again when the receiver crashes', async (t) => {
  const receiver = new SyslogReceiver(null);
  receiver.forgetsUnended = true;
  const port = await receiver.listen(t);
  const { grow, begin } = await openForwarding(t);
  const forwarders = await begin([plain(port, { openMsMax: 500 })]);
  await grow(20);
  await until(() => receiver.messages.length === 20, 'they came');
  t.equal((await forwarders.get('syslog')).lastSeq, 0, 'and are not taken for received');
  receiver.cutAll();
  await until(() => receiver.messages.length === 0, 'the receiver lost them');
  await delivered(t, receiver, forwarders, 20);
});

t.test('a receiver that takes connections and reads nothing', async (t) => {
  const receiver = new SyslogReceiver(null);
  receiver.isStalled = true;
  const port = await receiver.listen(t);
  const { grow, begin, problems, database } = await openForwarding(t);
  await grow(50);
  const forwarders = await begin([plain(port, { stalledMsMax: 100 })]);
  await until(() => problems.length > 1, 'it gave up twice');
  t.match(problems[0], { forwarder: 'syslog', error: /took longer than 100 ms/ });
  // The ledger grows as ever.
  await grow(50);
  receiver.isStalled = false;
  receiver.cutAll();
  await delivered(t, receiver, forwarders, 100);
  t.equal(database.problem, null);
});

t.test('a receiver that is away for long is caught up with', async (t) => {
  const receiver = new SyslogReceiver(null);
  const port = await receiver.listen(null);
  await receiver.close();
  const { grow, begin } = await openForwarding(t);
  await grow(2_500);
  const forwarders = await begin([plain(port)]);
  await until(() => forwarders.troubled().length === 1, 'it failed');
  const back = new SyslogReceiver(null);
  await back.listen(t, port);
  await delivered(t, back, forwarders, 2_500);
  t.same(forwarders.troubled(), []);
});

// A receiver that took two thousand rows in its time got ten thousand again and again, and never came any further.
t.test('what came to nothing is tried with few rows, then with more', async (t) => {
  const receiver = new SyslogReceiver(null);
  const destination = plain(await receiver.listen(t));
  const { grow, database } = await openForwarding(t);
  await grow(1);
  const rows = await database.read((reader) => rowsAfter(reader, names, 0));
  const deliver = async () => {
    const delivery = await destination.open();
    await delivery.send(rows);
    await delivery.confirm();
  };
  t.equal(destination.rowsUnconfirmedMax, 10_000);
  receiver.isStalled = true;
  await t.rejects(deliver());
  t.equal(destination.rowsUnconfirmedMax, 200);
  receiver.isStalled = false;
  await deliver();
  t.equal(destination.rowsUnconfirmedMax, 400);
  for (let time = 0; time < 6; time += 1) await deliver();
  t.equal(destination.rowsUnconfirmedMax, 10_000);
});
