import { InvalidArgumentError } from 'commander';
import { durationForm, parseDuration, parseSize, parseTime, sizeForm, timeForm } from './units.ts';

/**
 * Parsers for commander's options: what they throw becomes one line and exit code 2. A word that takes a limit away
 * stays a word until `nullFor`, as commander makes an empty string of null.
 */

export function sizeArgument(text: string): number | 'none' {
  if (text === 'none') return 'none';
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(`Write ${sizeForm}, or none.`);
  return bytes;
}

export function countArgument(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('Write a whole number from 1.');
  return count;
}

export function daysArgument(text: string): number {
  if (!/^\d{1,3}$/.test(text))
    throw new InvalidArgumentError('Write a whole number of days, or 0.');
  return Number(text);
}

/** A time to come, or `never`. */
export function expiryArgument(nowMs: () => number): (text: string) => string {
  return (text) => {
    if (text === 'never') return text;
    const time = parseTime(text, nowMs(), 'ahead');
    if (time === undefined) throw new InvalidArgumentError(`Write ${timeForm} from now, or never.`);
    if (Date.parse(time) <= nowMs()) throw new InvalidArgumentError(`${time} is in the past.`);
    return time;
  };
}

/** @returns milliseconds */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`Write ${durationForm}.`);
  return ms;
}

/** A time gone by. */
export function pastArgument(nowMs: () => number): (text: string) => string {
  return (text) => {
    const time = parseTime(text, nowMs(), 'ago');
    if (time === undefined) throw new InvalidArgumentError(`Write ${timeForm} (before now).`);
    return time;
  };
}

/** A repeatable option whose values are also split at commas. */
export function listArgument(text: string, before: readonly string[] = []): readonly string[] {
  const values = text.split(',').map((value) => value.trim());
  if (values.includes(''))
    throw new InvalidArgumentError('Write one or more values with commas between them.');
  return [...before, ...values];
}

/** One way to log in: the proofs that are all needed. */
export function loginMethodArgument(
  text: string,
  before: readonly (readonly string[])[] = [],
): readonly (readonly string[])[] {
  const proofs = text.split(/[,+]/).map((proof) => proof.trim());
  if (!proofs.every((proof) => ['publickey', 'password', 'totp'].includes(proof))) {
    throw new InvalidArgumentError(
      'Write publickey, password, totp, or some with commas between them.',
    );
  }
  return [...before, proofs];
}

export type PermissionOption =
  readonly { readonly path: string; readonly allow: readonly string[] }[] | 'default';

/** `<path>=<permission>,...`; `default` alone takes the rules of the agency's kind. */
export function permissionArgument(text: string, before?: PermissionOption): PermissionOption {
  if (text === 'default' && before === undefined) return text;
  const at = text.lastIndexOf('=');
  if (at < 1 || before === 'default' || !text.startsWith('/')) {
    throw new InvalidArgumentError("Write a rule such as '/outgoing=list,read', or default alone.");
  }
  const allow = text
    .slice(at + 1)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return [...(before ?? []), { path: text.slice(0, at), allow }];
}

/** Addresses and blocks; `any` alone takes the restriction away. */
export function cidrArgument(text: string, before: readonly string[] = []): readonly string[] {
  return text === 'any' ? [] : listArgument(text, before);
}

/** A path in an agency's tree, however it was typed. */
export function absolutePath(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** The value for the API: null for the word that means no limit. */
export function nullFor<T>(word: string, value: T | undefined): T | null | undefined {
  return value === word ? null : value;
}

export const expiryHelp = `a date, a time with its zone, ${durationForm}, or never`;
