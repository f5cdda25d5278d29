import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import t, { type Test } from 'tap';
import { createLedgerArchive, type LedgerArchive } from '../../server/archive/archive.ts';
import { ArchiveFiles, openedArchive } from '../../server/archive/archive-files.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { limits } from '../../server/domain/limits.ts';
import { createLedgerExports } from '../../server/ledger/export.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { createReports } from '../../server/reports/reports.ts';
import { signedLedger, type SignedLedger } from '../fixtures/signed-ledger.ts';
import { verifier } from '../fixtures/verifier.ts';

t.setTimeout(300_000);
const dayMs = 24 * 60 * 60_000;
const yearMs = 366 * dayMs;
const origin = { actor: { kind: 'server' }, session: null, source: null } as const;

type Scene = {
  readonly signed: SignedLedger;
  readonly archive: LedgerArchive;
  readonly erased: { times: number };
  problem: string | null;
};

/** A ledger with rows of three years, and an archive of those of before so many. */
async function openScene(
  t: Test,
  years: number | null = null,
  onFault: (error: unknown) => void = (error) => t.error(error),
): Promise<Scene> {
  const signed = await signedLedger(t);
  const { database, ledger, evidenceKey, masterKey, clock } = signed;
  const scene = { problem: null as string | null };
  const erased = { times: 0 };
  const checkpointNow = () => signed.checkpoint();
  const archive = createLedgerArchive({
    database,
    guarded: database,
    ledger,
    files: new ArchiveFiles(join(signed.directory, 'archive'), masterKey),
    key: evidenceKey,
    exports: createLedgerExports({
      database,
      names: null,
      checkpointNow,
      evidenceKeys: async () => [],
    }),
    years,
    clock: () => clock.nowMs,
    problem: async () => scene.problem,
    erase: async () => (erased.times += 1),
    version: '0.0.0-test',
    onFault,
  });
  t.teardown(() => archive.stop());
  for (let year = 0; year < 3; year += 1) {
    for (let day = 0; day < 4; day += 1) {
      await signed.append(150);
      await signed.checkpoint();
      clock.nowMs += dayMs;
    }
    clock.nowMs += yearMs;
  }
  return Object.assign(scene, { signed, archive, erased });
}

/** What a start makes of it. */
async function reopened(
  t: Test,
  { database, ledger, directory, masterKey, evidenceKey, exports, clock }: SignedLedger,
  faults: string[],
): Promise<LedgerArchive> {
  const archive = createLedgerArchive({
    database,
    guarded: database,
    ledger,
    files: new ArchiveFiles(join(directory, 'archive'), masterKey),
    key: evidenceKey,
    exports,
    years: null,
    clock: () => clock.nowMs,
    problem: async () => null,
    erase: async () => undefined,
    version: '0.0.0-test',
    onFault: (error) => faults.push((error as Error).message),
  });
  t.teardown(() => archive.stop());
  return archive;
}

const count = (signed: SignedLedger, to: number) =>
  signed.database.read(async ({ query }) => {
    const rows = await query.selectFrom('ledger').select('event').where('seq', '<=', to).execute();
    return rows.map(({ event }) => event);
  });

/** Its deletion is done once there is nothing to go on with. */
async function settled(archive: LedgerArchive): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    await archive.tick();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function opened(signed: SignedLedger, file: string): Promise<string[]> {
  const path = join(signed.directory, 'archive', file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of openedArchive(signed.masterKey, file, createReadStream(path)))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString().trimEnd().split('\n');
}

t.test('old rows go into a sealed file, and all that is left verifies', async (t) => {
  const { signed, archive, erased } = await openScene(t);
  signed.clock.nowMs += 5 * yearMs;
  const before = await verifyLedger(signed.database);
  const { stub, signature } = await archive.seal(origin);
  t.match(signature, /BEGIN SSH SIGNATURE/);
  t.equal(stub.firstSeq, 1);
  t.equal(stub.goneTo % 256, 0);
  t.ok(stub.goneTo > 0 && stub.goneTo <= stub.lastSeq);
  await settled(archive);
  t.ok(erased.times > 0);
  const left = new Set(await count(signed, stub.goneTo));
  t.same([...left].toSorted(), ['checkpoint-key.announced.1', 'evidence-key.adopted.1']);

  const bytes = readFileSync(join(signed.directory, 'archive', stub.file));
  t.equal(createHash('sha256').update(bytes).digest('hex'), stub.sha256);
  t.notOk(bytes.includes('alameda'), 'nobody reads it without the master key');

  const trust = verifier.readTrust(signed.evidenceKey.publicKeyLine);
  const archived = await opened(signed, stub.file);
  const rest = (await signed.exported()).map((line) => line.trimEnd());
  t.equal(JSON.parse(rest[0]!).firstSeq, stub.lastSeq + 1);
  t.ok(verifier.verifyExports([archived], { trust }));
  t.ok(verifier.verifyExports([rest], { trust }));
  const both = verifier.verifyExports([archived, rest], { trust });
  const after = await verifyLedger(signed.database);
  t.match(after, { ok: true, problem: null });
  t.equal(after.checkpoints, both.checkpoints);
  t.ok(after.rows > before.rows);
  await t.rejects(signed.exports.proof(5), { code: 'not-found' });
  await t.rejects(signed.exports.range({ firstSeq: 5 }), { code: 'conflict' });
  t.match(await archive.list(), [{ isFileThere: true, stub: { firstSeq: 1 } }]);
});

