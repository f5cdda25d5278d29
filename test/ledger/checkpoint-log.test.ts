import t, { type Test } from 'tap';
import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CheckpointLog } from '../../server/ledger/checkpoint-log.ts';
import { WitnessDirectory } from '../../server/ledger/witness-directory.ts';
import { piecesOf } from '../../server/ledger/note-file.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';

async function withLog(t: Test, checkpoints = 6) {
  const signed = await signedLedger(t);
  const file = join(signed.directory, 'checkpoints.log');
  const log = new CheckpointLog(file, signed.database);
  const more = async (count = 1) => {
    for (let index = 0; index < count; index += 1) {
      await signed.append(3);
      await signed.checkpoint();
    }
  };
  await more(checkpoints);
  t.equal(await log.catchUp(), null);
  return { ...signed, file, log, more, read: () => readFileSync(file, 'latin1') };
}

t.test('the file has every note, and one more with each checkpoint', async (t) => {
  const { log, read, more, file } = await withLog(t);
  t.equal(piecesOf(Buffer.from(read(), 'latin1')).length, 6);
  t.equal(await log.verify(), null);
  await more();
  t.equal(await log.catchUp(), null);
  t.equal(piecesOf(Buffer.from(read(), 'latin1')).length, 7);
  t.equal(statSync(file).mode & 0o777, 0o600);
});

t.test('a file that a crash cut anywhere is made whole, without a word', async (t) => {
  const { log, read, file, more } = await withLog(t);
  const whole = read();
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(80), async (length, zeros) => {
      writeFileSync(file, whole, 'latin1');
      truncateSync(file, length);
      // A disk that was cut off may have the length and not the bytes.
      truncateSync(file, Math.min(whole.length, length + zeros));
      t.equal(await log.catchUp(), null, `cut at ${length}`);
      t.equal(read(), whole);
      t.equal(await log.verify(), null);
    }),
    { numRuns: 60 },
  );
  rmSync(file);
  await more();
  t.equal(await log.catchUp(), null);
  t.equal(piecesOf(Buffer.from(read(), 'latin1')).length, 7);
});

t.test(
  'any other byte is found, in the end at once and elsewhere by the daily check',
  async (t) => {
    const { log, read, file } = await withLog(t);
    const whole = Buffer.from(read(), 'latin1');
    const last = piecesOf(whole).at(-1)!;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const other = Buffer.from(whole);
          other[at]! ^= by;
          writeFileSync(file, other);
          t.type(await log.verify(), 'string', `byte ${at}`);
          const found = await log.catchUp();
          // A zero may be a crash's: it is made good.
          if (at >= last.from && other[at] !== 0) t.type(found, 'string', `byte ${at} of the last`);
          if (at < last.from)
            t.equal(readFileSync(file).subarray(0, whole.length).equals(other), true);
        },
      ),
      { numRuns: 80 },
    );
  },
);

// Somebody put last week's database in the place of today's, and left what lay beside it.
t.test(
  'a file that is ahead of the database tells that an older one was put in its place',
  async (t) => {
    const ahead = await withLog(t, 3);
    const kept = ahead.read();
    const older = await withLog(t, 2);
    writeFileSync(older.file, kept, 'latin1');
    t.match(await older.log.catchUp(), /checkpoints\.log/);
    await older.more();
    t.match(await older.log.catchUp(), /checkpoints\.log/);
    t.match(await older.log.verify(), /checkpoints.log/);
    t.ok(older.read().startsWith(kept), 'nothing of it is dropped');
  },
);

t.test('a witness is told of each, by day, and again after it was away', async (t) => {
  const { database, directory, clock, more } = await withLog(t, 3);
  const place = join(directory, 'witness');
  const witness = new WitnessDirectory(place, database);
  await t.rejects(witness.catchUp(), /ENOENT/);
  const { mkdirSync } = await import('node:fs');
  mkdirSync(place);
  await witness.catchUp();
  clock.nowMs += 24 * 60 * 60_000;
  await more(2);
  await witness.catchUp();
  await witness.catchUp();
  const files = readdirSync(place).sort();
  t.equal(files.length, 2);
  t.match(files[0], /^[0-9a-f]{32}-2026-01-01\.notes$/);
  const notes = files.flatMap((name) =>
    piecesOf(readFileSync(join(place, name))).filter(({ kind }) => kind === 'note'),
  );
  t.equal(notes.length, 5);
});
