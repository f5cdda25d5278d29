import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { join } from 'node:path';
import { problemOfNames } from '../../server/ledger/name-check.ts';
import { createSelfCheck } from '../../server/ledger/self-check.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { verifyAside } from '../../server/ledger/verify-aside.ts';
import { segmentsOf } from '../../server/ledger/verify-segments.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import type { WalkFrom } from '../../server/ledger/verify-start.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';

async function checked(t: Test) {
  const signed = await signedLedger(t);
  const { database, ledger } = signed;
  const asked: WalkFrom[] = [];
  const told: string[] = [];
  let ofLog: string | null = null;
  let evidenceKey = signed.evidenceKey.publicKeyLine;
  let broken: Error | null = null;
  const open = () =>
    createSelfCheck({
      database,
      ledger,
      verify: (from) => {
        asked.push(from);
        if (broken !== null) return Promise.reject(broken);
        return verifyLedger(database, { from });
      },
      verifyLog: async () => ofLog,
      verifyNames: () => problemOfNames(database, signed.masterKey),
      masterKey: signed.masterKey,
      isStopping: () => false,
      evidenceKeys: () => [evidenceKey],
      onFailure: (problem) => told.push(problem),
      onFault: (error) => {
        if (error !== broken) throw error;
      },
    });
  await signed.append(10);
  await signed.checkpoint();
  const rows = async () =>
    (await searchLedger(database, { event: 'ledger.verified.1' }, { before: null, rowsMax: 50 }))
      .rows;
  return {
    ...signed,
    asked,
    told,
    open,
    rows,
    setLog: (problem: string | null) => void (ofLog = problem),
    breakWalks: (error: Error | null) => void (broken = error),
    setKey: (line: string) => void (evidenceKey = line),
  };
}

function tamper(directory: string, sql: string): void {
  const raw = new BetterSqlite3(join(directory, 'waybill.db'));
  raw.exec('DROP TRIGGER IF EXISTS ledger_no_update');
  raw.exec(sql);
  raw.close();
}

t.test('a start looks at what is new, and makes no row where all is well', async (t) => {
  const { open, asked, rows, append, checkpoint } = await checked(t);
  await open().start();
  await append(5);
  const made = await checkpoint();
  const again = open();
  await again.start();
  await append(5);
  await open().start();
  t.equal(asked[0], 'first');
  t.match(asked[1], { verifiedSize: Number });
  // The second one is the first that has anything to go on with, and nobody has gone over everything for a day.
  t.same(asked.slice(2), ['first', { verifiedSize: made!.size }]);
  t.same(await rows(), []);
  t.same(again.words(), []);
});

t.test('a failure is told everywhere, and stays until everything is well', async (t) => {
  const { directory, open, asked, told, rows } = await checked(t);
  const check = open();
  t.match(await check.whole(), { ok: true, scope: 'whole' });
  tamper(directory, "UPDATE ledger SET actor = 'eve' WHERE seq = 5");
  t.match(await check.whole(), { ok: false, firstBadRow: 5 });
  t.match(check.words(), [/does not verify/]);
  t.equal(told.length, 1);
  const [row] = await rows();
  t.match(row, { outcome: 'failed', firstBadRow: 5, scope: 'whole' });
  // The next start does not go on from where it was well.
  const restarted = open();
  await restarted.start();
  t.equal(asked.at(-1), 'first');
  t.match(restarted.words(), [/does not verify/]);
  t.equal(restarted.state.whole?.ok, false);
  tamper(directory, "UPDATE ledger SET actor = 'amy' WHERE seq = 5");
  t.match(await restarted.whole(), { ok: true });
  t.same(restarted.words(), []);
});

t.test(
  'a file of checkpoints that differs, and another evidence key, are failures as well',
  async (t) => {
    const { open, setLog, setKey, rows, evidenceKey } = await checked(t);
    const check = open();
    setLog('checkpoints.log has another one');
    t.match(await check.whole(), { ok: false, problem: /checkpoints\.log/ });
    setLog(null);
    t.match(await check.whole(), { ok: true });
    check.found('an older copy');
    check.found('an older copy');
    for (let looks = 0; looks < 100 && check.words().length === 0; looks += 1)
      await new Promise(setImmediate);
    check.found('an older copy');
    t.match(check.words(), [/an older copy/]);
    const found = Object.fromEntries((await check.last()).map(({ scope, ok }) => [scope, ok]));
    t.same(found, { new: false, whole: true });
    setKey('ssh-ed25519 other');
    t.match(await check.recent(), { ok: false, problem: /evidence key/ });
    setKey(evidenceKey.publicKeyLine);
    t.match(await check.whole(), { ok: true });
    t.ok((await rows()).length >= 4);
  },
);

