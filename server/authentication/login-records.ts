import type { Unit } from '../database/units.ts';
import { fingerprintOf } from '../accounts/key-blob.ts';
import { userActor } from '../domain/actors.ts';
import type { ConnectionClosing, Proof } from '../domain/authentication.ts';
import type { LedgerEntry, Origin } from '../domain/events.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Identity } from '../domain/identity.ts';
import { isCertified } from '../domain/signature-algorithms.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { claimedNames } from './certificate.ts';
import type { LiveSession } from './live-sessions.ts';

const claimedCharactersMax = 255;

type SessionOrigin = { readonly sessionId: string; readonly source: string };

export type RefusalRow = {
  /** `address:port`, or the address or IPv6 /64 of many connections. */
  readonly source: string | null;
  readonly reason: FaultCode;
  readonly username: string;
  readonly proof: string;
  readonly client: string;
  readonly connection: string;
  readonly count: number;
};

/** A login that was refused; `reason` is the truth, which the client is not told. */
export async function recordRefusal(
  ledger: Ledger,
  unit: Unit,
  { source, reason, username, proof, client, connection, count }: RefusalRow,
): Promise<void> {
  const entry: LedgerEntry = {
    origin: { actor: { kind: 'nobody' }, session: null, source },
    outcome: 'refused',
    reason,
    event: { event: 'login.refused.1', username, proof, client, connection, count },
  };
  await ledger.append(unit, entry);
}

export async function recordAcceptance(
  ledger: Ledger,
  unit: Unit,
  identity: Identity,
  algorithms: Readonly<Record<string, string>>,
): Promise<void> {
  const { username, agencyCode: agency, client } = identity;
  const { proofs, certificates } = identity;
  await ledger.append(unit, {
    origin: originOf(identity),
    outcome: 'success',
    reason: null,
    event: {
      event: 'login.accepted.2',
      username,
      agency,
      proofs,
      certificates,
      client,
      algorithms,
    },
  });
}

export async function recordClose(
  ledger: Ledger,
  unit: Unit,
  session: LiveSession,
  { reason, operations, bytesRead, bytesWritten }: ConnectionClosing,
): Promise<void> {
  const { username, agencyCode: agency } = session;
  await ledger.append(unit, {
    origin: originOf(session),
    outcome: 'success',
    reason: null,
    event: {
      event: 'session.closed.1',
      username,
      agency,
      closed: reason,
      operations,
      bytesRead,
      bytesWritten,
    },
  });
}

export function originOf(login: Parameters<typeof userActor>[0] & SessionOrigin): Origin {
  return { actor: userActor(login), session: login.sessionId, source: login.source };
}

/** What a stranger wrote, bounded and well-formed, so that it cannot spoil or grow the ledger. */
export function cleanClaim(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text.slice(0, claimedCharactersMax).replace(/\p{Surrogate}/gu, '\ufffd');
}

export function describeProof(proof: Proof): string {
  switch (proof.kind) {
    case 'none':
    case 'password':
    case 'password-change':
      return proof.kind;
    case 'interactive':
    case 'answers':
      return 'keyboard-interactive';
    case 'offer':
      return `offer ${describeKey(proof)}`.trim();
    case 'signature':
      return `publickey ${describeKey(proof)}`.trim();
    case 'unusable':
      return `unusable ${cleanClaim(proof.method)}`.trim();
    default:
      return 'unusable';
  }
}

type WithKey = Extract<Proof, { kind: 'offer' | 'signature' }>;

/** A certificate by what it says of itself, which may be nobody's word: who looks for it knows it by that alone. */
function describeKey({ algorithm, keyBlob }: WithKey): string {
  if (!(keyBlob instanceof Uint8Array)) return '';
  // The seam's other side may be wrong about the shape.
  const isCertificate = typeof algorithm === 'string' && isCertified(algorithm);
  const names = isCertificate ? claimedNames(keyBlob) : undefined;
  if (names === undefined) return fingerprintOf(keyBlob);
  const { key, keyId, serial, authority } = names;
  const called = JSON.stringify(cleanClaim(keyId));
  return `certificate ${key} (key id ${called}, serial ${serial}, by ${authority})`;
}
