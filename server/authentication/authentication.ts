import { setTimeout as pauseMs } from 'node:timers/promises';
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
import { accept } from './acceptance.ts';
import type { AcceptanceParts } from './acceptance.ts';
import { openConnectionState } from './connection-state.ts';
import type { ConnectionState } from './connection-state.ts';
import { countsForSource, countsForUser } from './failures.ts';
import { judge } from './judge.ts';
import { LiveSessions } from './live-sessions.ts';
import type { LiveSession } from './live-sessions.ts';
import { recordClose } from './login-records.ts';
import { createRefusalDelay } from './refusal-delay.ts';
import { RefusalRows } from './refusal-rows.ts';
import { UsedKeys } from './used-keys.ts';

export type AuthenticationParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly accounts: Pick<
    Accounts,
    'findForLogin' | 'recordFailure' | 'recordLogin' | 'verifyPassword'
  >;
  readonly limits: {
    readonly connectionsMax: number;
    readonly authenticationFailuresMax: number;
    readonly keyOffersMax: number;
    readonly authenticationsQueuedMax: number;
    readonly refusalRowsPerSourceMax: number;
    readonly refusalRowsMax: number;
    readonly refusalSourcesCountedMax: number;
  };
  /** Milliseconds; only differences count, so any steady clock will do. */
  readonly now: () => number;
  /** Cryptographic random bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Waits; tests pass one that does not. */
  readonly pause?: (ms: number) => Promise<void>;
  /** The session identifier of a connection (RFC 4253 section 7.2), from whoever signed its first key exchange. */
  readonly sshSessionIdOf?: (connectionId: string) => Uint8Array | undefined;
  /** Told of each refusal that speaks against the source; it is recorded by then. */
  readonly onRefused?: (refused: {
    readonly connectionId: string;
    readonly address: string;
    readonly reason: FaultCode;
  }) => void;
  readonly onAccepted?: AcceptanceParts['onAccepted'];
};

export type Authentication = {
  /** Refused: close the socket without a word. */
  connectionOpened(opening: ConnectionOpening): Promise<Outcome<null>>;
  /**
   * Answers one request. It never rejects: whatever goes wrong is a refusal or a disconnect. `accepted` comes only
   * after the commit that holds the ledger row of the login.
   */
  authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationReply>;
  /**
   * Forgets the connection, and ends its login with a ledger row; one that cannot be written now is written when the
   * database takes writes again.
   */
  connectionClosed(closing: ConnectionClosing): Promise<void>;
  /** Who a live login is. */
  identityOf(sessionId: string): Identity | undefined;
  sessions(): readonly LiveSession[];
  /** The login that a connection came to. */
  sessionOf(connectionId: string): string | undefined;
  /** Writes the rows of refusals that were only counted so far. */
  settleRefusals(): Promise<void>;
};

/** What ends logins before their time (live-control.ts) needs of the authentication. */
export type LoginControl = Pick<Authentication, 'sessions'> & {
  /** Resolves when no login of the user that is under way now can still become a session. */
  settled(username: string): Promise<void>;
  /** Takes a login's rights away at once: but for closing what it has open it may ask for nothing more. */
  withdraw(sessionId: string): void;
  /** A login's rights end then, or sooner where they would have anyway. */
  expireBy(sessionId: string, expiresAtMs: number): void;
};

export function createAuthentication(parts: AuthenticationParts): Authentication & LoginControl {
  const connections = new Map<string, ConnectionState>();
  const live = new LiveSessions();
  const delay = createRefusalDelay({
    secret: parts.randomBytes(32),
    now: parts.now,
    pause: parts.pause ?? ((ms) => pauseMs(ms)),
  });
  const refusals = new RefusalRows(parts);
  const context: Context = { ...parts, live, delay, refusals, usedKeys: new UsedKeys() };
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
    sessionOf: (connectionId) => connections.get(connectionId)?.sessionId,
    settled: (username) => live.settled(username),
    withdraw: (sessionId) => live.withdraw(sessionId),
    expireBy: (sessionId, expiresAtMs) => live.expireBy(sessionId, expiresAtMs),
    settleRefusals: () => refusals.settleAll(),
  };
}

type Context = AuthenticationParts & {
  readonly live: LiveSessions;
  readonly refusals: RefusalRows;
  readonly usedKeys: UsedKeys;
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
      const { verified, login } = verdict;
      return await context.live.whileAccepting(login.username, () =>
        accept(context, connection, verified, login),
      );
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

/**
 * Every refusal, in the same words and, but for offers, after the same work and the same time. It is in the ledger, and
 * counted towards a lock, before it is answered.
 */
async function refuseProof(
  context: Context,
  connection: ConnectionState,
  attempt: AuthenticationAttempt,
  reason: FaultCode,
  startedMs: number,
): Promise<AuthenticationReply> {
  const isOffer = attempt.proof?.kind === 'offer';
  const enough = isOffer ? countUnproven(context, connection) : countFailure(context, connection);
  const counts = countsForUser(connection, attempt.proof, reason);
  const username = counts ? (connection.username ?? null) : null;
  const { source } = connection;
  const written = await context.refusals.note(
    connection,
    { ...attempt, reason },
    isOffer ? undefined : (unit) => context.accounts.recordFailure(unit, { username, source }),
  );
  if (countsForSource(attempt.proof, reason)) {
    const { connectionId, source: from } = connection.opening;
    context.onRefused?.({ connectionId, address: from.address, reason });
  }
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
  const record = () =>
    // Nobody waits for it: a power cut that takes it with it ends the login as well.
    context.database.write((unit) => recordClose(context.ledger, unit, session, closing), {
      durable: 'soon',
    });
  try {
    await record();
  } catch (error) {
    // The login is over whatever the disk does; its row is written as soon as one can be.
    if (!context.database.whenWritable(record)) throw error;
  }
}
