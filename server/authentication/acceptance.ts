import type { Accounts } from '../accounts/accounts.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { Database } from '../database/units.ts';
import type { AuthenticationReply } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ConnectionState } from './connection-state.ts';
import { establishIdentity } from './identity.ts';
import type { LiveSessions } from './live-sessions.ts';
import { recordAcceptance, recordRefusal } from './login-records.ts';
import type { VerifiedProof } from './proofs.ts';
import type { RefusalRows } from './refusal-rows.ts';
import { basisOf } from './user-gate.ts';

export type AcceptanceParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly accounts: Pick<Accounts, 'findForLogin' | 'recordLogin'>;
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
): Promise<AuthenticationReply> {
  const { connectionId, client, algorithms, source } = connection.opening;
  const sessionId = timeOrderedId(Date.now(), randomBytes(idRandomBytes));
  if (!live.reserve(userId, maxSessions)) throw new Fault('sessions-exceeded');
  try {
    const { identity, basis, startedAtMs } = await database.write(async (unit) => {
      const login = await accounts.findForLogin(unit, username);
      const circumstances = {
        sessionId,
        address: source.address,
        source: connection.source,
        client,
      };
      const identity = establishIdentity(login, verified, { ...circumstances, nowMs: unit.nowMs });
      if (login === undefined || live.taken(userId) > login.maxSessions)
        throw new Fault('sessions-exceeded');
      if (connection.phase !== 'open') throw new Fault('session-ended');
      const keys = verified.flatMap((proof) =>
        proof.method === 'publickey' ? [{ id: proof.keyId, algorithm: proof.algorithm }] : [],
      );
      await accounts.recordLogin(unit, { userId, keys, source: connection.source, client });
      for (const row of refusals.totalsOf(connection)) await recordRefusal(ledger, unit, row);
      await recordAcceptance(ledger, unit, identity, algorithms);
      return { identity, basis: basisOf(login), startedAtMs: unit.nowMs };
    });
    connection.refusals.clear();
    const { agencyCode, proofs, expiresAtMs } = identity;
    const shown = {
      userId,
      username,
      agencyCode,
      source: connection.source,
      client,
      algorithms,
      proofs,
      basis,
      expiresAtMs,
    };
    live.start({ sessionId, connectionId, ...shown, startedAtMs }, identity);
    connection.sessionId = sessionId;
    if (connection.phase === 'open') connection.phase = 'accepted';
    onAccepted?.({ connectionId, address: source.address, sessionId });
    return { kind: 'accepted', ticket: { sessionId, username, agencyCode } };
  } catch (error) {
    live.release(userId);
    throw error;
  }
}
