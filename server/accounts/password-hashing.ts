import { createHmac, randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import { fitsPbkdf2, hashByPbkdf2, isOutdatedPbkdf2, isPbkdf2 } from './pbkdf2.ts';

/** RFC 9106 Argon2id with OWASP's first choice of cost: 19 MiB, two passes, one lane (about 40 ms). */
const parameters = {
  type: argon2.argon2id,
  memoryCost: 19 * 1024,
  timeCost: 2,
  parallelism: 1,
  hashLength: 32,
} as const;

/** `pbkdf2` where only validated algorithms may make new hashes. Those that are there are verified as they were made. */
export type PasswordScheme = 'argon2id' | 'pbkdf2';

/** Hashing with bounded work: `runningMax` hashes at a time, `queuedMax` waiting, and no more. */
export type PasswordHashing = {
  /** @returns a PHC string with a fresh salt. @throws Fault `hashing-busy` */
  hash(password: string): Promise<string>;
  /**
   * Costs the same whether there is a hash or not: without one the password is held against a decoy and never fits.
   *
   * @throws Fault `hashing-busy`
   */
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether a hash was made otherwise than new ones are: at a lower cost, in another way, or without the pepper. */
  isOutdated(hash: string): boolean;
  /** Hashes that are being made, and that wait. */
  load(): { readonly running: number; readonly waiting: number };
};

/** Makes the decoy, so it takes one hash of time. Without a `runningMax` the limit per core holds. */
export async function createPasswordHashing(options: {
  readonly queuedMax: number;
  readonly runningMax?: number;
  /** `argon2id` if not given. */
  readonly scheme?: PasswordScheme;
  /**
   * A key that lies elsewhere than the hashes, so that who has these alone can guess nothing (SP 800-63B-4 section
   * 3.1.1.2). Hashes of before it are verified as they were made.
   */
  readonly pepper?: Uint8Array;
}): Promise<PasswordHashing> {
  const runningMax = options.runningMax ?? limits.passwordHashesPerCoreMax * availableParallelism();
  const bounded = createQueue(runningMax, options.queuedMax);
  const { pepper, scheme } = options;
  const makePlain = (password: string) =>
    scheme === 'pbkdf2' ? hashByPbkdf2(password) : argon2.hash(password, parameters);
  const make = async (password: string) =>
    pepper === undefined
      ? makePlain(password)
      : `${pepperMark}${await makePlain(peppered(pepper, password))}`;
  const fitsPlain = (hash: string, password: string) =>
    isPbkdf2(hash) ? fitsPbkdf2(hash, password) : argon2.verify(hash, password);
  const fits = async (hash: string, password: string) => {
    if (!hash.startsWith(pepperMark)) return fitsPlain(hash, password);
    if (pepper === undefined) throw new Error('a password hash needs the pepper');
    return fitsPlain(hash.slice(pepperMark.length), peppered(pepper, password));
  };
  const decoy = await make(randomBytes(32).toString('base64'));
  return {
    load: bounded.load,
    isOutdated: (hash) => {
      const isPeppered = hash.startsWith(pepperMark);
      if (isPeppered !== (pepper !== undefined)) return true;
      const plain = isPeppered ? hash.slice(pepperMark.length) : hash;
      if (isPbkdf2(plain) !== (scheme === 'pbkdf2')) return true;
      return isPbkdf2(plain) ? isOutdatedPbkdf2(plain) : argon2.needsRehash(plain, parameters);
    },
    hash: (password) => bounded.run(() => make(password)),
    verify: async (hash, password) => {
      const isRight = await bounded.run(() => fits(hash ?? decoy, password));
      return hash !== null && isRight;
    },
  };
}

const pepperMark = '$hmac-sha256';

function peppered(pepper: Uint8Array, password: string): string {
  return createHmac('sha256', pepper).update(password).digest('base64');
}

function createQueue(
  runningMax: number,
  queuedMax: number,
): Pick<PasswordHashing, 'load'> & { run<T>(work: () => Promise<T>): Promise<T> } {
  let running = 0;
  const waiting: (() => void)[] = [];
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < runningMax) running += 1;
    else if (waiting.length < queuedMax)
      await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new Fault('hashing-busy');
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // A place is handed over, not freed, so that nobody slips in between.
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return { run, load: () => ({ running, waiting: waiting.length }) };
}
