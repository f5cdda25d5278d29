import { createHash } from 'node:crypto';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Database, Reader } from '../database/units.ts';
import { stubIn, type ArchiveStub } from './archive-stubs.ts';
import { problemOfGoneRows, problemOfGoneTree } from './archive-rest.ts';
import { checkpointUpTo } from './checkpoints.ts';
import { KeyHistory } from './key-history.ts';
import { problemOfRow, toldIn } from './row-check.ts';
import { badRow, type Finding } from './verify-walk.ts';

/** Rows are archived when they are as old as the schedules ask for at the least, and never before. */
const yearsMin = 7;

const stubAfter = prepare((query, { after }: { readonly after: number }) =>
  query
    .selectFrom('ledger_archives')
    .selectAll()
    .where('last_seq', '>', after)
    .orderBy('last_seq')
    .limit(1),
);

const toldRows = prepare((query) =>
  query.selectFrom('ledger').select('body').where('event', '=', 'ledger.archived.1').orderBy('seq'),
);

const rowAt = prepare((query, { seq }: { readonly seq: number }) =>
  query.selectFrom('ledger').select('hash').where('seq', '=', seq),
);

/**
 * What is wrong with the stubs of the archives, with what stayed of their rows, or with their part of the tree. A stub is
 * signed by the key of its own time, which a row behind it may have told of: those are walked over after this.
 */
export async function problemOfArchives(
  database: Pick<Database, 'read'>,
  origin: string,
): Promise<Finding | null> {
  const { stubs, finding } = await goodStubs(database, origin);
  if (finding !== null) return finding;
  const last = stubs.at(-1);
  if (last === undefined) return null;
  const kept = new Set<number>();
  for (const { seq, hash } of stubs.flatMap((stub) => stub.kept)) {
    kept.add(seq);
    const problem = await database.read((reader) => problemOfKept(reader, seq, hash));
    if (problem !== null) return badRow(seq, `${problem}; it stayed of those that are archived`);
  }
  return (
    (await problemOfGoneRows(database, last, kept)) ?? (await problemOfGoneTree(database, last))
  );
}

async function goodStubs(
  database: Pick<Database, 'read'>,
  origin: string,
): Promise<{ readonly stubs: readonly ArchiveStub[]; readonly finding: Finding | null }> {
  const keys = await database.read(evidenceKeys);
  const told = await database.read(toldStubs);
  const newest = await database.read(newestTo);
  const stubs: ArchiveStub[] = [];
  for (let after = 0; ;) {
    const from = after;
    const row = await database.read((reader) => stubAfter.first(reader, { after: from }));
    if (row === undefined) return { stubs, finding: null };
    const stub = stubIn(row.stub);
    const bad = (why: string) => {
      const rows = `rows ${from + 1} to ${row.last_seq}`;
      return { stubs, finding: badRow(from + 1, `${rows} are archived; ${why}`) };
    };
    if (stub === undefined || !agrees(row, stub, after) || stub.origin !== origin)
      return bad('their stub is not as it was signed');
    if (!keys.isEvidence('waybill-archive', row.stub, row.signature))
      return bad('their stub is not as it was signed');
    if (!isOldEnough(stub)) return bad('they were not old enough for that');
    const checkpoint = await database.read((reader) => checkpointUpTo(reader, stub.lastSeq));
    if (checkpoint?.size !== stub.lastSeq || checkpoint.root.toString('hex') !== stub.root)
      return bad('their stub is not of their checkpoint');
    // The row that tells of an archive goes with a later one.
    const isTold = told.has(createHash('sha256').update(row.stub).digest('hex'));
    if (!isTold && !(Date.parse(stub.archivedAt) <= newest)) return bad('no row tells of that');
    stubs.push(stub);
    after = row.last_seq;
  }
}

async function evidenceKeys({ query }: Reader): Promise<KeyHistory> {
  const keys = new KeyHistory();
  const rows = await query
    .selectFrom('ledger')
    .select(['seq', 'body'])
    .where('event', '=', 'evidence-key.adopted.1')
    .orderBy('seq')
    .execute();
  for (const { seq, body } of rows) keys.heed(seq, 'evidence-key.adopted.1', toldIn(body) ?? {});
  return keys;
}

/** SHA-256 of the stubs that rows tell of, hex. */
async function toldStubs(reader: Reader): Promise<ReadonlySet<unknown>> {
  const rows = await toldRows.all(reader, {});
  return new Set(rows.map(({ body }) => toldIn(body)?.['stub']));
}

/** When the last row was written that is archived; NaN for none. */
async function newestTo({ query }: Reader): Promise<number> {
  const row = await query
    .selectFrom('ledger_archives')
    .select('stub')
    .orderBy('last_seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return Date.parse(String((row && stubIn(row.stub))?.to));
}

function agrees(row: Row<'ledger_archives'>, stub: ArchiveStub, after: number): boolean {
  return (
    stub.firstSeq === after + 1 &&
    stub.firstSeq === row.first_seq &&
    stub.lastSeq === row.last_seq &&
    stub.goneTo === row.gone_to &&
    stub.goneTo <= stub.lastSeq &&
    stub.file === row.file &&
    stub.bytes === row.bytes &&
    stub.sha256 === row.sha256 &&
    Date.parse(stub.archivedAt) === row.at
  );
}

function isOldEnough({ to, archivedAt }: ArchiveStub): boolean {
  const date = new Date(archivedAt);
  date.setUTCFullYear(date.getUTCFullYear() - yearsMin);
  return Date.parse(to) <= date.getTime();
}

async function problemOfKept(reader: Reader, seq: number, hash: string): Promise<string | null> {
  const row = await rowAt.first(reader, { seq });
  if (row === undefined) return 'the row is missing';
  if (Buffer.from(row.hash).toString('hex') !== hash) return 'the row was altered';
  return problemOfRow(reader, seq);
}