t.test('archives follow one another, and each begins where the last one ended', async (t) => {
  const { signed, archive } = await openScene(t);
  const stubs = [];
  for (let year = 0; year < 3; year += 1) {
    signed.clock.nowMs = Date.UTC(2026 + 7 + year, 6, 1);
    stubs.push((await archive.seal(origin)).stub);
    await settled(archive);
    t.match(await verifyLedger(signed.database), { ok: true, problem: null });
  }
  const [first, second, third] = stubs;
  t.equal(second!.firstSeq, first!.lastSeq + 1);
  t.equal(third!.firstSeq, second!.lastSeq + 1);
  const trust = verifier.readTrust(signed.evidenceKey.publicKeyLine);
  const all = [];
  for (const { file } of stubs) all.push(await opened(signed, file));
  all.push((await signed.exported()).map((line) => line.trimEnd()));
  t.ok(verifier.verifyExports(all, { trust }));
});

t.test('nothing goes before its time, or while the time is in doubt', async (t) => {
  const scene = await openScene(t);
  const { signed, archive } = scene;
  const { nowMs } = signed.clock;
  await t.rejects(archive.seal(origin), { code: 'conflict' }, 'nothing is seven years old');
  await t.rejects(archive.seal(origin, nowMs - 6 * yearMs), {
    code: 'field-invalid',
    pointer: '/before',
  });
  signed.clock.nowMs += 5 * yearMs;
  scene.problem = 'the clock jumped';
  await t.rejects(archive.seal(origin), { code: 'conflict', message: 'the clock jumped' });
  await archive.tick();
  t.same(await archive.list(), []);
});

t.test('by the schedule only where that is asked for', async (t) => {
  for (const years of [null, 8]) {
    const { signed, archive } = await openScene(t, years);
    signed.clock.nowMs += 4 * yearMs;
    await settled(archive);
    t.equal((await archive.list()).length, 0, 'seven years are not eight');
    signed.clock.nowMs += 2 * yearMs;
    await settled(archive);
    t.equal((await archive.list()).length, years === null ? 0 : 1);
    t.match(await verifyLedger(signed.database), { ok: true });
  }
});

t.test('rows that were altered are not sealed, and stay', async (t) => {
  const { signed, archive } = await openScene(t);
  signed.clock.nowMs += 5 * yearMs;
  const raw = new BetterSqlite3(join(signed.directory, databaseFileName));
  raw.exec('DROP TRIGGER ledger_no_update');
  raw.exec(`UPDATE ledger SET body = replace(body, 'amy', 'eve') WHERE seq = 100`);
  raw.close();
  await t.rejects(archive.seal(origin), { code: 'conflict' });
  t.same(readdirSync(join(signed.directory, 'archive')), []);
  t.same(await archive.list(), []);
});

t.test('the database lets no row go that no archive has, and no stub', async (t) => {
  const { signed, archive } = await openScene(t);
  const raw = new BetterSqlite3(join(signed.directory, databaseFileName));
  t.teardown(() => raw.close());
  t.throws(() => raw.exec('DELETE FROM ledger WHERE seq = 1'), /append-only/);
  signed.clock.nowMs += 5 * yearMs;
  const { stub } = await archive.seal(origin);
  await settled(archive);
  t.throws(() => raw.exec(`DELETE FROM ledger WHERE seq = ${stub.goneTo + 1}`), /append-only/);
  t.throws(() => raw.exec('DELETE FROM ledger_archives'), /stays/);
  t.throws(() => raw.exec('UPDATE ledger_archives SET gone_to = last_seq'), /stays/);
});

// The file was gone after a restore, and the next start deleted the rows that nobody had any more.
t.test('rows go only while the file that has them is there, to the byte', async (t) => {
  const faults: string[] = [];
  const { signed, archive } = await openScene(t, null, (error) =>
    faults.push((error as Error).message),
  );
  signed.clock.nowMs += 5 * yearMs;
  const { stub } = await archive.seal(origin);
  await archive.stop();
  const before = (await count(signed, stub.goneTo)).length;
  const path = join(signed.directory, 'archive', stub.file);
  const bytes = readFileSync(path);
  const again = await reopened(t, signed, faults);
  for (const damage of [
    () => rmSync(path),
    () => writeFileSync(path, Buffer.from(bytes).fill(bytes[900]! ^ 1, 900, 901)),
  ]) {
    damage();
    await again.tick();
    t.equal((await count(signed, stub.goneTo)).length, before);
    t.match(faults.at(-1), /stay in the ledger until it is back/);
  }
  writeFileSync(path, bytes);
  await settled(again);
  t.ok((await count(signed, stub.goneTo)).length < before);
});

