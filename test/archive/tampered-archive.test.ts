import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createLedgerArchive } from '../../server/archive/archive.ts';
import { ArchiveFiles } from '../../server/archive/archive-files.ts';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { databaseFileName, openForReading } from '../../server/database/open.ts';
import type { ArchiveStub } from '../../server/ledger/archive-stubs.ts';
import { canonicalJson } from '../../server/ledger/canonical-json.ts';
import { createLedgerExports } from '../../server/ledger/export.ts';
import { verifyLedger, type VerifyOptions } from '../../server/ledger/verify.ts';
import { openEvidenceKey } from '../../server/signing/evidence-key.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';

const dayMs = 24 * 60 * 60_000;
const yearMs = 366 * dayMs;
const origin = { actor: { kind: 'server' }, session: null, source: null } as const;
const keptEvents = "('evidence-key.adopted.1', 'checkpoint-key.announced.1')";

/** A database whose oldest rows are archived, and one of the same ledger as it was before. */
async function archived(t: Test) {
  const signed = await signedLedger(t);
  const { database, ledger, evidenceKey, masterKey, clock, directory } = signed;
  for (let days = 0; days < 8; days += 1) {
    await signed.append(400);
    await signed.checkpoint();
    clock.nowMs += days === 3 ? yearMs : dayMs;
  }
  const before = mkdtempSync(join(directory, 'before-'));
  const file = join(before, databaseFileName);
  const raw = new BetterSqlite3(join(directory, databaseFileName));
  raw.exec(`VACUUM INTO '${file}'`);
  const copied = new BetterSqlite3(file);
  copied.pragma('journal_mode = WAL');
  copied.close();
  clock.nowMs = Date.UTC(2026 + 7, 5, 1);
  const checkpointNow = () => signed.checkpoint();
  const archive = createLedgerArchive({
    database,
    guarded: database,
    ledger,
    files: new ArchiveFiles(join(directory, 'archive'), masterKey),
    key: evidenceKey,
    exports: createLedgerExports({
      database,
      names: null,
      checkpointNow,
      evidenceKeys: async () => [],
    }),
    years: null,
    clock: () => clock.nowMs,
    problem: async () => null,
    erase: async () => undefined,
    version: '0.0.0-test',
    onFault: (error) => t.error(error),
  });
  const { stub } = await archive.seal(origin);
  for (let turn = 0; turn < 50; turn += 1) {
    await archive.tick();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await archive.stop();
  await signed.checkpoint();
  raw.close();
  await database.close();
  return { directory, before, stub, evidenceKey };
}

type Scene = Awaited<ReturnType<typeof archived>>;

async function tampered(
  { directory }: Pick<Scene, 'directory'>,
  tamper: (raw: BetterSqlite3.Database) => void,
  options: VerifyOptions = {},
) {
  const copy = mkdtempSync(join(directory, 'copy-'));
  copyFileSync(join(directory, databaseFileName), join(copy, databaseFileName));
  const raw = new BetterSqlite3(join(copy, databaseFileName));
  raw.pragma('ignore_check_constraints = 1');
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

t.test('what stayed of archived rows, their stub and their tree are looked at', async (t) => {
  // Columns of a row that stayed, the time of a stub, the tree, and a row put where others had been: all was well. A byte
  // of a stub or of such a row ended the walk with an error, and no row was named.
  const scene = await archived(t);
  t.match(await tampered(scene, () => undefined), { ok: true, problem: null });
  const { stub } = scene;
  const kept = stub.kept.at(-1)!.seq;
  const gap = [...Array(stub.goneTo).keys()].find(
    (seq) => seq > 1 && !stub.kept.some((row) => row.seq === seq),
  )!;
  const cases: readonly (readonly [what: string, sql: string, firstBadRow: number])[] = [
    ...['at = at + 1', "outcome = 'refused'", "agency = 'x'", "event = 'login.accepted.1'"].map(
      (change) => [change, `UPDATE ledger SET ${change} WHERE seq = ${kept}`, kept] as const,
    ),
    ['its hash', `UPDATE ledger SET hash = zeroblob(32) WHERE seq = ${kept}`, kept],
    ['its body', `UPDATE ledger SET body = 'x' || substr(body, 2) WHERE seq = ${kept}`, kept],
    ['it is gone', `DELETE FROM ledger WHERE seq = ${kept}`, kept],
    ['the time of the stub', 'UPDATE ledger_archives SET at = 0', 1],
    ['a byte of the stub', "UPDATE ledger_archives SET stub = 'x' || substr(stub, 2)", 1],
    ['no stub at all', "UPDATE ledger_archives SET stub = '{}'", 1],
    [
      'another signature',
      "UPDATE ledger_archives SET signature = replace(signature, 'U1NIU0', 'U1NIU1')",
      1,
    ],
    [
      'a subtree of the rows that are gone',
      'UPDATE ledger_subtrees SET hash = zeroblob(32) WHERE level = 1 AND position = 0',
      1,
    ],
    ['a subtree missing', 'DELETE FROM ledger_subtrees WHERE level = 1 AND position = 1', 257],
    [
      'a row where there is none any more',
      `INSERT INTO ledger (seq, at, event, outcome, reason, actor, agency, session, source, path, body, prev, hash) SELECT ${gap}, at, event, outcome, reason, 'eve', agency, session, source, path, body, prev, hash FROM ledger WHERE seq = ${stub.lastSeq}`,
      gap,
    ],
    [
      'the row that tells of it',
      "UPDATE ledger SET body = '[]' WHERE event = 'ledger.archived.1'",
      1,
    ],
  ];
  for (const [what, sql, firstBadRow] of cases)
    t.match(await tampered(scene, (raw) => raw.exec(sql)), { ok: false, firstBadRow }, what);
});

t.test('rows that are deleted under a stub that somebody forged are missed', async (t) => {
  // Whoever could write to the database took out what he liked of last week, under a key of his own that a row told of.
  const { before, stub, evidenceKey } = await archived(t);
  const scene = { directory: before };
  t.match(await tampered(scene, () => undefined), { ok: true });
  const own = openEvidenceKey(hostKeySigner(generateHostKey()));
  const forged = (change: Partial<ArchiveStub>, key = own) =>
    tampered(scene, (raw) => {
      const text = canonicalJson({ ...stub, ...change });
      raw
        .prepare(
          'INSERT INTO ledger_archives (last_seq, first_seq, gone_to, at, file, bytes, sha256, stub, signature) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          stub.lastSeq,
          stub.goneTo,
          Date.parse(change.archivedAt ?? stub.archivedAt),
          stub.file,
          stub.bytes,
          stub.sha256,
          text,
          key.sign('archive', text),
        );
      raw.exec(
        `DELETE FROM ledger WHERE seq <= ${stub.goneTo} AND event NOT IN ${keptEvents}; DELETE FROM clock_steps WHERE seq <= ${stub.goneTo}`,
      );
    });
  t.match(await forged({}), { ok: false, firstBadRow: 1, problem: /not as it was signed/ });
  // Even one of the server's own counts for nothing as long as no row tells of it, or where the rows are not old enough.
  t.match(await forged({}, evidenceKey), { ok: false, problem: /no row tells of that/ });
  const archivedAt = new Date(Date.parse(stub.to) + yearMs).toISOString();
  t.match(await forged({ archivedAt }, evidenceKey), { ok: false, problem: /not old enough/ });
  const root = '0'.repeat(64);
  t.match(await forged({ root }, evidenceKey), { ok: false, problem: /not of their checkpoint/ });
  const another = 'waybill/00000000000000000000000000000000';
  t.match(await forged({ origin: another }, evidenceKey), { ok: false, firstBadRow: 1 });
});

t.test('rows that are archived while they are walked over are no alarm', async (t) => {
  // The walk was at a row that had just been deleted: "a row is missing".
  const { directory, before, stub } = await archived(t);
  const raw = new BetterSqlite3(join(before, databaseFileName));
  t.teardown(() => raw.close());
  raw.exec(`ATTACH '${join(directory, databaseFileName)}' AS now`);
  for (const { name } of raw
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'trigger'")
    .all() as { name: string }[])
    raw.exec(`DROP TRIGGER main.${name}`);
  const columns =
    'seq, at, event, outcome, reason, actor, agency, session, source, path, body, prev, hash';
  raw.exec(
    `INSERT INTO main.ledger (${columns}) SELECT ${columns} FROM now.ledger WHERE seq > (SELECT max(seq) FROM main.ledger)`,
  );
  raw.exec(
    'INSERT INTO main.checkpoints SELECT * FROM now.checkpoints WHERE size > (SELECT max(size) FROM main.checkpoints)',
  );
  raw.exec(
    'INSERT INTO main.ledger_subtrees SELECT * FROM now.ledger_subtrees WHERE (level, position) NOT IN (SELECT level, position FROM main.ledger_subtrees)',
  );
  const database = openForReading(before, Date.now);
  t.teardown(() => database.close());
  t.match(await verifyLedger(database), { ok: true, problem: null });
  let isArchived = false;
  const result = await verifyLedger(database, {
    onProgress: () => {
      if (isArchived) return;
      isArchived = true;
      raw.exec(
        `BEGIN; INSERT INTO main.ledger_archives SELECT * FROM now.ledger_archives; DELETE FROM main.ledger WHERE seq <= ${stub.goneTo} AND event NOT IN ${keptEvents}; DELETE FROM main.clock_steps WHERE seq <= ${stub.goneTo}; COMMIT`,
      );
    },
  });
  t.ok(isArchived && stub.goneTo > 500);
  t.match(result, { ok: true, problem: null });
});
