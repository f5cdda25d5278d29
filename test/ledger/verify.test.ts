import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { openForReading } from '../../server/database/open.ts';
import { rowHash } from '../../server/ledger/chain.ts';
import { latestCheckpoint } from '../../server/ledger/checkpoints.ts';
import { verifyLedger, type VerifyOptions } from '../../server/ledger/verify.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';

const day = 24 * 60 * 60_000;

/** Rows of three days, with a checkpoint key each, two checkpoints a day, and a clock that was set back once. */
async function threeDays(t: Test) {
  const signed = await signedLedger(t);
  const { database, clock } = signed;
  for (const rows of [3, 260, 200, 130]) {
    await signed.append(rows);
    await signed.checkpoint();
    await signed.append(7);
    await signed.checkpoint();
    clock.nowMs += day;
  }
  clock.nowMs -= 2 * day;
  await signed.append(5);
  await signed.checkpoint();
  const last = (await database.read(latestCheckpoint))!;
  const sizes = await database.read(async ({ query }) =>
    (await query.selectFrom('checkpoints').select('size').orderBy('size').execute()).map(
      ({ size }) => size,
    ),
  );
  await database.close();
  const directory = signed.directory;
  return { directory, sizes, rows: last.size + 1, evidenceKey: signed.evidenceKey.publicKeyLine };
}

type Made = Awaited<ReturnType<typeof threeDays>>;

/** What somebody does who has the file: no trigger is in the way. */
async function tampered(
  { directory }: Made,
  tamper: (raw: BetterSqlite3.Database) => void,
  options: VerifyOptions = {},
) {
  const copy = mkdtempSync(join(directory, 'copy-'));
  copyFileSync(join(directory, 'waybill.db'), join(copy, 'waybill.db'));
  const raw = new BetterSqlite3(join(copy, 'waybill.db'));
  for (const { name } of raw
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    .all() as { name: string }[])
    raw.exec(`DROP TRIGGER ${name}`);
  tamper(raw);
  raw.close();
  const database = openForReading(copy, Date.now);
  try {
    return await verifyLedger(database, options);
  } finally {
    await database.close();
  }
}

type StoredRow = { seq: number; body: string; prev: Buffer; hash: Buffer };
const rowOf = (raw: BetterSqlite3.Database, seq: number) =>
  raw.prepare('SELECT seq, body, prev, hash FROM ledger WHERE seq = ?').get(seq) as StoredRow;

/** Changes a row and makes the chain anew behind it, to the end or as far as one likes. */
function rewrite(raw: BetterSqlite3.Database, seq: number, to: number, body: string): void {
  const store = raw.prepare('UPDATE ledger SET body = ?, prev = ?, hash = ? WHERE seq = ?');
  let prev = rowOf(raw, seq).prev;
  for (let at = seq; at <= to; at += 1) {
    const text = at === seq ? body : rowOf(raw, at).body;
    const hash = rowHash(prev, at, text);
    store.run(text, prev, hash, at);
    prev = hash;
  }
}

t.test('all is well where nothing was changed', async (t) => {
  const made = await threeDays(t);
  const result = await tampered(made, () => undefined);
  t.match(result, {
    ok: true,
    scope: 'whole',
    rows: made.rows,
    checkpoints: made.sizes.length,
    verifiedSize: made.sizes.at(-1)!,
    problem: null,
    unvouchedKeys: [],
    evidenceKey: made.evidenceKey,
  });
  t.ok(made.sizes.length >= 9);
});

