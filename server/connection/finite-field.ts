import { createDiffieHellmanGroup } from 'node:crypto';
import type { KeyExchange } from './ssh2-internals.ts';

/** Group 14 (RFC 3526 section 3), the only one that is offered. */
const prime = createDiffieHellmanGroup('modp14').getPrime();

/**
 * Refuses a public value beyond the prime, as RFC 4253 section 8 asks: OpenSSL 3.0 takes the most of them. It refuses 0, 1 and
 * the prime less one by itself.
 */
export function useRange(kex: KeyExchange): void {
  if (kex.type !== 'group') return;
  const computeSecret = kex.computeSecret.bind(kex);
  kex.computeSecret = (theirs) =>
    isBelowPrime(theirs) ? computeSecret(theirs) : new Error('a public value beyond the prime');
}

function isBelowPrime(value: Buffer): boolean {
  const start = value.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Buffer.alloc(0) : value.subarray(start);
  if (digits.length !== prime.length) return digits.length < prime.length;
  return Buffer.compare(digits, prime) < 0;
}
