import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** SP 800-132 with HMAC-SHA-512; OWASP's count for it (about 0.1 s). */
const iterations = 210_000;
const saltBytes = 16;
const keyBytes = 64;
/** A stored count beyond this is no hash of ours, and would hold a thread for minutes. */
const iterationsMax = 10_000_000;

const form = /^\$pbkdf2-sha512\$i=(\d{4,8})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{86})$/;

/** @returns a PHC string with a fresh salt: base64 without padding, as Argon2's are */
export async function hashByPbkdf2(password: string | Buffer): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, iterations, keyBytes, 'sha512');
  return `$pbkdf2-sha512$i=${iterations}$${unpadded(salt)}$${unpadded(key)}`;
}

export function isPbkdf2(hash: string): boolean {
  return hash.startsWith('$pbkdf2-');
}

/** Whether it cost less than one that is made now. */
export function isOutdatedPbkdf2(hash: string): boolean {
  return Number(form.exec(hash)?.[1] ?? 0) < iterations;
}

/** @throws Error for a text that is no hash */
export async function fitsPbkdf2(hash: string, password: string): Promise<boolean> {
  const [, count = '', salt = '', key = ''] = form.exec(hash) ?? [];
  const rounds = Number(count);
  if (rounds === 0 || rounds > iterationsMax) throw new Error('a PBKDF2 hash is malformed');
  const expected = Buffer.from(key, 'base64');
  const found = await derive(
    password,
    Buffer.from(salt, 'base64'),
    rounds,
    expected.length,
    'sha512',
  );
  return timingSafeEqual(found, expected);
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
