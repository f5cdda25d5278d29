import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';

/** RFC 9106 Argon2id with OWASP's first choice of cost: 19 MiB, two passes, one lane (about 40 ms). */
const parameters = {
  type: argon2.argon2id,
  memoryCost: 19 * 1024,
  timeCost: 2,
  parallelism: 1,
  hashLength: 32,
} as const;

/** Argon2id with bounded work: `runningMax` hashes at a time, `queuedMax` waiting, and no more. */
export type PasswordHashing = {
  /** @returns a PHC string with a fresh salt. @throws Fault `hashing-busy` */
  hash(password: string): Promise<string>;
  /**
   * Costs the same whether there is a hash or not: without one the password is held against a decoy and never fits.
   *
   * @throws Fault `hashing-busy`
   */
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Hashes that are being made, and that wait. */
  load(): { readonly running: number; readonly waiting: number };
};

/** Makes the decoy, so it takes one hash of time. Without a `runningMax` the limit per core holds. */
export async function createPasswordHashing(options: {
  readonly queuedMax: number;
  readonly runningMax?: number;
}): Promise<PasswordHashing> {
  const runningMax = options.runningMax ?? limits.passwordHashesPerCoreMax * availableParallelism();
  const bounded = createQueue(runningMax, options.queuedMax);
  const decoy = await argon2.hash(randomBytes(32), parameters);
  return {
    load: bounded.load,
    hash: (password) => bounded.run(() => argon2.hash(password, parameters)),
    verify: async (hash, password) => {
      const fits = await bounded.run(() => argon2.verify(hash ?? decoy, password));
      return hash !== null && fits;
    },
  };
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
