import { Fault } from '../domain/faults.ts';

const at = { pointer: '/publicKey' };

/** A key of a kind or form that is not taken; the reason says what is. */
export function invalidKey(reason: string, cause?: unknown): Fault {
  return new Fault('field-invalid', reason, { ...at, cause });
}

export function damagedKey(reason: string, cause?: unknown): Fault {
  return invalidKey(`the public key is damaged: ${reason}`, cause);
}

export function weakKey(reason: string): Fault {
  return new Fault('key-weak', reason, at);
}

export function privateKey(reason: string): Fault {
  return new Fault('key-private', reason, at);
}
