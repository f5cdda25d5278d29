import { Fault, refusalOf } from '../domain/faults.ts';
import type { Refusal } from '../domain/faults.ts';
import { problemOf, refusedRow } from './import-rows.ts';
import type { CheckedRow, GivenKey, RowOutcome } from './import-rows.ts';
import { keysPerUserMax } from './key-rows.ts';
import { differences } from './parts.ts';
import type { UserSettings } from './user-fields.ts';

/** What is known of a user name before a row of it: what is stored, and what earlier rows of the file make of that. */
export type Known =
  | { readonly kind: 'new' }
  | { readonly kind: 'removed' }
  | {
      readonly kind: 'there';
      /** Undefined for one that an earlier row of the same unit is to make. */
      readonly id?: string;
      readonly agency: string;
      readonly settings: object;
      readonly keys: readonly KnownKey[];
    };

export type KnownKey = {
  readonly fingerprint: string;
  readonly label: string;
  readonly expiresAtMs: number | null;
};

/** What one row comes to. */
export type Plan = {
  readonly outcome: RowOutcome;
  /** Settings of the user to make; undefined where there is none to make. */
  readonly creates?: UserSettings;
  readonly keys: readonly GivenKey[];
  /** What the next row of the same name meets. */
  readonly after: Known;
};

export type PlanParts = {
  readonly withDefaults: (settings: Partial<UserSettings>) => UserSettings;
  /** Whether there is an agency of that code. */
  readonly agencyExists: (code: string) => boolean;
  /** The one agency that the caller may touch; null is all. */
  readonly boundTo: string | null;
  /** The name of the user who has the key of that fingerprint. */
  readonly holderOf: (fingerprint: string) => string | undefined;
};

/** Pure, so that a dry run tells just what would happen. */
export function planRow(parts: PlanParts, row: CheckedRow, known: Known): Plan {
  try {
    return known.kind === 'there' ? planOld(parts, row, known) : planNew(parts, row, known);
  } catch (error) {
    const refusals = error instanceof RowRefused ? error.refusals : [refusalOf(error)];
    return { outcome: refusedRow(row, problemOf(refusals)), keys: [], after: known };
  }
}

class RowRefused extends Error {
  override readonly name = 'RowRefused';
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    super('refused');
    this.refusals = refusals;
  }
}

function planNew(
  { withDefaults, agencyExists, boundTo, holderOf }: PlanParts,
  row: CheckedRow,
  { kind }: Known,
): Plan {
  const { agency, settings } = row;
  const refusals: Refusal[] = [];
  if (kind === 'removed') throw new Fault('name-used', undefined, { pointer: '/username' });
  if (agency !== undefined && boundTo !== null && agency !== boundTo)
    throw new Fault('agency-not-allowed', undefined, { pointer: '/agency' });
  if (agency === undefined || !agencyExists(agency))
    refusals.push(fieldMissing('/agency', 'the code of an agency that exists'));
  if (settings.displayName === undefined)
    refusals.push(fieldMissing('/displayName', 'is needed for a new user'));
  if (refusals.length > 0 || agency === undefined) throw new RowRefused(refusals);
  const creates = withDefaults(settings);
  const { added, keys } = planKeys(row, [], holderOf);
  return {
    outcome: outcomeOf(row, 'created', added.length),
    creates,
    keys: added,
    after: { kind: 'there', agency, settings: creates, keys },
  };
}

function planOld(
  { boundTo, holderOf }: PlanParts,
  row: CheckedRow,
  known: Extract<Known, { kind: 'there' }>,
): Plan {
  if (boundTo !== null && known.agency !== boundTo)
    throw new Fault('agency-not-allowed', undefined, { pointer: '/username' });
  const { agency = known.agency, settings } = row;
  const changed = differences(
    { ...known.settings, agency: known.agency },
    { ...known.settings, ...settings, agency },
  );
  if (changed !== undefined)
    throw new RowRefused(
      Object.keys(changed.after).map((name) => ({
        code: 'conflict',
        reason: 'the user is there with another one; an import changes nobody',
        pointer: `/${name === 'expiresAtMs' ? 'expiresAt' : name}`,
      })),
    );
  const { added, keys } = planKeys(row, known.keys, holderOf);
  return {
    outcome: outcomeOf(row, added.length > 0 ? 'created' : 'unchanged', added.length),
    keys: added,
    after: { ...known, keys },
  };
}

/** @throws Fault `conflict` */
function planKeys(
  { username, keys: wanted }: CheckedRow,
  there: readonly KnownKey[],
  holderOf: PlanParts['holderOf'],
): { readonly added: readonly GivenKey[]; readonly keys: readonly KnownKey[] } {
  const added: GivenKey[] = [];
  const keys = [...there];
  for (const each of wanted) {
    const { fingerprint } = each.key;
    const same = keys.find((key) => key.fingerprint === fingerprint);
    if (same !== undefined) {
      assertSame(each, same);
      continue;
    }
    if ((holderOf(fingerprint) ?? username) !== username)
      throw new Fault('conflict', 'another user has this key', { pointer: each.at.publicKey });
    if (keys.length >= keysPerUserMax)
      throw new Fault('conflict', `a user has at most ${keysPerUserMax} keys`, {
        pointer: each.at.publicKey,
      });
    added.push(each);
    keys.push({ fingerprint, label: each.label, expiresAtMs: each.expiresAtMs });
  }
  return { added, keys };
}

function assertSame({ given, label, expiresAtMs, at }: GivenKey, there: KnownKey): void {
  const differs = (pointer: string) =>
    new Fault('conflict', 'the user has this key with another one', { pointer });
  if (given.label !== undefined && label !== there.label) throw differs(at.label);
  if (given.expiresAtMs !== undefined && expiresAtMs !== there.expiresAtMs)
    throw differs(at.expiresAt);
}

function fieldMissing(pointer: string, reason: string): Refusal {
  return { code: 'field-invalid', reason, pointer };
}

function outcomeOf(
  { row, username }: CheckedRow,
  outcome: 'created' | 'unchanged',
  keysAdded: number,
): RowOutcome {
  return { row, username, outcome, keysAdded, problem: null };
}
