// Somebody has the database, or an export of it, and changes one thing in it. Whatever it is, it is found, and named. Each
// tampering is judged by the real verifiers; so that there can be thousands of them, the walk begins at the checkpoint
// before it (as the server's own daily check does), and an export has some hundred rows. TAMPERINGS=10000 makes all of
// them, ROWS=100000 a ledger of that size, of which now and then one is walked from its first row on.
import { join } from 'node:path';
import t from 'tap';
import { databaseFileName, openForReading } from '../../server/database/open.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';
import { verifier, type Bad } from '../fixtures/verifier.ts';
import { below, oneOf, Tamperer, withOtherByte } from './fixtures/tamperer.ts';

const tamperings = Number(process.env['TAMPERINGS'] ?? 250);
const rowsMade = Number(process.env['ROWS'] ?? 4_000);
const rowsPerCheckpoint = 1_000;
/** So many of them are also found by a walk from the first row. */
const wholeWalks = 10;
t.setTimeout(3_600_000);

t.test(`${tamperings} tamperings of a database are all found and named`, async (t) => {
  const signed = await signedLedger(t, { epochMs: 6 * 60 * 60_000 });
  for (let made = 0; made < rowsMade; made += rowsPerCheckpoint - 10) {
    await signed.append(rowsPerCheckpoint - 10);
    await signed.checkpoint();
    signed.clock.nowMs += 60 * 60_000;
  }
  await signed.database.close();
  const tamperer = new Tamperer(join(signed.directory, databaseFileName));
  t.teardown(() => tamperer.close());
  const database = openForReading(signed.directory, Date.now);
  t.teardown(() => database.close());
  const untouched = await verifyLedger(database);
  t.match(untouched, { ok: true, problem: null });
  t.comment(`${tamperer.rows} rows, ${untouched.checkpoints} checkpoints`);
  const missed: string[] = [];
  const misnamed: string[] = [];
  for (let count = 0; count < tamperings; count += 1) {
    const { what, at, undo, isNamed } = tamperer.tamper();
    const isWhole = count % Math.ceil(tamperings / wholeWalks) === 0;
    const verifiedSize = tamperer.before(at);
    const found = await verifyLedger(
      database,
      isWhole || verifiedSize === 0 ? {} : { from: { verifiedSize } },
    );
    if (found.ok) missed.push(what);
    else if (!isNamed(found.firstBadRow, found.firstBadCheckpoint))
      misnamed.push(`${what}: ${found.firstBadRow} ${found.firstBadCheckpoint} ${found.problem}`);
    undo();
  }
  t.same(missed, []);
  t.same(misnamed, []);
  t.match(await verifyLedger(database), { ok: true, rows: tamperer.rows }, 'all was put back');
});

t.test(`${tamperings} tamperings of an export are all found and named`, async (t) => {
  const signed = await signedLedger(t, { epochMs: 60_000 });
  for (let made = 0; made < 30; made += 1) {
    await signed.append(20 + below(30));
    await signed.checkpoint();
    signed.clock.nowMs += 40_000;
  }
  const trust = verifier.readTrust(signed.evidenceKey.publicKeyLine);
  const exports: string[][] = [];
  for (const [firstSeq, lastSeq] of [
    [1, 150],
    [200, 330],
    [601, 700],
  ] as const)
    exports.push(await signed.exported({ firstSeq, lastSeq }));
  const missed: string[] = [];
  const misnamed: string[] = [];
  const judge = (what: string, lines: readonly string[], at: number, seq: number | null) => {
    try {
      verifier.verifyExports([lines.map((line) => line.replace(/\n$/, ''))], { trust });
      missed.push(what);
    } catch (error) {
      const { row, line } = error as Bad;
      // A range of rows that a checkpoint contradicts is named by its first one.
      if (line !== at || (seq !== null && row !== seq)) misnamed.push(`${what}: ${row} ${line}`);
    }
  };
  const seqOf = (line: string) => {
    const value = JSON.parse(line) as { type: string; body?: string };
    if (value.type !== 'row') return null;
    return (JSON.parse(value.body!) as { seq: number }).seq;
  };
  for (let count = 0; count < tamperings; count += 1) {
    const lines = oneOf(exports);
    // When it was made, and by which keys it says to be signed, nobody has signed: docs/EVIDENCE.md says so.
    const at = 1 + below(lines.length - 1);
    const line = lines[at]!;
    const seq = seqOf(line);
    const isBeforeRow = at + 1 < lines.length;
    switch (oneOf(['byte', 'byte', 'byte', 'byte', 'remove', 'swap', 'cut', 'double'])) {
      case 'remove':
        // A name that is not told is one that was redacted.
        if (line.startsWith('{"type":"name"') || !isBeforeRow) continue;
        // A key that is not announced is missed where it signs.
        if (line.startsWith('{"type":"key-announcement"')) continue;
        judge(`line ${at + 1} removed`, lines.toSpliced(at, 1), nextToldAt(lines, at), seq);
        break;
      case 'swap': {
        const other = at + 1 + below(5);
        if (seq === null || seqOf(lines[other] ?? line) === null || lines[other] === undefined)
          continue;
        const swapped = lines.with(at, lines[other]).with(other, line);
        judge(`lines ${at + 1} and ${other + 1} swapped`, swapped, at + 1, seq);
        break;
      }
      case 'cut':
        judge(`cut at line ${at + 1}`, lines.slice(0, at), at, null);
        break;
      case 'double':
        if (seq === null) continue;
        judge(`line ${at + 1} twice`, lines.toSpliced(at, 0, line), at + 2, seq + 1);
        break;
      default: {
        const bytes = withOtherByte(Buffer.from(line.slice(0, -1)));
        if (bytes.includes(10)) continue;
        const text = bytes.toString();
        judge(`a byte of line ${at + 1}: ${text.slice(0, 40)}`, lines.with(at, text), at + 1, seq);
      }
    }
  }
  t.same(missed, []);
  t.same(misnamed, []);
});

/** Where the lack of a line shows: of a row at the next one, of a checkpoint at the row that tells of it. */
function nextToldAt(lines: readonly string[], at: number): number {
  const isRow = lines[at]!.startsWith('{"type":"row"');
  const pattern = isRow
    ? /^\{"type":"(row|checkpoint|end)"/
    : /^\{"type":"(checkpoint|end)"|^\{"type":"row".*"event\\":\\"checkpoint\.made\.1/;
  return lines.findIndex((line, index) => index > at && pattern.test(line));
}
