import type { Accounts } from '../accounts/accounts.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { CertificateStanding } from '../accounts/certificate-standing.ts';
import type { Database, Unit } from '../database/units.ts';
import type { AuthenticationReply } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import type { Identity } from '../domain/identity.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ConnectionState } from './connection-state.ts';
import { establishIdentity } from './identity.ts';
import type { LiveSessions } from './live-sessions.ts';
import { originOf, recordAcceptance, recordRefusal } from './login-records.ts';
import { namesOf } from './presented-certificate.ts';
import { isCertifiedProof } from './proofs.ts';
import type { VerifiedProof } from './proofs.ts';
import type { RefusalRows } from './refusal-rows.ts';
import { basisOf } from './user-gate.ts';

export type AcceptanceParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly accounts: Pick<
    Accounts,
    | 'findForLogin'
    | 'certificateStanding'
    | 'recordLogin'
    | 'noteLegacyLogin'
    | 'noteDeviceCount'
    | 'useCode'
    | 'useNewPassword'
  >;
  readonly live: LiveSessions;
  readonly refusals: RefusalRows;
  /** Cryptographic random bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Told of each login once its commit is durable. */
  readonly onAccepted?:
    | ((accepted: {
        readonly connectionId: string;
        readonly address: string;
        readonly sessionId: string;
      }) => void)
    | undefined;
};

export type Accepted = Extract<AuthenticationReply, { readonly kind: 'accepted' }>;

/**
 * Makes a session of a login whose proofs are complete, in one unit with its ledger row, and only if all of it still
 * holds there.
 *
 * @throws Fault with the reason of the refusal
 */
export async function accept(
  { database, ledger, accounts, live, refusals, randomBytes, onAccepted }: AcceptanceParts,
  connection: ConnectionState,
  verified: readonly VerifiedProof[],
  { userId, username, maxSessions }: LoginFacts,
): Promise<Accepted> {
  const { connectionId, client, algorithms, source } = connection.opening;
  const sessionId = timeOrderedId(Date.now(), randomBytes(idRandomBytes));
  if (!live.reserve(userId, maxSessions)) throw new Fault('sessions-exceeded');
  try {
    const { identity, basis, startedAtMs, legacyUntilMs } = await database.write(async (unit) => {
      const login = await accounts.findForLogin(unit, username);
      if (login === undefined) throw new Fault('user-unknown');
      const circumstances = {
        sessionId,
        address: source.address,
        source: connection.source,
        client,
      };
      const standings = await standingsOf(accounts, unit, login, verified);
      const { nowMs } = unit;
      const identity = establishIdentity(login, verified, { ...circumstances, nowMs, standings });
      if (live.taken(userId) > login.maxSessions) throw new Fault('sessions-exceeded');
      if (connection.isOver) throw new Fault('session-ended');
      const legacyUntilMs = await accounts.noteLegacyLogin(unit, {
        userId,
        agencyId: login.agencyId,
        address: source.address,
        source: connection.source,
        client,
        algorithms,
      });
      const keys = verified.flatMap((proof) =>
        proof.method === 'publickey' && proof.keyId !== null
          ? [{ id: proof.keyId, algorithm: proof.algorithm }]
          : [],
      );
      const hasTyped = verified.some(({ method }) => method !== 'publickey');
      await accounts.recordLogin(unit, {
        userId,
        keys,
        hasTyped,
        source: connection.source,
        client,
      });
      for (const row of refusals.totalsOf(connection)) await recordRefusal(ledger, unit, row);
      await recordAcceptance(ledger, unit, identity, algorithms);
      await noteDevices(accounts, unit, identity, verified);
      for (const proof of verified) {
        if (proof.method === 'totp')
          await accounts.useCode(unit, originOf(identity), login, proof.code);
        if (proof.method === 'password' && proof.newHash !== null)
          await accounts.useNewPassword(unit, originOf(identity), login, proof.newHash);
      }
      return { identity, basis: basisOf(login), startedAtMs: unit.nowMs, legacyUntilMs };
    });
    connection.refusals.clear();
    const { agencyCode, proofs, certificates, expiresAtMs } = identity;
    const shown = {
      userId,
      username,
      agencyCode,
      source: connection.source,
      client,
      algorithms,
      proofs,
      certificates,
      certified: verified.filter(isCertifiedProof),
      basis,
      expiresAtMs,
    };
    live.start({ sessionId, connectionId, ...shown, startedAtMs }, identity);
    if (legacyUntilMs !== null) live.expireBy(sessionId, legacyUntilMs);
    connection.sessionId = sessionId;
    connection.isOver = true;
    onAccepted?.({ connectionId, address: source.address, sessionId });
    return { kind: 'accepted', ticket: { sessionId, username, agencyCode } };
  } catch (error) {
    live.release(userId);
    throw error;
  }
}

/** What the agency of the user says now of each certificate that was shown. */
async function standingsOf(
  accounts: Pick<Accounts, 'certificateStanding'>,
  unit: Unit,
  { agencyId }: LoginFacts,
  verified: readonly VerifiedProof[],
): Promise<readonly CertificateStanding[]> {
  const standings: CertificateStanding[] = [];
  for (const { certificate } of verified.filter(isCertifiedProof))
    standings.push(await accounts.certificateStanding(unit, agencyId, namesOf(certificate)));
  return standings;
}

async function noteDevices(
  accounts: Pick<Accounts, 'noteDeviceCount'>,
  unit: Unit,
  identity: Identity,
  verified: readonly VerifiedProof[],
): Promise<void> {
  const { userId, username, agencyCode: agency } = identity;
  for (const proof of verified)
    if (proof.method === 'publickey' && proof.hardware !== null) {
      const { fingerprint, hardware } = proof;
      const count = { fingerprint, counter: hardware.counter };
      await accounts.noteDeviceCount(unit, originOf(identity), { userId, username, agency }, count);
    }
}