t.test('what was changed is found and named', async (t) => {
  const made = await threeDays(t);
  const { sizes, rows } = made;
  const [first = 0, second = 0, third = 0] = sizes;
  const last = sizes.at(-1)!;
  const cases: readonly (readonly [
    what: string,
    tamper: (raw: BetterSqlite3.Database) => void,
    expected: Partial<Record<'firstBadRow' | 'firstBadCheckpoint', number>>,
  ])[] = [
    ...['outcome', 'reason', 'actor', 'agency', 'session', 'source', 'path', 'event'].map(
      (column) =>
        [
          `the column ${column}`,
          (raw: BetterSqlite3.Database) =>
            raw.prepare(`UPDATE ledger SET ${column} = 'other' WHERE seq = 12`).run(),
          { firstBadRow: 12 },
        ] as const,
    ),
    [
      'a column emptied',
      (raw) => raw.exec('UPDATE ledger SET path = NULL WHERE seq = 12'),
      { firstBadRow: 12 },
    ],
    [
      'a row altered, with its hash',
      (raw) => rewrite(raw, 30, 30, rowOf(raw, 30).body.replace('amy', 'eve')),
      { firstBadRow: 30 },
    ],
    [
      'a row altered, and the chain up to the end made anew',
      (raw) => {
        rewrite(raw, 30, rows, rowOf(raw, 30).body.replace('amy', 'eve'));
        raw.exec("UPDATE ledger SET actor = 'eve' WHERE seq = 30");
      },
      { firstBadRow: second + 1 },
    ],
    [
      'the last row altered',
      (raw) =>
        rewrite(raw, rows, rows, rowOf(raw, rows).body.replace('checkpoint.', 'checkpoint-')),
      {},
    ],
    [
      'two rows swapped',
      (raw) =>
        raw.exec(
          'UPDATE ledger SET seq = -1 WHERE seq = 20; UPDATE ledger SET seq = 20 WHERE seq = 21; UPDATE ledger SET seq = 21 WHERE seq = -1',
        ),
      { firstBadRow: 20 },
    ],
    ['a row removed', (raw) => raw.exec('DELETE FROM ledger WHERE seq = 77'), { firstBadRow: 77 }],
    [
      'the first row removed',
      (raw) => raw.exec('DELETE FROM ledger WHERE seq = 1'),
      { firstBadRow: 1 },
    ],
    [
      'the last row removed',
      (raw) => raw.exec(`DELETE FROM ledger WHERE seq = ${rows}`),
      { firstBadRow: rows },
    ],
    [
      'the tail cut',
      (raw) => raw.exec(`DELETE FROM ledger WHERE seq > ${last - 3}`),
      { firstBadRow: last - 2 },
    ],
    ['all rows gone', (raw) => raw.exec('DELETE FROM ledger'), { firstBadRow: 1 }],
    [
      'a row invented behind the last',
      (raw) =>
        raw.exec(
          `INSERT INTO ledger SELECT seq + 1, at, event, outcome, reason, actor, agency, session, source, path, body, hash, zeroblob(32) FROM (SELECT * FROM ledger WHERE seq = ${rows})`.replace(
            'SELECT *',
            'SELECT seq, at, event, outcome, reason, actor, agency, session, source, path, body, hash',
          ),
        ),
      { firstBadRow: rows + 1 },
    ],
    [
      'a note with another byte',
      (raw) =>
        raw.exec(
          `UPDATE checkpoints SET note = replace(note, 'time 2', 'time 3') WHERE size = ${second}`,
        ),
      { firstBadCheckpoint: second },
    ],
    [
      'a root with another byte',
      (raw) => raw.exec(`UPDATE checkpoints SET root = zeroblob(32) WHERE size = ${second}`),
      { firstBadCheckpoint: second },
    ],
    [
      'the time of a checkpoint',
      (raw) => raw.exec(`UPDATE checkpoints SET at = at + 1 WHERE size = ${second}`),
      { firstBadCheckpoint: second },
    ],
    [
      'a checkpoint removed',
      (raw) => raw.exec(`DELETE FROM checkpoints WHERE size = ${second}`),
      { firstBadCheckpoint: second },
    ],
    [
      'the first checkpoint removed',
      (raw) => raw.exec(`DELETE FROM checkpoints WHERE size = ${first}`),
      { firstBadCheckpoint: first },
    ],
    [
      'the last checkpoint removed',
      (raw) => raw.exec(`DELETE FROM checkpoints WHERE size = ${last}`),
      { firstBadCheckpoint: last },
    ],
    [
      'a checkpoint in the place of another',
      (raw) =>
        raw.exec(
          `UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = ${first}), hash = (SELECT hash FROM checkpoints WHERE size = ${first}) WHERE size = ${third}`,
        ),
      { firstBadCheckpoint: third },
    ],
    [
      'a subtree that is stored',
      (raw) =>
        raw.exec('UPDATE ledger_subtrees SET hash = zeroblob(32) WHERE level = 1 AND position = 1'),
      { firstBadRow: 257 },
    ],
    [
      'a subtree removed',
      (raw) => raw.exec('DELETE FROM ledger_subtrees WHERE position = 0'),
      { firstBadRow: 1 },
    ],
    [
      'the clock said to have been set back',
      (raw) => raw.exec('INSERT INTO clock_steps VALUES (50)'),
      { firstBadRow: 50 },
    ],
    [
      'the clock not said to have been set back',
      (raw) => raw.exec('DELETE FROM clock_steps'),
      { firstBadRow: sizes.at(-2)! + 2 },
    ],
    // The mark that stood for a column that is null was a character like any other.
    [
      'a column that was empty, and has the mark of that',
      (raw) => raw.exec('UPDATE ledger SET reason = char(30) WHERE seq = 12 AND reason IS NULL'),
      { firstBadRow: 12 },
    ],
    // Both hashes were read as one.
    [
      'a byte of one hash put to the other',
      (raw) => {
        raw.pragma('ignore_check_constraints = 1');
        const { prev, hash } = rowOf(raw, 12);
        raw
          .prepare('UPDATE ledger SET prev = ?, hash = ? WHERE seq = 12')
          .run(prev.subarray(0, 31), Buffer.concat([prev.subarray(31), hash]));
      },
      { firstBadRow: 12 },
    ],
    // No walk came by there.
    [
      'a row before the first',
      (raw) =>
        raw.exec(
          "INSERT INTO ledger (seq, at, event, outcome, actor, body, prev, hash) SELECT 0, at, event, outcome, 'eve', body, prev, hash FROM ledger WHERE seq = 5",
        ),
      { firstBadRow: 0 },
    ],
    [
      'a checkpoint of less than no rows',
      (raw) => {
        raw.pragma('ignore_check_constraints = 1');
        raw.exec(
          `INSERT INTO checkpoints SELECT -size, at, root, note, hash FROM checkpoints WHERE size = ${first}`,
        );
      },
      { firstBadCheckpoint: -first },
    ],
    [
      'the clock said to have been set back before the first row',
      (raw) => raw.exec('INSERT INTO clock_steps VALUES (1)'),
      { firstBadRow: 1 },
    ],
    [
      'a subtree of rows to come',
      (raw) => raw.exec('INSERT INTO ledger_subtrees VALUES (1, 999999, zeroblob(32))'),
      { firstBadRow: rows + 1 },
    ],
    [
      'a row of a key that is no JSON any more',
      (raw) =>
        raw.exec(
          "UPDATE ledger SET body = 'x' || substr(body, 2) WHERE event = 'evidence-key.adopted.1'",
        ),
      { firstBadRow: 1 },
    ],
    [
      'another ledger’s checkpoints',
      (raw) => raw.exec("UPDATE ledger_origin SET instance = '00000000000000000000000000000000'"),
      { firstBadCheckpoint: first },
    ],
  ];
  for (const [what, tamper, expected] of cases) {
    const result = await tampered(made, tamper);
    t.match(result, { ok: false, ...expected }, what);
    t.type(result.problem, 'string', what);
  }
});

