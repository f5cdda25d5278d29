import type { CertificateStanding } from '../accounts/certificate-standing.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { ShownCertificate } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Identity, IdentityFacts } from '../domain/identity.ts';
import { stepAfter } from './login-methods.ts';
import { certificateEndMs, certificateRefusal } from './certificate-refusal.ts';
import type { CertifiedLogin } from './certificate-refusal.ts';
import { demandsOf, isCertifiedProof, isExpired, isFactorMissing, methodsOf } from './proofs.ts';
import type { CertifiedProof, VerifiedProof } from './proofs.ts';
import { hardwareRefusal } from './signatures.ts';
import { assertNotLocked, userRefusal } from './user-gate.ts';

export type Circumstances = {
  readonly sessionId: string;
  /** The address the connection comes from. */
  readonly address: string;
  /** `address:port` */
  readonly source: string;
  readonly client: string;
  readonly nowMs: number;
  /** What the agency says of each certificate among the proofs, in their order. */
  readonly standings: readonly CertificateStanding[];
};

/**
 * The only maker of an `Identity`. It asks everything again of the facts as they are in the unit that accepts the
 * login: between proof and acceptance the user may have been disabled or locked, or the key removed.
 *
 * @throws Fault with the reason of the refusal
 */
export function establishIdentity(
  login: LoginFacts,
  proofs: readonly VerifiedProof[],
  { sessionId, address, source, client, nowMs, standings }: Circumstances,
): Identity {
  const refusal = userRefusal(login, address, nowMs);
  if (refusal !== null) throw new Fault(refusal);
  const expiries = [login.expiresAtMs];
  const certified = proofs.filter(isCertifiedProof);
  for (const proof of proofs) {
    assertNotLocked(login, proof.method);
    expiries.push(
      isCertifiedProof(proof)
        ? certifiedUntilMs(login, proof, standings[certified.indexOf(proof)], { address, nowMs })
        : expiryOf(login, proof, nowMs),
    );
  }
  if (stepAfter(login.loginMethods, methodsOf(proofs)).kind !== 'complete')
    throw new Fault('method-not-allowed');
  if (isFactorMissing(login, proofs)) throw new Fault('second-factor-missing');
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
    certificates: certified.map(shownCertificate),
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
function expiryOf(
  login: LoginFacts,
  proof: Exclude<VerifiedProof, CertifiedProof>,
  nowMs: number,
): number | null {
  if (proof.method === 'password') {
    if (login.passwordId !== proof.passwordId) throw new Fault('password-wrong');
    return null;
  }
  // The unit that accepts the login uses it up.
  if (proof.method === 'totp') return null;
  const key = login.keys.find(
    (each) => each.id === proof.keyId && each.fingerprint === proof.fingerprint,
  );
  if (key === undefined) throw new Fault('key-unknown');
  if (isExpired(key, nowMs)) throw new Fault('key-expired');
  const refusal = hardwareRefusal(proof.hardware, key);
  if (refusal !== null) throw new Fault(refusal);
  return key.expiresAtMs;
}

/** The same of a certificate. */
function certifiedUntilMs(
  { username }: LoginFacts,
  proof: CertifiedProof,
  standing: CertificateStanding | undefined,
  { address, nowMs }: Pick<Circumstances, 'address' | 'nowMs'>,
): number | null {
  if (standing === undefined) throw new Fault('certificate-authority-unknown');
  const refusal = certifiedRefusal(proof, standing, { username, address, nowMs });
  if (refusal !== null) throw new Fault(refusal);
  return certificateEndMs(proof.certificate, standing);
}

/** Why a login by a certificate would be refused now, though its signature was good; null if it would not be. */
export function certifiedRefusal(
  { certificate, hardware }: CertifiedProof,
  standing: CertificateStanding,
  login: CertifiedLogin,
): FaultCode | null {
  return (
    certificateRefusal(certificate, standing, login) ??
    hardwareRefusal(hardware, demandsOf(certificate, standing))
  );
}

function shownCertificate({ certificate }: CertifiedProof): ShownCertificate {
  const { keyId, serial, authority, key, principals, validBeforeMs } = certificate;
  return {
    keyId,
    serial,
    authority: authority.fingerprint,
    fingerprint: key.fingerprint,
    principals,
    validUntil: validBeforeMs === null ? null : new Date(validBeforeMs).toISOString(),
  };
}

function nameOfProof(proof: VerifiedProof): string {
  if (proof.method === 'password') return 'password';
  if (proof.method === 'totp') return proof.code.kind === 'totp' ? 'totp' : 'recovery-code';
  return `${proof.keyId === null ? 'certificate' : 'publickey'} ${proof.fingerprint}`;
}