t.test(
  'in threads of their own, parts of a ledger come to what a walk over it comes to',
  async (t) => {
    const { directory, database, append, checkpoint } = await checked(t);
    for (let days = 0; days < 3; days += 1) {
      await append(300);
      await checkpoint();
    }
    const parts = { dataDirectory: directory, database, threadsMax: 2 };
    t.same(await verifyAside(parts, 'first'), await verifyLedger(database));
    t.same(await segmentsOf(database, 'first', 4), [{ from: 'first' }]);
    const sizes = await database.read(async ({ query }) =>
      (await query.selectFrom('checkpoints').select('size').orderBy('size').execute()).map(
        ({ size }) => size,
      ),
    );
    const cut = sizes[2]!;
    const whole = await verifyLedger(database);
    const first = await verifyLedger(database, { to: cut });
    const second = await verifyLedger(database, { from: { verifiedSize: cut } });
    t.match(first, { ok: true, rows: cut, verifiedSize: cut });
    t.match(second, { ok: true, rows: whole.rows, lastHash: whole.lastHash });
    t.equal(first.checkpoints + second.checkpoints, whole.checkpoints);
    const stopped = AbortSignal.abort();
    await t.rejects(verifyAside({ ...parts, stopped }, 'first'));
  },
);

t.test('a ledger that cannot be looked through is a failure, and is told as one', async (t) => {
  // A walk that threw was an internal fault: no row, no metric, and the server was as ready as ever.
  const { open, breakWalks, rows, told } = await checked(t);
  const check = open();
  breakWalks(new Error('Unexpected token'));
  t.match(await check.whole(), { ok: false, problem: /Unexpected token/ });
  t.match(check.words(), [/cannot be looked through/]);
  t.equal(told.length, 1);
  t.match(await rows(), [{ outcome: 'failed' }]);
});

t.test('that all was well is not believed of whoever can write to the database', async (t) => {
  // The daily check found row 5; one row of another table made it good until the next day.
  const { directory, open, asked } = await checked(t);
  tamper(directory, "UPDATE ledger SET actor = 'eve' WHERE seq = 5");
  await open().whole();
  tamper(
    directory,
    `UPDATE ledger_verifications SET ok = 1, result = replace(result, '"ok":false', '"ok":true')`,
  );
  const restarted = open();
  await restarted.start();
  t.equal(asked.at(-1), 'first');
  t.match(restarted.words(), [/does not verify/]);
});

t.test('a start goes over everything where nobody has for a day', async (t) => {
  const { open, asked, clock, rows } = await checked(t);
  await open().whole();
  clock.nowMs += 23 * 60 * 60_000;
  asked.length = 0;
  await open().start();
  t.equal(asked.length, 1);
  t.match(asked[0], { verifiedSize: Number });
  clock.nowMs += 2 * 60 * 60_000;
  await open().start();
  t.equal(asked.at(-1), 'first');
  t.equal((await rows()).length, 1, 'a start that found all well makes no row');
});

t.test('names that were altered are found', async (t) => {
  // Nobody looked at them: a name whose lookup was changed was missed by searches, and by its redaction.
  const { directory, open } = await checked(t);
  const check = open();
  t.match(await check.whole(), { ok: true });
  const untouched = new BetterSqlite3(join(directory, 'waybill.db'));
  const name = untouched.prepare('SELECT id, lookup, sealed FROM ledger_names LIMIT 1').get() as {
    readonly id: number;
    readonly lookup: Buffer;
    readonly sealed: Buffer;
  };
  const set = (column: string, value: Uint8Array) =>
    untouched.prepare(`UPDATE ledger_names SET ${column} = ? WHERE id = ?`).run(value, name.id);
  untouched.exec('DROP TRIGGER ledger_names_no_update');
  for (const [column, value] of [
    ['lookup', Buffer.alloc(16)],
    ['sealed', Buffer.alloc(name.sealed.length)],
  ] as const) {
    set(column, value);
    t.match(await check.whole(), { ok: false, problem: /name \d+ .* altered/ }, column);
    set(column, name[column]);
  }
  t.match(await check.whole(), { ok: true });
  untouched.close();
});

t.test('a part that finds what is wrong is heard, though a later one breaks', async (t) => {
  // Both came to nothing: the error of the later one was all that was told.
  const { directory, database, append, checkpoint } = await checked(t);
  for (let days = 0; days < 4; days += 1) {
    await append(100);
    await checkpoint();
  }
  tamper(
    directory,
    "UPDATE ledger SET body = 'x' || substr(body, 2) WHERE event = 'evidence-key.adopted.1'",
  );
  const parts = { dataDirectory: directory, database, threadsMax: 4, rowsPerThreadMin: 50 };
  t.ok((await segmentsOf(database, 'first', 4, 50)).length > 2);
  t.match(await verifyAside(parts, 'first'), { ok: false, firstBadRow: 1 });
  const { joined } = await import('../../server/ledger/verify-segments.ts');
  const bad = { ...(await verifyLedger(database)), checkpoints: 0 };
  const settled = (result: typeof bad) => ({ status: 'fulfilled', value: result }) as const;
  const broken = { status: 'rejected', reason: new Error('broken') } as const;
  t.match(joined([settled(bad), broken]), { ok: false, firstBadRow: 1 });
  t.throws(() => joined([broken, settled(bad)]), /broken/);
});