t.test('a text that reads the same with other bytes is another one', async (t) => {
  // A character of three bytes that stands for what could not be read: with EF in place of F0 it reads the same.
  const signed = await signedLedger(t);
  const { database, ledger } = signed;
  await database.write((unit) =>
    ledger.append(unit, {
      origin: { actor: { kind: 'nobody' }, session: null, source: '192.0.2.1:1' },
      outcome: 'refused',
      reason: 'password-wrong',
      event: {
        event: 'login.refused.1',
        username: 'claimed\ufffd\u001f\u001e',
        proof: 'publickey',
        client: 'SSH-2.0-x\ufffd',
        connection: 'c',
        count: 1,
      },
    }),
  );
  await signed.checkpoint();
  const last = (await database.read(latestCheckpoint))!;
  await database.close();
  const made = {
    directory: signed.directory,
    sizes: [last.size],
    rows: last.size + 1,
    evidenceKey: '',
  };
  t.match(await tampered(made, () => undefined), { ok: true });
  for (const column of ['body', 'actor'])
    t.match(
      await tampered(made, (raw) => {
        const { found } = raw
          .prepare(`SELECT CAST(${column} AS BLOB) AS found FROM ledger WHERE seq = ${last.size}`)
          .get() as { found: Buffer };
        const at = found.indexOf('\ufffd');
        t.ok(at > 0, column);
        const other = Buffer.from(found);
        other[at] = 0xf0;
        t.equal(other.toString('utf8').length, found.toString('utf8').length, column);
        raw
          .prepare(`UPDATE ledger SET ${column} = CAST(? AS TEXT) WHERE seq = ?`)
          .run(other, last.size);
      }),
      { ok: false, firstBadRow: last.size },
      column,
    );
});

