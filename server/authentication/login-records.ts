import type { Unit } from '../database/units.ts';
import { fingerprintOf } from '../accounts/key-blob.ts';
import type { ConnectionClosing, Proof } from '../domain/authentication.ts';
import type { Actor, LedgerEntry } from '../domain/events.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Identity } from '../domain/identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LiveSession } from './live-sessions.ts';

const claimedCharactersMax = 255;

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
  const { sessionId, username, agencyCode, proofs, source, client } = identity;
  await ledger.append(unit, {
    origin: { actor: actorOf(identity), session: sessionId, source },
    outcome: 'success',
    reason: null,
    event: { event: 'login.accepted.1', username, agency: agencyCode, proofs, client, algorithms },
  });
}

export async function recordClose(
  ledger: Ledger,
  unit: Unit,
  session: LiveSession,
  { reason, operations, bytesRead, bytesWritten }: ConnectionClosing,
): Promise<void> {
  const { sessionId, username, agencyCode: agency, source } = session;
  await ledger.append(unit, {
    origin: { actor: actorOf(session), session: sessionId, source },
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

function actorOf({
  userId,
  username,
  agencyCode,
}: Pick<LiveSession, 'userId' | 'username' | 'agencyCode'>): Actor {
  return { kind: 'user', userId, username, agency: agencyCode };
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
      return proof.kind;
    case 'offer':
      return `offer ${describeKey(proof.keyBlob)}`.trim();
    case 'signature':
      return `publickey ${describeKey(proof.keyBlob)}`.trim();
    case 'unusable':
      return `unusable ${cleanClaim(proof.method)}`.trim();
    default:
      return 'unusable';
  }
}

function describeKey(blob: unknown): string {
  return blob instanceof Uint8Array ? fingerprintOf(blob) : '';
}
