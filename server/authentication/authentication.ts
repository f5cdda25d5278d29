import { setTimeout as pauseMs } from 'node:timers/promises';
import type { LoginFacts } from '../accounts/logins.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Database } from '../database/units.ts';
import type {
  AuthenticationAttempt,
  AuthenticationReply,
  ConnectionClosing,
  ConnectionOpening,
} from '../domain/authentication.ts';
import { Fault, refuse, refusalOf, succeed } from '../domain/faults.ts';
import type { FaultCode, Outcome } from '../domain/faults.ts';
import type { Identity } from '../domain/identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openConnectionState } from './connection-state.ts';
import type { ConnectionState } from './connection-state.ts';
import { establishIdentity } from './identity.ts';
import { judge } from './judge.ts';
import { LiveSessions } from './live-sessions.ts';
import type { LiveSession } from './live-sessions.ts';
import { recordAcceptance, recordClose, recordRefusal } from './login-records.ts';
import type { VerifiedProof } from './proofs.ts';
import { createRefusalDelay } from './refusal-delay.ts';
import { RefusalRows } from './refusal-rows.ts';
import { basisOf } from './user-gate.ts';

export type AuthenticationParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly accounts: Pick<Accounts, 'findForLogin' | 'recordLogin' | 'verifyPassword'>;
  readonly limits: {
    readonly connectionsMax: number;
    readonly authenticationFailuresMax: number;
    readonly keyOffersMax: number;
    readonly authenticationsQueuedMax: number;
    readonly refusalRowsPerSourceMax: number;
  };
  /** Milliseconds; only differences count, so any steady clock will do. */
  readonly now: () => number;
  /** Cryptographic random bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Waits; tests pass one that does not. */
  readonly pause?: (ms: number) => Promise<void>;
};

export type Authentication = {
  /** Refused: close the socket without a word. */
  connectionOpened(opening: ConnectionOpening): Promise<Outcome<null>>;
  /**
   * Answers one request. It never rejects: whatever goes wrong is a refusal or a disconnect. `accepted` comes only
   * after the commit that holds the ledger row of the login.
   */
  authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationReply>;
  /** Forgets the connection, and ends its login with a ledger row. Rejects if that row cannot be written. */
  connectionClosed(closing: ConnectionClosing): Promise<void>;
  /** Who a live login is. */
  identityOf(sessionId: string): Identity | undefined;
  sessions(): readonly LiveSession[];
  /** Writes the rows of refusals that were only counted so far. */
  settleRefusals(): Promise<void>;
};

export function createAuthentication(parts: AuthenticationParts): Authentication {
  const connections = new Map<string, ConnectionState>();
  const live = new LiveSessions();
  const delay = createRefusalDelay({
    secret: parts.randomBytes(32),
    now: parts.now,
    pause: parts.pause ?? ((ms) => pauseMs(ms)),
  });
  const refusals = new RefusalRows(parts);
  const context: Context = { ...parts, live, delay, refusals };
  return {
    connectionOpened: async (opening) => {
      const { connectionId } = opening;
      if (connections.has(connectionId) || connections.size >= parts.limits.connectionsMax)
        return refuse('unavailable');
      connections.set(
        connectionId,
        openConnectionState(opening, parts.limits.authenticationsQueuedMax),
      );
      return succeed(null);
    },
    authenticate: async (attempt) => {
      const connection = connections.get(attempt.connectionId);
      const reply = connection?.queue.run(() => answer(context, connection, attempt));
      if (reply !== undefined) return reply;
      if (connection?.phase === 'open') connection.phase = 'ended';
      return disconnect;
    },
    connectionClosed: async (closing) => {
      const connection = connections.get(closing.connectionId);
      if (connection === undefined) return;
      connections.delete(closing.connectionId);
      connection.phase = 'ended';
      // An acceptance may be on its way to disk.
      await connection.queue.idle();
      await endLogin(context, connection, closing);
      await refusals.settle(connection);
    },
    identityOf: (sessionId) => live.identityOf(sessionId),
    sessions: () => live.list(),
    settleRefusals: () => refusals.settleAll(),
  };
}

type Context = AuthenticationParts & {
  readonly live: LiveSessions;
  readonly refusals: RefusalRows;
  readonly delay: (username: string, startedMs: number) => Promise<void>;
};

