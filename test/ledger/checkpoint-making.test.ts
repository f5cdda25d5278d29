// What is signed next is a continuation of what was signed last, whatever the database says.
import t, { type Test } from 'tap';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { rowHash } from '../../server/ledger/chain.ts';
import { makeCheckpoint } from '../../server/ledger/checkpoint-making.ts';
import { nodeHash } from '../../server/ledger/merkle.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { signedLedger, type SignedLedger } from '../fixtures/signed-ledger.ts';

type Row = {
  readonly seq: number;
  readonly body: string;
  readonly prev: Buffer;
  readonly hash: Buffer;
};

/** Somebody who can write to the database, and has no key. */
function intruder(t: Test, { directory }: SignedLedger) {
  const raw = new BetterSqlite3(join(directory, 'waybill.db'));
  t.teardown(() => raw.close());
  raw.exec(`
    DROP TRIGGER ledger_no_update;
    DROP TRIGGER ledger_no_delete;
    DROP TRIGGER checkpoints_no_update;
    DROP TRIGGER ledger_subtrees_no_delete;
  `);
  return {
    raw,
    rows: () => raw.prepare('SELECT seq, body, prev, hash FROM ledger ORDER BY seq').all() as Row[],
    /** Alters a row, and makes the chain anew behind it. @returns the hashes of all rows */
    rewrite: (at: number, rows: readonly Row[]): readonly Buffer[] => {
      let prev: Buffer = Buffer.alloc(32);
      const update = raw.prepare('UPDATE ledger SET body = ?, prev = ?, hash = ? WHERE seq = ?');
      return rows.map(({ seq, body: told }) => {
        const body = seq === at ? told.replace('success', 'refused') : told;
        const hash = rowHash(prev, seq, body);
        update.run(body, prev, hash, seq);
        prev = hash;
        return hash;
      });
    },
  };
}

function rootOver(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 1) return hashes[0]!;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootOver(hashes.slice(0, split)), rootOver(hashes.slice(split)));
}

/** Ledger of some rows that are signed, and the last note as it is kept beside the keys. */
async function signedRows(t: Test, rows: number) {
  const signed = await signedLedger(t);
  await signed.append(rows);
  const { note, size } = (await signed.checkpoint())!;
  const { database, ledger, clock, keys } = signed;
  const make = (head: string | null = note) =>
    makeCheckpoint({ database, ledger, clock: () => clock.nowMs }, keys.signer, head);
  return { signed, note, size, make };
}

t.test(
  'a row that was altered, with the chain, the tree and the root beside the note',
  async (t) => {
    const { signed, size, make } = await signedRows(t, 600);
    const { raw, rows, rewrite } = intruder(t, signed);
    const hashes = rewrite(450, rows());
    raw.exec('DELETE FROM ledger_subtrees');
    const root = rootOver(hashes.slice(0, size));
    raw.prepare('UPDATE checkpoints SET root = ? WHERE size = ?').run(root, size);
    await signed.append(5);
    await t.rejects(make(), /are not those that the checkpoint of \d+ rows is about/);
  },
);

t.test('a part of the tree that was put there before its rows were signed', async (t) => {
  const { signed, size, make } = await signedRows(t, 400);
  await signed.append(200);
  const { raw, rows, rewrite } = intruder(t, signed);
  const genuine = rows();
  const forged = rewrite(300, genuine).slice(256, 512);
  raw.transaction(() => {
    const update = raw.prepare('UPDATE ledger SET body = ?, prev = ?, hash = ? WHERE seq = ?');
    for (const { seq, body, prev, hash } of genuine) update.run(body, prev, hash, seq);
    raw
      .prepare('INSERT INTO ledger_subtrees (level, position, hash) VALUES (1, 1, ?)')
      .run(rootOver(forged));
  })();
  t.ok(size < 512);
  await t.rejects(make(), /the stored tree is not that of the rows/);
});

t.test('a row behind the last checkpoint, altered alone', async (t) => {
  const { signed, size, make } = await signedRows(t, 20);
  await signed.append(20);
  const { raw } = intruder(t, signed);
  raw.exec(`UPDATE ledger SET body = replace(body, 'success', 'refused') WHERE seq = ${size + 9}`);
  await t.rejects(make(), new RegExp(`row ${size + 9} is missing, or was altered`));
});

t.test('rows that were cut off', async (t) => {
  const { signed, size, make } = await signedRows(t, 20);
  const { raw } = intruder(t, signed);
  raw.exec(`DELETE FROM ledger WHERE seq > ${size - 3}`);
  await t.rejects(make(), /rows from \d+ on are missing/);
});

// One of a thousand million rows had nothing new come after it, and no checkpoint was made any more, without a word.
t.test('a checkpoint that nobody signed', async (t) => {
  const { signed, note, make } = await signedRows(t, 20);
  await signed.append(20);
  const { raw } = intruder(t, signed);
  raw
    .prepare('INSERT INTO checkpoints SELECT 1000000000, at, root, ?, hash FROM checkpoints')
    .run(note.replace(/\n\d+\n/, '\n1000000000\n'));
  await t.rejects(make(), /1000000000 rows is none that this server signed/);
  await t.rejects(make(null), /rows from \d+ on are missing/);
});

t.test('checkpoints that are all gone', async (t) => {
  const { signed, make } = await signedRows(t, 20);
  await signed.append(20);
  intruder(t, signed).raw.exec('DROP TRIGGER checkpoints_no_delete; DELETE FROM checkpoints');
  await t.rejects(make(), /the checkpoints are missing/);
});

t.test('a later one than the newest that this server knows of', async (t) => {
  const { signed, make } = await signedRows(t, 20);
  await signed.append(20);
  await signed.checkpoint();
  await signed.append(20);
  await t.rejects(make(), /none that this server signed/);
  t.ok(await make(null));
  t.match(await verifyLedger(signed.database), { ok: true, checkpoints: 3 });
});
