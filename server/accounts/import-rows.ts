import { Fault, faultTexts, refusalOf } from '../domain/faults.ts';
import type { FaultCode, Refusal } from '../domain/faults.ts';
import { checkNewKey } from './key-rows.ts';
import type { CheckedKey, NewUserKey } from './key-rows.ts';
import { checkUsername, checkUserSettings } from './user-fields.ts';
import type { UserSettings } from './user-fields.ts';

/** Why a row is refused; pointers are into the row. */
export type RowProblem = {
  readonly code: FaultCode;
  readonly detail: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
};

/** Where the fields of a key stand in its row. */
export type KeyPointers = Readonly<Record<'publicKey' | 'label' | 'expiresAt', string>>;

export type ImportRow = {
  /** As whoever reads the file counts. */
  readonly row: number;
  /** As it stands there, good or not. */
  readonly username: string;
  /** What is absent is not compared with what is there, and has its default in what is made. */
  readonly agency?: string;
  readonly settings: Partial<Omit<UserSettings, 'status' | 'permissions'>>;
  readonly keys: readonly (NewUserKey & { readonly at: KeyPointers })[];
};

/** A row that could not even be read. */
export type UnreadRow = Pick<ImportRow, 'row' | 'username'> & { readonly problem: RowProblem };

export type RowOutcome = {
  readonly row: number;
  readonly username: string;
  readonly outcome: 'created' | 'unchanged' | 'refused';
  readonly keysAdded: number;
  readonly problem: RowProblem | null;
};

/** A row whose every field is one that a user may have. */
export type CheckedRow = Pick<ImportRow, 'row' | 'username' | 'agency'> & {
  readonly settings: Partial<UserSettings>;
  readonly keys: readonly GivenKey[];
};

/** A key, and what the row itself says of it: the rest comes from the key or is a default. */
export type GivenKey = CheckedKey & {
  readonly given: Pick<NewUserKey, 'label' | 'expiresAtMs'>;
  readonly at: KeyPointers;
};

export function refusedRow(
  { row, username }: Pick<ImportRow, 'row' | 'username'>,
  problem: RowProblem,
): RowOutcome {
  return { row, username, outcome: 'refused', keysAdded: 0, problem };
}

/** Every field is looked at, so that a file is corrected in one go. */
export function checkRow(row: ImportRow, sessionsMax: number): CheckedRow | RowOutcome {
  const refusals: Refusal[] = [];
  const attempt = <T>(check: () => T, pointerOf = (pointer: string) => pointer): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const refusal = refusalOf(error);
      refusals.push({ ...refusal, pointer: pointerOf(refusal.pointer ?? '') });
      return undefined;
    }
  };
  attempt(() => checkUsername(row.username));
  const settings: Partial<UserSettings>[] = Object.entries(row.settings).map(
    ([name, value]) => attempt(() => checkUserSettings({ [name]: value }, sessionsMax)) ?? {},
  );
  const keys = row.keys.map(({ at, ...key }) => {
    const checked = attempt(
      () => checkNewKey(key),
      (pointer) => at[pointer.slice(1) as keyof KeyPointers] ?? pointer,
    );
    return checked === undefined ? undefined : { ...checked, given: key, at };
  });
  if (refusals.length > 0) return refusedRow(row, problemOf(refusals));
  const { row: number, username, agency } = row;
  return {
    row: number,
    username,
    ...(agency !== undefined && { agency }),
    settings: Object.assign({}, ...settings) as Partial<UserSettings>,
    keys: keys.filter((key) => key !== undefined),
  };
}

/** Several refusals of one row as one problem, with the code of the first. */
export function problemOf(refusals: readonly Refusal[]): RowProblem {
  const [first = { code: 'internal' as const, reason: faultTexts.internal }] = refusals;
  return {
    code: first.code,
    detail: refusals.length === 1 ? first.reason : faultTexts[first.code],
    errors: refusals.flatMap(({ pointer, reason }) =>
      pointer === undefined || pointer === '' ? [] : [{ pointer, detail: reason }],
    ),
  };
}
