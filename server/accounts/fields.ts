import { Fault } from '../domain/faults.ts';

export const shownNameCharactersMax = 200;

/** @returns the fault of one field; `reason` says what is accepted */
export function fieldInvalid(pointer: string, reason: string): Fault {
  return new Fault('field-invalid', reason, { pointer });
}

/**
 * A name for people: agency name, display name, key label.
 *
 * @returns it in NFC, without space around it
 */
export function checkShownName(value: unknown, pointer: string, charactersMin: 0 | 1 = 1): string {
  const text = typeof value === 'string' ? value.normalize('NFC').trim() : undefined;
  const length = text === undefined ? -1 : Array.from(text).length;
  if (
    text === undefined ||
    length < charactersMin ||
    length > shownNameCharactersMax ||
    /[\p{C}\p{Zl}\p{Zp}]/u.test(text)
  ) {
    throw fieldInvalid(
      pointer,
      `text of ${charactersMin} to ${shownNameCharactersMax} characters on one line`,
    );
  }
  return text;
}

/** The last millisecond that a four-digit year has. */
const timeMsMax = Date.UTC(10_000, 0) - 1;

/** A time in milliseconds since the epoch, or null for never. */
export function checkExpiry(value: unknown, pointer = '/expiresAt'): number | null {
  if (value === null) return null;
  if (!isIntegerBetween(value, 0, timeMsMax))
    throw fieldInvalid(pointer, 'a time such as 2030-01-31T00:00:00Z, or null');
  return value;
}

export function isIntegerBetween(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
