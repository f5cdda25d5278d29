import type { Accounts } from '../accounts/accounts.ts';
import type { CertificateNames, CertificateStanding } from '../accounts/certificate-standing.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { Reader } from '../database/units.ts';
import type { Proof } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import { isCertified, plainNameOf, signatureAlgorithms } from '../domain/signature-algorithms.ts';
import { readCertificate } from './certificate.ts';
import type { Certificate } from './certificate.ts';

/** A certificate as it came in a request, and what the agency of the user says of it. */
export type PresentedCertificate = {
  readonly certificate: Certificate;
  readonly standing: CertificateStanding;
};

/** What a request comes with, or what is wrong with that, which is told in its turn. */
type Read =
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'fault'; readonly fault: unknown };

type Presented =
  | (PresentedCertificate & { readonly kind: 'certificate' })
  | Exclude<Read, { kind: 'certificate' }>;

/**
 * Reads the certificate that a request says it comes with; undefined where it says none. It takes no database.
 *
 * @param permitted what the server's set of algorithms lets users, and who certifies them, sign with
 */
export function readPresented(proof: Proof, permitted: readonly string[]): Read | undefined {
  if (proof.kind !== 'offer' && proof.kind !== 'signature') return undefined;
  const { algorithm, keyBlob } = proof;
  if (typeof algorithm !== 'string') return undefined;
  try {
    // A worker asks as well, but a worker may have been taken over.
    assertPermitted(algorithm, permitted);
    if (!isCertified(algorithm)) return undefined;
    if (!(keyBlob instanceof Uint8Array)) throw new Fault('proof-malformed');
    const certificate = readCertificate(keyBlob);
    assertPermitted(certificate.signedWith, permitted);
    return { kind: 'certificate', certificate };
  } catch (fault) {
    return { kind: 'fault', fault };
  }
}

/** What no set of algorithms has is refused for what it is, later. @throws Fault `method-not-allowed` */
function assertPermitted(algorithm: string, permitted: readonly string[]): void {
  const name = plainNameOf(algorithm);
  if (signatureAlgorithms.includes(name) && !permitted.includes(name))
    throw new Fault('method-not-allowed');
}

/** The same with its standing; asked for a user whom nobody knows too, so that it takes as long. */
export async function withStanding(
  { certificateStanding }: Pick<Accounts, 'certificateStanding'>,
  reader: Reader,
  login: LoginFacts | undefined,
  read: Read | undefined,
): Promise<Presented | undefined> {
  if (read?.kind !== 'certificate') return read;
  const { certificate } = read;
  const standing = await certificateStanding(reader, login?.agencyId ?? '', namesOf(certificate));
  return { ...read, standing };
}

/** @throws Fault with what is wrong with it */
export function presentedIn(presented: Presented | undefined): PresentedCertificate | undefined {
  if (presented?.kind === 'fault') throw presented.fault;
  return presented;
}

/** What its standing goes by. */
export function namesOf({ authority, key, serial, keyId }: Certificate): CertificateNames {
  return { authority: authority.fingerprint, key: key.fingerprint, serial, keyId };
}
