import type { ProofMethod, WireMethod } from '../domain/authentication.ts';

export const proofMethods: readonly ProofMethod[] = ['publickey', 'password', 'totp'];

/** How proofs may come over the wire: a password either way, as some clients speak only the one and some the other. */
const wireMethodsOf: Readonly<Record<ProofMethod, readonly WireMethod[]>> = {
  publickey: ['publickey'],
  password: ['password', 'keyboard-interactive'],
  totp: ['keyboard-interactive'],
};

export function wireMethods(methods: readonly ProofMethod[]): readonly WireMethod[] {
  return [...new Set(methods.flatMap((method) => wireMethodsOf[method]))];
}

export type Step =
  | { readonly kind: 'complete' }
  /** Good so far; one of these proofs must come next. */
  | { readonly kind: 'partial'; readonly methods: readonly ProofMethod[] }
  /** None of them could. */
  | { readonly kind: 'not-allowed'; readonly methods: readonly [] };

/**
 * Where a login stands after proofs of these methods, in this order. Each way is a list of proofs in the order they
 * must be given.
 */
export function stepAfter(
  ways: readonly (readonly ProofMethod[])[],
  given: readonly ProofMethod[],
): Step {
  const begun = ways.filter((way) => given.every((method, index) => way[index] === method));
  if (given.length > 0 && begun.some((way) => way.length === given.length))
    return { kind: 'complete' };
  const methods = proofMethods.filter((method) =>
    begun.some((way) => way[given.length] === method),
  );
  return methods.length === 0 ? { kind: 'not-allowed', methods: [] } : { kind: 'partial', methods };
}
