import { Fault } from '../domain/faults.ts';
import { isCommonPassword } from './common-passwords.ts';
import type { PasswordPolicy } from './password-policies.ts';

const distinctCharactersMin = 5;

/**
 * What somebody thinks of who makes up a password for this server, or for somebody else; a password of these and a few
 * other characters is refused. A long one stands before a short one that is a part of it.
 */
const wordsHere = [
  'password', 'passwort', 'welcome', 'letmein', 'changeme', 'default', 'temporary', 'administrator', 'admin', 'secret',
  'login', 'winter', 'spring', 'summer', 'autumn', 'january', 'february', 'march', 'april', 'june', 'july', 'august',
  'september', 'october', 'november', 'december', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday',
  'sunday', 'waybill', 'sftp', 'server', 'backup', 'service', 'system', 'transfer', 'exchange', 'childsupport', 'child',
  'support', 'dcss', 'lcsa', 'california', 'sacramento', 'county', 'agency', 'security', 'private', 'access', 'manager',
] as const; // prettier-ignore
const charactersBesidesCommonMin = 5;

const runs = [
  '0123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertyuiopasdfghjklzxcvbnm',
  'asdfghjkl',
  'zxcvbnm',
];

/** What Publication 1075 counts; letters of a script without capitals are neither of the first two. */
const classes = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u];

/** One spelling for what looks the same, so that a password typed on another system still fits (SP 800-63B-4 3.1.1.2). */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/** Whether a password may be hashed at all: well-formed text within the limit. */
export function isPasswordText(password: unknown, bytesMax: number): password is string {
  return (
    typeof password === 'string' &&
    password.length <= bytesMax &&
    !/\p{Surrogate}/u.test(password) &&
    Buffer.byteLength(normalisePassword(password)) <= bytesMax
  );
}

/**
 * Holds a new password against the rules of a profile.
 *
 * @param rules the words that are no secret to whoever knows the user, and what the profile asks for
 * @returns the password in the form to be hashed
 * @throws Fault `field-invalid` with pointer `/password`; the reason never repeats the password
 */
export function checkNewPassword(
  password: string,
  username: string,
  bytesMax: number,
  { words, policy }: { readonly words: readonly string[]; readonly policy: PasswordPolicy },
): string {
  if (!isPasswordText(password, bytesMax))
    throw invalid(`a password is text of at most ${bytesMax} bytes`);
  const normal = normalisePassword(password);
  if (Array.from(normal).length < policy.charactersMin) {
    throw invalid(
      `a password has at least ${policy.charactersMin} characters; spaces and any script are welcome`,
    );
  }
  if (classes.filter((one) => one.test(normal)).length < policy.classesMin)
    throw invalid('a password has small letters, capitals, digits and other characters');
  const lower = normal.toLowerCase();
  if (lower.includes(username.toLowerCase()))
    throw invalid('the password must not contain the user name');
  if (isMostly(lower, wordsIn(words)))
    throw invalid('the password is little more than the name of the user or the agency');
  if (isCommon(lower))
    throw invalid('the password is too common or too regular; several unrelated words are good');
  return normal;
}

function isCommon(lower: string): boolean {
  if (new Set(lower).size < distinctCharactersMin) return true;
  if (runs.some((run) => isRunOf(lower, run) || isRunOf(lower, Array.from(run).reverse().join(''))))
    return true;
  return isMostly(lower, wordsHere) || isCommonPassword(lower);
}

/** Whether it is made of such words but for a few letters. */
function isMostly(lower: string, words: readonly string[]): boolean {
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), lower);
  return rest !== lower && rest.replace(/[^\p{L}]/gu, '').length < charactersBesidesCommonMin;
}

/** Long ones first, as a short one may be a part of them. Shorter ones stand in many a good password. */
function wordsIn(names: readonly string[]): readonly string[] {
  return names
    .flatMap((name) => name.toLowerCase().split(/[^\p{L}\p{N}]/u))
    .filter((word) => word.length >= 4)
    .toSorted((one, other) => other.length - one.length);
}

/** `4567890123456...`: the run over and over, from anywhere in it. */
function isRunOf(lower: string, run: string): boolean {
  return run.repeat(lower.length).includes(lower);
}

function invalid(reason: string): Fault {
  return new Fault('field-invalid', reason, { pointer: '/password' });
}
