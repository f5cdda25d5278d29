import { setImmediate as turn } from 'node:timers/promises';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { planRow } from './import-plan.ts';
import type { Known, Plan } from './import-plan.ts';
import { checkRow, problemOf, refusedRow } from './import-rows.ts';
import type { CheckedRow, GivenKey, ImportRow, RowOutcome, UnreadRow } from './import-rows.ts';
import { holdersOf, insertKey } from './key-rows.ts';
import { recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { insertUser, withDefaults } from './users.ts';
import { selectUsers, settingsOf, userOf } from './user-rows.ts';

export type UserImportOptions = {
  /** Changes nothing, and says what would be changed. */
  readonly dryRun: boolean;
  /** All rows or none. */
  readonly atomic: boolean;
  /** The one agency whose users may be made; null is any. */
  readonly boundTo: string | null;
  /** Of the file, hex, for the ledger. */
  readonly sha256: string;
};

export type UserImportReport = {
  /** False for a dry run, and for an atomic one with a row that is refused: then outcomes are what would have been. */
  readonly applied: boolean;
  /** One for each row, in their order. */
  readonly outcomes: readonly RowOutcome[];
};

export type UserImport = {
  /**
   * Makes the users and keys that are not there yet. Nobody who is there is changed, so the same rows again do nothing.
   * One at a time, in short units, so that transfers hardly notice.
   *
   * @throws Fault `unavailable` while another is under way, `field-invalid` for an atomic one that is too long
   */
  importUsers(
    origin: Origin,
    rows: readonly (ImportRow | UnreadRow)[],
    options: UserImportOptions,
  ): Promise<UserImportReport>;
};

/** How long rows are checked before others get their turn. */
const checkMsMax = 5;

export function createUserImport(parts: AccountParts): UserImport {
  let underWay = false;
  return {
    importUsers: async (origin, rows, options) => {
      if (underWay) throw new Fault('unavailable', 'another import is under way');
      underWay = true;
      try {
        return await importUsers(parts, origin, rows, options);
      } finally {
        underWay = false;
      }
    },
  };
}

async function importUsers(
  parts: AccountParts,
  origin: Origin,
  rows: readonly (ImportRow | UnreadRow)[],
  options: UserImportOptions,
): Promise<UserImportReport> {
  const { importAtomicRowsMax, importMsMax } = parts.limits;
  if (options.atomic && rows.length > importAtomicRowsMax)
    throw new Fault(
      'field-invalid',
      `at most ${importAtomicRowsMax} rows are taken all or none; send them without it`,
      { pointer: '/atomic' },
    );
  const endsMs = performance.now() + importMsMax;
  const checked = await checkRows(parts, rows, endsMs);
  const report = options.atomic
    ? await importTogether(parts, origin, checked, options)
    : await importInBatches(parts, origin, checked, { ...options, endsMs });
  if (report.applied && !options.atomic)
    // The last unit is the one that says it is done (database/guards.ts): who hears nothing of an import that broke off
    // sends the file again.
    await parts.database.write((unit) => recordImport(parts, unit, origin, report, options), {
      by: origin,
    });
  return report;
}

async function checkRows(
  { limits }: AccountParts,
  rows: readonly (ImportRow | UnreadRow)[],
  endsMs: number,
): Promise<readonly (CheckedRow | RowOutcome)[]> {
  const checked: (CheckedRow | RowOutcome)[] = [];
  let turnMs = performance.now();
  for (const row of rows) {
    const nowMs = performance.now();
    if ('problem' in row) checked.push(refusedRow(row, row.problem));
    else checked.push(nowMs > endsMs ? notReached(row) : checkRow(row, limits.connectionsMax));
    if (nowMs - turnMs < checkMsMax) continue;
    await turn();
    turnMs = performance.now();
  }
  return checked;
}

/** In one unit, which is undone where a row is refused. */
async function importTogether(
  parts: AccountParts,
  origin: Origin,
  rows: readonly (CheckedRow | RowOutcome)[],
  options: UserImportOptions,
): Promise<UserImportReport> {
  if (options.dryRun) {
    const outcomes = await parts.database.read(async (reader) =>
      (await planRows(parts, reader, rows, options)).map(({ outcome }) => outcome),
    );
    return { applied: false, outcomes };
  }
  return parts.database.write(
    async (unit) => {
      const plans = await planRows(parts, unit, rows, options);
      const outcomes = plans.map(({ outcome }) => outcome);
      if (outcomes.some(({ outcome }) => outcome === 'refused'))
        return { applied: false, outcomes };
      await applyPlans(parts, unit, origin, plans);
      const report = { applied: true, outcomes };
      await recordImport(parts, unit, origin, report, options);
      return report;
    },
    { by: origin },
  );
}

/** A unit for a few rows each, with room for others between them. */
async function importInBatches(
  parts: AccountParts,
  origin: Origin,
  rows: readonly (CheckedRow | RowOutcome)[],
  options: UserImportOptions & { readonly endsMs: number },
): Promise<UserImportReport> {
  const { database, limits } = parts;
  const outcomes: RowOutcome[] = [];
  // What a dry run would have made so far; otherwise it is in the database.
  const supposed = new Map<string, Known>();
  for (let at = 0; at < rows.length; at += limits.importBatchRowsMax) {
    const batch = rows.slice(at, at + limits.importBatchRowsMax);
    if (performance.now() > options.endsMs) {
      outcomes.push(...batch.map((row) => ('outcome' in row ? row : notReached(row))));
      continue;
    }
    const plans = options.dryRun
      ? await database.read((reader) => planRows(parts, reader, batch, options, supposed))
      : await database.write(async (unit) => {
          const plans = await planRows(parts, unit, batch, options);
          await applyPlans(parts, unit, origin, plans);
          return plans;
        });
    for (const { outcome, after } of plans) {
      outcomes.push(outcome);
      if (options.dryRun && after !== undefined) supposed.set(outcome.username, after);
    }
    await turn();
  }
  return { applied: !options.dryRun, outcomes };
}

type RowPlan = Omit<Plan, 'after'> & { readonly after?: Known; readonly agency?: StoredAgency };
type StoredAgency = { readonly id: string; readonly code: string };

/** What each row comes to, after the rows before it. */
async function planRows(
  parts: AccountParts,
  reader: Reader | Unit,
  rows: readonly (CheckedRow | RowOutcome)[],
  { boundTo }: UserImportOptions,
  supposed: ReadonlyMap<string, Known> = new Map(),
): Promise<readonly RowPlan[]> {
  const wanted = rows.flatMap((row) => ('outcome' in row ? [] : [row]));
  const known = new Map([
    ...(await stored(reader, [...new Set(wanted.map(({ username }) => username))])),
    ...supposed,
  ]);
  const agencies = await storedAgencies(reader, wanted);
  const holders = new Map([
    ...(await holdersOf(
      reader,
      wanted.flatMap((row) => row.keys.map(fingerprintOfGiven)),
    )),
    ...[...supposed].flatMap(([username, known]) =>
      known.kind === 'there'
        ? known.keys.map(({ fingerprint }) => [fingerprint, username] as const)
        : [],
    ),
  ]);
  return rows.map((row) => {
    if ('outcome' in row) return { outcome: row, keys: [] };
    const plan = planRow(
      {
        withDefaults: (settings) => withDefaults(parts, settings),
        agencyExists: (code) => agencies.has(code),
        boundTo,
        holderOf: (fingerprint) => holders.get(fingerprint),
      },
      row,
      known.get(row.username) ?? { kind: 'new' },
    );
    known.set(row.username, plan.after);
    for (const key of plan.keys) holders.set(fingerprintOfGiven(key), row.username);
    const code = plan.after.kind === 'there' ? plan.after.agency : '';
    const agency = agencies.get(code);
    return { ...plan, ...(agency !== undefined && { agency }) };
  });
}

async function stored(
  reader: Reader | Unit,
  usernames: readonly string[],
): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>();
  if (usernames.length === 0) return known;
  const users = await selectUsers(reader).where('users.username', 'in', usernames).execute();
  const ids = users.map(({ id }) => id);
  const keys =
    ids.length === 0
      ? []
      : await reader.query
          .selectFrom('user_keys')
          .select(['user_id', 'fingerprint', 'label', 'expires_at as expiresAtMs'])
          .where('user_id', 'in', ids)
          .execute();
  for (const row of users) {
    const user = userOf(row);
    known.set(
      user.username,
      user.status === 'removed'
        ? { kind: 'removed' }
        : {
            kind: 'there',
            id: user.id,
            agency: user.agency,
            settings: settingsOf(user),
            keys: keys.filter((key) => key.user_id === user.id),
          },
    );
  }
  return known;
}

