import type { Database, Unit } from '../database/units.ts';
import type { ServerAlgorithmProfile } from '../domain/algorithms.ts';
import type { LedgerEvent, Origin } from '../domain/events.ts';
import type { AgencyKind } from '../domain/identity.ts';
import type { Lockout } from '../domain/limits.ts';
import type { Profile } from '../domain/profiles.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PasswordHashing } from './password-hashing.ts';

/** What the accounts are made of; `compose/accounts.ts` hands them over. */
export type AccountParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly limits: {
    readonly sessionsPerUserDefault: number;
    readonly connectionsMax: number;
    readonly passwordBytesMax: number;
    readonly importAtomicRowsMax: number;
    readonly importBatchRowsMax: number;
    readonly importMsMax: number;
  };
  /** The one of the profile; `baseline` if not given. */
  readonly lockout?: Lockout;
  /** Milliseconds of a clock that is never set; `performance.now` if not given. */
  readonly steadyNow?: () => number;
  /** `baseline` if not given. */
  readonly profile?: Profile;
  readonly passwordHashing: PasswordHashing;
  /** Of the secrets of one-time codes, under the master key. */
  readonly sealing: {
    seal(secret: Uint8Array, purpose: string): Uint8Array;
    open(sealed: Uint8Array, purpose: string): Uint8Array;
  };
  /** What the server offers; `modern` if not given. */
  readonly algorithms?: ServerAlgorithmProfile;
  /** Cryptographic random bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Whether an agency's tree holds nothing but its fixed directories. */
  readonly agencyIsEmpty: (unit: Unit, agencyId: string) => Promise<boolean>;
  /** Gives up what a user has left unfinished. @returns what to do once that is committed: then its bytes may go */
  readonly giveUpUploads: (unit: Unit, userId: string, origin: Origin) => Promise<() => void>;
  /** Makes an agency's tree and key; its row is there already. */
  readonly provisionAgency: (unit: Unit, agency: NewAgencyTree) => Promise<void>;
};

export type NewAgencyTree = {
  readonly id: string;
  readonly code: string;
  readonly kind: AgencyKind;
  readonly rootEntryId: string;
};

/** A page of a list in the order of its key; `next` goes into the next call's `after`. */
export type Page<T, Next = string> = { readonly items: readonly T[]; readonly next: Next | null };

/** Where a page of a sorted list ended: what it is sorted by, and the unique name or id that orders equals. */
export type Place = readonly [value: string | number, tie: string];

export const pageItemsMax = 500;

/** `rows` was asked for one more than the page holds, to learn whether there is a next one. */
export function pageOf<T, Next = string>(
  rows: readonly T[],
  limit: number,
  keyOf: (item: T) => Next,
): Page<T, Next> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? keyOf(last) : null };
}

/** @returns how many items a page may have, whatever was asked for */
export function pageLimit(limit: number): number {
  return Math.max(1, Math.min(Math.trunc(limit), pageItemsMax));
}

/** 128 random bits, 32 hex digits. */
export function newId(parts: Pick<AccountParts, 'randomBytes'>): string {
  return Buffer.from(parts.randomBytes(16)).toString('hex');
}

/** Appends the event of a change that is being made in the same unit. */
export async function recordChange(
  { ledger }: Pick<AccountParts, 'ledger'>,
  unit: Unit,
  origin: Origin,
  event: LedgerEvent,
): Promise<void> {
  await ledger.append(unit, { origin, outcome: 'success', reason: null, event });
}

/** The fields that a change really changes, as they were and as they are; undefined if there are none. */
export function differences<T extends object>(
  before: T,
  after: T,
): { readonly before: Partial<T>; readonly after: Partial<T> } | undefined {
  const names = (Object.keys(after) as (keyof T)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (names.length === 0) return undefined;
  const pick = (from: T): Partial<T> =>
    Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<T>;
  return { before: pick(before), after: pick(after) };
}