// A range that was archived while it was exported came out with a hole, and with an end.
t.test('an export whose rows go from under it breaks off', async (t) => {
  const { signed, archive } = await openScene(t);
  signed.clock.nowMs += 5 * yearMs;
  const lines = signed.exports.lines(await signed.exports.range({ firstSeq: 1 }));
  await lines.next();
  await archive.seal(origin);
  await settled(archive);
  const rest = async () => {
    for await (const page of lines) t.ok(page);
  };
  await t.rejects(rest(), { code: 'conflict', message: /not all there/ });
});

// Asked from a time that is archived, an export silently began later, and a report said that nothing had been.
t.test('a time that is archived is refused, not left out', async (t) => {
  const { signed, archive } = await openScene(t);
  signed.clock.nowMs += 5 * yearMs;
  const { stub } = await archive.seal(origin);
  const toMs = Date.parse(stub.to);
  await t.rejects(signed.exports.range({ fromMs: Date.UTC(2026, 0, 1) }), {
    code: 'conflict',
    pointer: '/from',
  });
  const later = await signed.exports.range({ fromMs: toMs + 1 });
  t.ok(later.firstSeq > stub.lastSeq);
  const { database, names } = signed;
  const reports = createReports({ database, names, rest: async () => undefined, limits });
  const asked = (fromMs: number) =>
    reports.make('access', { fromMs, toMs: fromMs + 30 * dayMs }).then(({ frame }) => frame);
  await t.rejects(asked(toMs - 10 * dayMs), { code: 'field-invalid', pointer: '/from' });
  t.ok(await asked(toMs + 1));
});

// A server whose clock stood at 2010 until somebody set it had its first rows count as old enough at once.
t.test('rows from before the clock was set are as young as the time it was set to', async (t) => {
  const signed = await signedLedger(t);
  const { clock } = signed;
  const someDays = async () => {
    for (let day = 0; day < 4; day += 1) {
      await signed.append(300);
      await signed.checkpoint();
      clock.nowMs += dayMs;
    }
  };
  clock.nowMs = Date.UTC(2010, 0, 1);
  await someDays();
  const before = new Date(clock.nowMs).toISOString();
  clock.nowMs = Date.UTC(2026, 0, 1);
  const after = new Date(clock.nowMs).toISOString();
  // Before anybody looked at the clock again.
  await signed.append(10);
  await signed.database.write((unit) =>
    signed.ledger.append(unit, {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'clock.problem.1', problem: 'jumped', before, after },
    }),
  );
  await someDays();
  const archive = await reopened(t, signed, []);
  for (const at of [Date.UTC(2026, 0, 10), Date.UTC(2032, 11, 31)]) {
    clock.nowMs = at;
    // The first rows are of the fixture's own time, which was ahead of them.
    await t.rejects(archive.seal(origin), {
      code: 'conflict',
      message: /no rows of before|row 1 is not old enough/,
    });
  }
  clock.nowMs = Date.UTC(2033, 1, 1);
  t.match(await archive.seal(origin), { stub: { firstSeq: 1 } });
  await settled(archive);
});

t.test('a stub, a row that stayed or a file that was altered is told', async (t) => {
  const { signed, archive } = await openScene(t);
  signed.clock.nowMs += 5 * yearMs;
  const { stub } = await archive.seal(origin);
  await settled(archive);
  const raw = new BetterSqlite3(join(signed.directory, databaseFileName));
  t.teardown(() => raw.close());
  for (const { name } of raw
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    .all() as { name: string }[])
    raw.exec(`DROP TRIGGER ${name}`);
  const text = raw.prepare('SELECT stub FROM ledger_archives').pluck().get() as string;
  raw.prepare('UPDATE ledger_archives SET stub = ?').run(text.replace(/"bytes":\d/, '"bytes":9'));
  t.match(await verifyLedger(signed.database), { ok: false, firstBadRow: 1 });
  raw.prepare('UPDATE ledger_archives SET stub = ?').run(text);
  t.match(await verifyLedger(signed.database), { ok: true });
  raw.exec(`UPDATE ledger SET body = replace(body, 'success', 'failed') WHERE seq = 2`);
  t.match(await verifyLedger(signed.database), { ok: false, firstBadRow: 2 });

  const path = join(signed.directory, 'archive', stub.file);
  const bytes = readFileSync(path);
  bytes[1_000]! ^= 1;
  writeFileSync(path, bytes);
  await t.rejects(opened(signed, stub.file), /not what was sealed/);
  rmSync(path);
  t.match(await archive.list(), [{ isFileThere: false }]);
});