async function storedAgencies(
  { query }: Reader | Unit,
  rows: readonly CheckedRow[],
): Promise<ReadonlyMap<string, StoredAgency>> {
  const codes = [...new Set(rows.flatMap(({ agency }) => agency ?? []))];
  if (codes.length === 0) return new Map();
  const found = await query
    .selectFrom('agencies')
    .select(['id', 'code'])
    .where('code', 'in', codes)
    .where('removed_at', 'is', null)
    .execute();
  return new Map(found.map((agency) => [agency.code, agency]));
}

async function applyPlans(
  parts: AccountParts,
  unit: Unit,
  origin: Origin,
  plans: readonly RowPlan[],
): Promise<void> {
  const ids = new Map<string, string>();
  for (const { outcome, creates: settings, keys, after, agency } of plans) {
    const { username } = outcome;
    if (after?.kind !== 'there') continue;
    if (settings !== undefined && agency !== undefined) {
      const { id } = await insertUser(parts, unit, origin, { username, agency, settings });
      ids.set(username, id);
    }
    const user = { id: after.id ?? ids.get(username) ?? '', username, agency: after.agency };
    // The plan has seen to it that they are new, and not too many.
    for (const wanted of keys) await insertKey(parts, unit, origin, { user, others: [], wanted });
  }
}

async function recordImport(
  parts: AccountParts,
  unit: Unit,
  origin: Origin,
  { outcomes }: UserImportReport,
  { atomic, sha256 }: UserImportOptions,
): Promise<void> {
  const count = (wanted: RowOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  await recordChange(parts, unit, origin, {
    event: 'users.imported.1',
    rows: outcomes.length,
    created: count('created'),
    unchanged: count('unchanged'),
    refused: count('refused'),
    atomic,
    sha256,
  });
}

function notReached(row: Pick<ImportRow, 'row' | 'username'>): RowOutcome {
  const reason = 'the time for one import was over; send the file again';
  return refusedRow(row, problemOf([{ code: 'unavailable', reason }]));
}

function fingerprintOfGiven({ key }: GivenKey): string {
  return key.fingerprint;
}