const disconnect: AuthenticationReply = { kind: 'disconnect' };

/** The one boundary: what is thrown below is a refusal with its reason. */
async function answer(
  context: Context,
  connection: ConnectionState,
  attempt: AuthenticationAttempt,
): Promise<AuthenticationReply> {
  if (connection.phase !== 'open') return disconnect;
  const startedMs = context.now();
  try {
    pinUsername(connection, attempt.username);
    const verdict = await judge(context, connection, attempt.proof);
    if (verdict.kind === 'complete') {
      return await accept(context, connection, verdict.verified, verdict.login);
    }
    if (verdict.kind === 'partial') {
      connection.verified = verdict.verified;
      connection.methods = verdict.methods;
      return { kind: 'refused', methods: verdict.methods, partial: true };
    }
    return await answerUnproven(
      context,
      connection,
      attempt,
      verdict.kind === 'methods' ? refusedReply(connection) : { kind: 'offer-accepted' },
    );
  } catch (error) {
    return refuseProof(context, connection, attempt, refusalOf(error).code, startedMs);
  }
}

function pinUsername(connection: ConnectionState, username: unknown): void {
  if (typeof username !== 'string') {
    connection.phase = 'ended';
    throw new Fault('proof-malformed');
  }
  connection.username ??= username;
  if (connection.username !== username) {
    // RFC 4252 section 5 lets a server disconnect; AsyncSSH CVE-2023-46445 is why.
    connection.phase = 'ended';
    throw new Fault('proof-malformed', 'the user name changed');
  }
}

async function accept(
  { database, ledger, accounts, live, refusals, randomBytes }: Context,
  connection: ConnectionState,
  verified: readonly VerifiedProof[],
  { userId, username, maxSessions }: LoginFacts,
): Promise<AuthenticationReply> {
  const { connectionId, client, algorithms, source } = connection.opening;
  const sessionId = Buffer.from(randomBytes(16)).toString('hex');
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
      const keyIds = verified.flatMap((proof) =>
        proof.method === 'publickey' ? [proof.keyId] : [],
      );
      await accounts.recordLogin(unit, { userId, keyIds, source: connection.source });
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
    return { kind: 'accepted', ticket: { sessionId, username, agencyCode } };
  } catch (error) {
    live.release(userId);
    throw error;
  }
}

async function answerUnproven(
  context: Context,
  connection: ConnectionState,
  attempt: AuthenticationAttempt,
  reply: AuthenticationReply,
): Promise<AuthenticationReply> {
  if (!countUnproven(context, connection)) return reply;
  await context.refusals.note(connection, { ...attempt, reason: 'attempts-exceeded' });
  return disconnect;
}

/** Counts a request that proves nothing. @returns whether the connection has had enough */
function countUnproven(context: Context, connection: ConnectionState): boolean {
  connection.unproven += 1;
  return connection.unproven > context.limits.keyOffersMax && countFailure(context, connection);
}

function countFailure({ limits }: Context, connection: ConnectionState): boolean {
  connection.failures += 1;
  if (connection.failures < limits.authenticationFailuresMax) return false;
  connection.phase = 'ended';
  return true;
}

/** Every refusal, in the same words and, but for offers, after the same time. */
async function refuseProof(
  context: Context,
  connection: ConnectionState,
  attempt: AuthenticationAttempt,
  reason: FaultCode,
  startedMs: number,
): Promise<AuthenticationReply> {
  const isOffer = attempt.proof?.kind === 'offer';
  const enough = isOffer ? countUnproven(context, connection) : countFailure(context, connection);
  const written = await context.refusals.note(connection, { ...attempt, reason });
  // Who cannot be recorded may not go on guessing (Pub 1075 AU-5).
  if (!written) connection.phase = 'ended';
  if (!isOffer) await context.delay(connection.username ?? '', startedMs);
  return enough || connection.phase !== 'open' ? disconnect : refusedReply(connection);
}

function refusedReply({ methods }: ConnectionState): AuthenticationReply {
  return { kind: 'refused', methods, partial: false };
}

async function endLogin(
  context: Context,
  connection: ConnectionState,
  closing: ConnectionClosing,
): Promise<void> {
  const session =
    connection.sessionId === undefined ? undefined : context.live.end(connection.sessionId);
  if (session === undefined) return;
  await context.database.write((unit) => recordClose(context.ledger, unit, session, closing));
}