t.test('any byte of any row or checkpoint', async (t) => {
  const made = await threeDays(t);
  const columns = {
    ledger: [
      'at',
      'event',
      'outcome',
      'reason',
      'actor',
      'agency',
      'session',
      'source',
      'path',
      'body',
      'prev',
      'hash',
    ],
    checkpoints: ['at', 'root', 'note', 'hash'],
  };
  const keys = { ledger: 'seq', checkpoints: 'size' };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('ledger' as const, 'ledger' as const, 'checkpoints' as const),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (table, which, row, at, by) => {
        const column = columns[table][which % columns[table].length]!;
        const key = keys[table];
        let seq = 0;
        let isChanged = false;
        const result = await tampered(made, (raw) => {
          const all = raw.prepare(`SELECT ${key} AS id FROM ${table} ORDER BY id`).all() as {
            id: number;
          }[];
          seq = all[row % all.length]!.id;
          const select = `SELECT CAST(${column} AS BLOB) AS found, typeof(${column}) AS type FROM ${table} WHERE ${key} = ?`;
          const { found, type } = raw.prepare(select).get(seq) as { found: Buffer; type: string };
          if (type === 'null' || found.length === 0) return;
          const other = Buffer.from(found);
          other[at % other.length]! ^= by;
          if (type === 'integer' && !/^\d+$/.test(other.toString())) return;
          const cast = { text: 'TEXT', integer: 'INTEGER', blob: 'BLOB' }[type];
          raw
            .prepare(`UPDATE ${table} SET ${column} = CAST(? AS ${cast}) WHERE ${key} = ?`)
            .run(other, seq);
          isChanged = true;
        });
        if (!isChanged) {
          t.equal(result.ok, true);
          return;
        }
        const found = table === 'ledger' ? result.firstBadRow : result.firstBadCheckpoint;
        t.equal(result.ok, false, `${table} ${seq} ${column}`);
        // A hash that another row follows is told from either side.
        t.ok(
          found === seq || (column === 'hash' && found === seq + 1),
          `${column} ${seq} ${found}`,
        );
      },
    ),
    { numRuns: 60 },
  );
});

t.test(
  'from a checkpoint that was verified before, only what is behind it is walked',
  async (t) => {
    const made = await threeDays(t);
    const [, , third = 0] = made.sizes;
    const from = { verifiedSize: third };
    t.match(await tampered(made, () => undefined, { from }), {
      ok: true,
      scope: 'new',
      rows: made.rows,
      checkpoints: made.sizes.length - 3,
    });
    const behind = (raw: BetterSqlite3.Database) =>
      raw.exec(`UPDATE ledger SET actor = 'x' WHERE seq = ${third + 2}`);
    t.match(await tampered(made, behind, { from }), { ok: false, firstBadRow: third + 2 });
    const before = (raw: BetterSqlite3.Database) =>
      raw.exec("UPDATE ledger SET actor = 'x' WHERE seq = 2");
    t.match(await tampered(made, before, { from }), { ok: true });
    t.match(await tampered(made, before), { ok: false, firstBadRow: 2 });
    const root = (raw: BetterSqlite3.Database) =>
      raw.exec('UPDATE ledger_subtrees SET hash = zeroblob(32) WHERE position = 0');
    t.match(await tampered(made, root, { from }), { ok: false });
    t.match(await tampered(made, () => undefined, { from: { verifiedSize: third + 1 } }), {
      ok: true,
      scope: 'whole',
    });
  },
);

t.test(
  'a row of a key that is no JSON any more is named by a walk that begins behind it',
  async (t) => {
    // One byte of it, and whoever began with a later row ended with "Unexpected token": no row, no alarm.
    const made = await threeDays(t);
    const result = await tampered(
      made,
      (raw) =>
        raw.exec(
          "UPDATE ledger SET body = 'x' || substr(body, 2) WHERE event = 'evidence-key.adopted.1'",
        ),
      { from: { verifiedSize: made.sizes[3]! } },
    );
    t.match(result, { ok: false, firstBadRow: 1 });
  },
);
