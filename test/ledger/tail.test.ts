import t from 'tap';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { ledger, names } from '../fixtures/ledger.ts';
import { LedgerTail, rowsAfter, type ToldRow } from '../../server/ledger/tail.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { until } from '../forwarding/fixtures/receivers.ts';

const started: LedgerEntry = {
  origin: { actor: { kind: 'server' }, session: null, source: null },
  outcome: 'success',
  reason: null,
  event: { event: 'server.stopped.1' },
};

t.test('rows are told in order, each once, from the start on and with their hashes', async (t) => {
  const database = freshDatabase(t);
  const append = () => database.write((unit) => ledger.append(unit, started));
  await append();
  const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
  await tail.start();
  t.teardown(() => tail.stop());
  t.equal(tail.lastSeq, 1);
  const told: ToldRow[] = [];
  const unfollow = tail.follow((rows) => told.push(...rows));
  await Promise.all(Array.from({ length: 450 }, append));
  await until(() => told.length >= 450, 'all are told');
  t.same(
    told.map(({ seq }) => seq),
    Array.from({ length: 450 }, (_, index) => index + 2),
  );
  t.match(told[0], { event: 'server.stopped.1', actor: 'server', hash: /^[0-9a-f]{64}$/ });
  unfollow();
  await append();
  await until(() => tail.lastSeq === 452, 'it goes on');
  t.equal(told.length, 450);
});

t.test('a row that a power cut would take back is not told yet', async (t) => {
  const database = freshDatabase(t);
  const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
  await database.write((unit) => ledger.append(unit, started));
  await tail.start();
  t.teardown(() => tail.stop());
  const durable: boolean[] = [];
  database.onCommit(({ isDurable }) => durable.push(isDurable));
  const toldAfter: boolean[][] = [];
  tail.follow(() => toldAfter.push([...durable]));
  await database.write((unit) => ledger.append(unit, started), { durable: 'soon' });
  await until(() => toldAfter.length === 1, 'it is told');
  t.same(durable[0], false);
  t.ok(toldAfter[0]?.includes(true), 'once a later commit has made it durable');
});

t.test('a follower that throws keeps nobody else from hearing', async (t) => {
  const database = freshDatabase(t);
  const faults: unknown[] = [];
  const tail = new LedgerTail({ database, names, onFault: (error) => faults.push(error) });
  await tail.start();
  t.teardown(() => tail.stop());
  tail.follow(() => {
    throw new Error('mine');
  });
  let told = 0;
  tail.follow((rows) => (told += rows.length));
  await database.write((unit) => ledger.append(unit, started));
  await until(() => told === 1, 'the other heard');
  t.match(faults, [{ message: 'mine' }]);
});

t.test(
  'a row of a unit that was undone is not told, and its number is told for another',
  async (t) => {
    const database = freshDatabase(t);
    const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
    await tail.start();
    t.teardown(() => tail.stop());
    const told: ToldRow[] = [];
    tail.follow((rows) => told.push(...rows));
    const undone = database.write(async (unit) => {
      await ledger.append(unit, { ...started, reason: 'internal' });
      throw new Error('undone');
    });
    const kept = database.write((unit) => ledger.append(unit, started));
    await t.rejects(undone, { message: 'undone' });
    await kept;
    await until(() => told.length === 1, 'the other is told');
    t.match(told[0], { seq: 1, reason: null, recorded: { event: 'server.stopped.1' } });
  },
);

t.test('rows beyond those that are kept are read from the database', async (t) => {
  const database = freshDatabase(t);
  const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
  await tail.start();
  t.teardown(() => tail.stop());
  const told: ToldRow[] = [];
  tail.follow((rows) => told.push(...rows));
  const rows = 10_450;
  await database.write(async (unit) => {
    for (let row = 0; row < rows; row += 1) await ledger.append(unit, started);
  });
  await until(() => told.length >= rows, 'all are told');
  t.same(
    told.map(({ seq }) => seq),
    Array.from({ length: rows }, (_, index) => index + 1),
  );
  t.match(
    [told[0]?.recorded.event, told.at(-1)?.recorded.event],
    Array(2).fill('server.stopped.1'),
  );
  const stored = await database.read((reader) => rowsAfter(reader, names, rows - 1));
  t.same({ ...stored[0] }, plain(told.at(-1)!), 'a row is the same from either');
});

// The last rows of a process, its end among them, came within the time in which rows gather: the log never had them.
t.test('the end tells what is left', async (t) => {
  const database = freshDatabase(t);
  const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
  await tail.start();
  const told: number[] = [];
  tail.follow((rows) => told.push(...rows.map(({ seq }) => seq)));
  for (let row = 0; row < 3; row += 1) await database.write((unit) => ledger.append(unit, started));
  await tail.stop();
  t.same(told, [1, 2, 3]);
  await database.write((unit) => ledger.append(unit, started));
  await tail.stop();
  t.same(told, [1, 2, 3, 4], 'what came after is told when it is stopped again');
});

// A start settles what a crash cut off before anyone follows: those rows were neither logged nor counted.
t.test('it begins behind a row that is older than the newest, where it is told to', async (t) => {
  const database = freshDatabase(t);
  const append = () => database.write((unit) => ledger.append(unit, started));
  for (let row = 0; row < 3; row += 1) await append();
  const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
  await tail.start(1);
  t.teardown(() => tail.stop());
  t.equal(tail.lastSeq, 1);
  const told: number[] = [];
  tail.follow((rows) => told.push(...rows.map(({ seq }) => seq)));
  await append();
  await until(() => told.length === 3, 'they are told with the next');
  t.same(told, [2, 3, 4]);
});

function plain({
  seq,
  atMs,
  event,
  outcome,
  reason,
  actor,
  agency,
  session,
  source,
  path,
  body,
  opened,
  hash,
}: ToldRow): Omit<ToldRow, 'recorded'> {
  const who = { actor, agency, session, source };
  return { seq, atMs, event, outcome, reason, ...who, path, body, opened, hash };
}
