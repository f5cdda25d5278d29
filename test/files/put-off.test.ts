import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Database } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import { createFiles } from '../../server/files/files.ts';
import type { Holder } from '../../server/files/opens.ts';
import { openExchange } from '../fixtures/exchange.ts';

// Ends that the database does not take when they come, though it takes others by the time that anybody looks: nobody is
// told of a database that recovers then, and no session ends behind the request of an administrator.

const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:nightly run',
  client: 'test',
  quotaBytes: null,
};
const amyOf = { username: 'amy', agency: 'alameda' } as const;

/** An exchange whose database fails at those writes from now on that a test names, the next being 1. */
async function openFailing(t: Test) {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const { database } = exchange;
  let failing: number[] = [];
  const once: Database = {
    read: (work) => database.read(work),
    whenWritable: (work) => database.whenWritable(work),
    retry: (work) => database.retry(work),
    write: async (work, options) => {
      const fails = failing.includes(1);
      failing = failing.map((nth) => nth - 1);
      if (fails) throw new Fault('storage-full', 'no room', { cause: new Error('SQLITE_FULL') });
      return database.write(work, options);
    },
  };
  const parts = { ...exchange.parts, database: once };
  /** The row of an end, once it is written. */
  const ended = async (transfer: string) => {
    for (let look = 0; look < 1_000; look += 1) {
      const rows = await exchange.events({ event: 'file.closed.1' });
      const row = rows.find((row) => row['transfer'] === transfer);
      if (row !== undefined) return row;
      await sleep(10);
    }
    throw new Error('it was never settled');
  };
  return {
    amy,
    exchange,
    files: createFiles(parts, exchange.store, async () => undefined),
    view: createAdminFiles(parts, exchange.store),
    changes: createAdminChanges(parts, exchange.store),
    failAt: (...writes: number[]) => (failing = writes),
    ended,
  };
}

t.test('the end of a download over the API is written as soon as it can be', async (t) => {
  // It stayed open, and its content on the disk, until the next start; which then said that nothing had gone out.
  const { amy, exchange, view, failAt, ended } = await openFailing(t);
  await amy.put('/outgoing/f', Buffer.from('content'));
  const { id, version } = await view.at('alameda', '/outgoing/f');
  const whole = await view.open(administrator, id, version!);
  const cut = await view.open(administrator, id, version!);
  failAt(1, 2);
  await t.rejects(view.close(whole.openId, 7, true), { code: 'storage-full' });
  await t.rejects(view.close(cut.openId, 3, false, 'content-corrupt'), { code: 'storage-full' });
  t.match(await ended(whole.openId), { state: 'completed', bytesRead: 7, outcome: 'success' });
  t.match(await ended(cut.openId), {
    state: 'incomplete',
    bytesRead: 3,
    reason: 'content-corrupt',
  });
  t.strictSame([...exchange.parts.opens.all()], []);
});

t.test('an upload over the API that is given up keeps its reason', async (t) => {
  // Nothing ever settled it, and where something did, it was said to have been cut off.
  const { exchange, changes, failAt, ended } = await openFailing(t);
  const where = { agencyCode: 'alameda', path: '/outgoing/f', over: 'anything' } as const;
  const { openId } = await changes.beginUpload(administrator, where);
  failAt(1, 2);
  await t.rejects(changes.dropUpload(openId, 5, 'digest-mismatch'), { code: 'storage-full' });
  t.match(await ended(openId), {
    state: 'discarded',
    reason: 'digest-mismatch',
    bytesWritten: 5,
  });
  t.strictSame([...exchange.parts.opens.all()], []);
});

t.test('what is refused is told as refused, though its end cannot be written', async (t) => {
  // The caller heard of a database, and the ledger of a session that had ended.
  const { amy, exchange, changes, failAt, ended } = await openFailing(t);
  const where = { agencyCode: 'alameda', path: '/outgoing/f', over: 'nothing' } as const;
  const { openId } = await changes.beginUpload(administrator, where);
  await amy.put('/outgoing/f', Buffer.from('sooner'));
  failAt(2);
  const report = {
    kind: 'received',
    size: 3,
    sha256: 'ab'.repeat(32),
    root: new Uint8Array(32),
    content: null,
    bytesRead: 0,
    bytesWritten: 3,
    change: {},
  } as const;
  await t.rejects(changes.endUpload(openId, report), { code: 'precondition-failed' });
  t.match(await ended(openId), { state: 'discarded', reason: 'precondition-failed' });
  t.strictSame([...exchange.parts.opens.all()], []);
});

t.test('a login that is over settles what it read, too', async (t) => {
  // Whoever wants a name settles an upload under it, but a download keeps none: nobody came back for it.
  const { amy, exchange, files, failAt, ended } = await openFailing(t);
  await amy.put('/outgoing/f', Buffer.from('content'));
  await amy.open('/outgoing/f', 1);
  const [open] = exchange.parts.opens.ofSession(amy.sessionId);
  failAt(1);
  await t.rejects(files.sessionEnded(amy.sessionId), { code: 'storage-full' });
  t.match(await ended(open!.openId), { state: 'incomplete', reason: null });
  t.strictSame([...exchange.parts.opens.all()], []);
});
