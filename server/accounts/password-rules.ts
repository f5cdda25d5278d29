import { Fault } from '../domain/faults.ts';

/** NIST SP 800-63B-4 section 3.1.1.2 for a password that may be the only proof; no rules of composition. */
export const passwordCharactersMin = 15;
const distinctCharactersMin = 5;

/** Words that guessers try first; a password of these and a few other characters is refused. */
const commonWords = [
  'password', 'passwort', 'passw0rd', 'p@ssword', 'p@ssw0rd', 'welcome', 'letmein', 'changeme', 'default', 'temporary',
  'administrator', 'admin', 'secret', 'iloveyou', 'football', 'baseball', 'sunshine', 'princess', 'monkey', 'dragon',
  'qwertyuiop', 'qwerty', 'asdfghjkl', 'zxcvbnm', '1q2w3e4r5t', '1q2w3e4r', '1qaz2wsx', 'abc123', 'trustno1', 'winter',
  'spring', 'summer', 'autumn', 'january', 'february', 'california', 'childsupport', 'child', 'support', 'waybill',
  'server', 'sftp', 'login', 'dcss', 'lcsa', '1234567890', '0123456789', '123456789', '12345678', '123456', '111111',
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
 * Holds a new password against the rules of the baseline profile.
 *
 * @returns the password in the form to be hashed
 * @throws Fault `field-invalid` with pointer `/password`; the reason never repeats the password
 */
export function checkNewPassword(password: string, username: string, bytesMax: number): string {
  if (!isPasswordText(password, bytesMax))
    throw invalid(`a password is text of at most ${bytesMax} bytes`);
  const normal = normalisePassword(password);
  if (Array.from(normal).length < passwordCharactersMin) {
    throw invalid(
      `a password has at least ${passwordCharactersMin} characters; spaces and any script are welcome`,
    );
  }
  const lower = normal.toLowerCase();
  if (lower.includes(username.toLowerCase()))
    throw invalid('the password must not contain the user name');
  if (isCommon(lower))
    throw invalid('the password is too common or too regular; several unrelated words are good');
  return normal;
}

function isCommon(lower: string): boolean {
  if (new Set(lower).size < distinctCharactersMin) return true;
  if (runs.some((run) => isRunOf(lower, run) || isRunOf(lower, Array.from(run).reverse().join(''))))
    return true;
  const rest = commonWords.reduce((text, word) => text.replaceAll(word, ''), lower);
  return rest !== lower && rest.replace(/[^\p{L}]/gu, '').length < charactersBesidesCommonMin;
}

/** `4567890123456...`: the run over and over, from anywhere in it. */
function isRunOf(lower: string, run: string): boolean {
  return run.repeat(Math.ceil(lower.length / run.length) + 1).includes(lower);
}

function invalid(reason: string): Fault {
  return new Fault('field-invalid', reason, { pointer: '/password' });
}
