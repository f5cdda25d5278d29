import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { join } from 'node:path';
import fc from 'fast-check';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { canonicalJson } from '../../server/ledger/canonical-json.ts';
import { ledger, names } from '../fixtures/ledger.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { freshDatabase } from '../fixtures/database.ts';

function entry(path: string): LedgerEntry {
  return {
    origin: {
      actor: { kind: 'user', userId: 'u', username: 'amy', agency: 'alameda' },
      session: 's1',
      source: '192.0.2.1:5000',
    },
    outcome: 'success',
    reason: null,
    event: { event: 'directory.created.1', agency: 'alameda', path },
  };
}

async function withRows(t: Test, count: number) {
  const database = freshDatabase(t);
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      database.write((unit) => ledger.append(unit, entry(`/d${index}`))),
    ),
  );
  return database;
}

t.test('rows are numbered without a gap, chained, and found newest first', async (t) => {
  const database = await withRows(t, 25);
  t.match(await verifyLedger(database), { ok: true, rows: 25, firstBadRow: null });
  const first = await searchLedger(
    database,
    { actor: 'amy', agency: 'alameda' },
    { before: null, rowsMax: 20 },
    { names },
  );
  t.equal(first.rows.length, 20);
  t.match(first.rows[0], {
    seq: 25,
    event: 'directory.created.1',
    path: '/d24',
    outcome: 'success',
  });
  const second = await searchLedger(database, {}, { before: first.next, rowsMax: 20 });
  t.same(
    second.rows.map((row) => row['seq']),
    [5, 4, 3, 2, 1],
  );
  t.equal(second.next, null);
  t.equal(
    (await searchLedger(database, { path: '/d3' }, { before: null, rowsMax: 5 }, { names })).rows
      .length,
    1,
  );
});

t.test('a row and the change it describes are committed together or not at all', async (t) => {
  const database = await withRows(t, 1);
  await t.rejects(
    database.write(async (unit) => {
      await ledger.append(unit, entry('/undone'));
      throw new Error('no');
    }),
  );
  t.match(await verifyLedger(database), { ok: true, rows: 1 });
});

t.test('the database itself refuses to change or delete a row', async (t) => {
  const database = await withRows(t, 2);
  const raw = new BetterSqlite3(join(database.directory, 'waybill.db'));
  t.teardown(() => raw.close());
  t.throws(() => raw.exec("UPDATE ledger SET body = '{}'"), /append-only/);
  t.throws(() => raw.exec('DELETE FROM ledger'), /append-only/);
});

t.test('tampering behind the triggers is found, and the first bad row is named', async (t) => {
  const tampers: readonly (readonly [string, number])[] = [
    ["UPDATE ledger SET body = replace(body, 'amy', 'eve') WHERE seq = 3", 3],
    ["UPDATE ledger SET event = 'file.removed.1' WHERE seq = 2", 2],
    ['DELETE FROM ledger WHERE seq = 4', 4],
    ['UPDATE ledger SET hash = zeroblob(32) WHERE seq = 5', 5],
    ['UPDATE ledger SET at = at + 1 WHERE seq = 1', 1],
  ];
  for (const [sql, firstBadRow] of tampers) {
    const database = await withRows(t, 6);
    const raw = new BetterSqlite3(join(database.directory, 'waybill.db'));
    raw.exec('DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete;');
    raw.exec(sql);
    raw.close();
    t.match(await verifyLedger(database), { ok: false, firstBadRow }, sql);
  }
});

t.test(
  'canonical JSON has one form whatever the order of members, and parses to the same value',
  (t) => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        t.same(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        return canonicalJson(JSON.parse(text)) === text;
      }),
      { numRuns: 200 },
    );
    t.equal(
      canonicalJson({ b: 1, a: [true, null, 'é'], c: undefined }),
      '{"a":[true,null,"é"],"b":1}',
    );
    t.throws(() => canonicalJson({ a: Number.NaN }));
    t.end();
  },
);
