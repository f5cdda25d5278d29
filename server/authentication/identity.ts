import type { LoginFacts } from '../accounts/logins.ts';
import { Fault } from '../domain/faults.ts';
import type { Identity, IdentityFacts } from '../domain/identity.ts';
import { stepAfter } from './login-methods.ts';
import { isExpired, methodsOf } from './proofs.ts';
import type { VerifiedProof } from './proofs.ts';
import { assertNotLocked, userRefusal } from './user-gate.ts';

export type Circumstances = {
  readonly sessionId: string;
  /** The address the connection comes from. */
  readonly address: string;
  /** `address:port` */
  readonly source: string;
  readonly client: string;
  readonly nowMs: number;
};

/**
 * The only maker of an `Identity`. It asks everything again of the facts as they are in the unit that accepts the
 * login: between proof and acceptance the user may have been disabled or locked, or the key removed.
 *
 * @throws Fault with the reason of the refusal
 */
export function establishIdentity(
  login: LoginFacts | undefined,
  proofs: readonly VerifiedProof[],
  { sessionId, address, source, client, nowMs }: Circumstances,
): Identity {
  if (login === undefined) throw new Fault('user-unknown');
  const refusal = userRefusal(login, address, nowMs);
  if (refusal !== null) throw new Fault(refusal);
  const expiries = [login.expiresAtMs];
  for (const proof of proofs) {
    assertNotLocked(login, proof.method);
    expiries.push(expiryOf(login, proof, nowMs));
  }
  if (stepAfter(login.loginMethods, methodsOf(proofs)).kind !== 'complete')
    throw new Fault('method-not-allowed');
  const facts: IdentityFacts = {
    sessionId,
    userId: login.userId,
    username: login.username,
    agencyId: login.agencyId,
    agencyCode: login.agencyCode,
    agencyKind: login.agencyKind,
    rules: login.rules,
    quotaBytes: login.quotaBytes,
    expiresAtMs: earliest(expiries),
    proofs: proofs.map(nameOfProof),
    source,
    client,
  };
  return Object.freeze(facts) as Identity;
}

/** The identity of a login whose rights were taken away: it has expired. */
export function withdrawn(identity: Identity): Identity {
  return Object.freeze({ ...identity, expiresAtMs: 0 });
}

/** The identity of a login one of whose keys ends sooner than when it was proven. */
export function endingBy(identity: Identity, expiresAtMs: number): Identity {
  return Object.freeze({
    ...identity,
    expiresAtMs: Math.min(identity.expiresAtMs ?? Infinity, expiresAtMs),
  });
}

function earliest(times: readonly (number | null)[]): number | null {
  const given = times.filter((time) => time !== null);
  return given.length === 0 ? null : Math.min(...given);
}

/** Until when the proof is good. @throws Fault if it is not any more */
function expiryOf(login: LoginFacts, proof: VerifiedProof, nowMs: number): number | null {
  if (proof.method === 'password') {
    if (login.passwordHash !== proof.passwordHash) throw new Fault('password-wrong');
    return null;
  }
  const key = login.keys.find(
    (each) => each.id === proof.keyId && each.fingerprint === proof.fingerprint,
  );
  if (key === undefined) throw new Fault('key-unknown');
  if (isExpired(key, nowMs)) throw new Fault('key-expired');
  return key.expiresAtMs;
}

function nameOfProof(proof: VerifiedProof): string {
  return proof.method === 'password' ? 'password' : `publickey ${proof.fingerprint}`;
}
