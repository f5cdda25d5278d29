import type { Accounts } from '../accounts/accounts.ts';
import type { Database, Unit } from '../database/units.ts';
import type {
  AuthenticationAttempt,
  AuthenticationReply,
  ConnectionClosing,
  ConnectionOpening,
} from '../domain/authentication.ts';
import { Fault, faultTexts, refuse, refusalOf, succeed } from '../domain/faults.ts';
import type { FaultCode, Outcome } from '../domain/faults.ts';
import type { Identity } from '../domain/identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { accept } from './acceptance.ts';
import type { AcceptanceParts, Accepted } from './acceptance.ts';
import { openConnectionState } from './connection-state.ts';
import type { ConnectionState, NamedConnection } from './connection-state.ts';
import { countsForSource, countsForUser, isTyped } from './failures.ts';
import { promptReply } from './interaction.ts';
import type { Asked } from './interaction.ts';
import { judge } from './judge.ts';
import type { Verdict } from './judge.ts';
import type { VerifiedProof } from './proofs.ts';
import { LiveSessions } from './live-sessions.ts';
import type { LiveSession } from './live-sessions.ts';
import { wireMethods } from './login-methods.ts';
import { recordClose } from './login-records.ts';
import { createRefusalDelay } from './refusal-delay.ts';
import { RefusalRows } from './refusal-rows.ts';
import { UsedKeys } from './used-keys.ts';

export type AuthenticationParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly accounts: Pick<
    Accounts,
    | 'findForLogin'
    | 'certificateStanding'
    | 'noteDeviceCount'
    | 'noteLegacyLogin'
    | 'recordFailure'
    | 'recordLogin'
    | 'verifyPassword'
    | 'passwordDue'
    | 'hashNewPassword'
    | 'useNewPassword'
    | 'rehashPassword'
    | 'judgeCode'
    | 'useCode'
    | 'noteWrongCode'
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
  /** Waits. */
  readonly pause: (ms: number) => Promise<void>;
  /** The session identifier of a connection (RFC 4253 section 7.2), from whoever signed its first key exchange. */
  readonly sshSessionIdOf?: (connectionId: string) => Uint8Array | undefined;
  /** What users, and who certifies them, may sign with; all that is taken anywhere if absent. */
  readonly signatureAlgorithms?: readonly string[];
  /** Told of each refusal that speaks against the source; it is recorded by then. */
  readonly onRefused?: (refused: {
    readonly connectionId: string;
    readonly address: string;
    readonly reason: FaultCode;
  }) => void;
  readonly onAccepted?: AcceptanceParts['onAccepted'];
  /** Told of a login with which its user has changed the password: what the one before let in ends. */
  readonly onPasswordChanged?: (login: PasswordChange) => Promise<void>;
};

export type PasswordChange = {
  readonly username: string;
  /** `address:port` */
  readonly source: string;
  /** The login itself. */
  readonly sessionId: string;
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
  /** Resolves when no login of the user (of anybody) that is under way now can still become a session. */
  settled(username?: string): Promise<void>;
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
    pause: parts.pause,
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
      if (connection !== undefined) connection.isOver = true;
      return disconnect;
    },
    connectionClosed: async (closing) => {
      const connection = connections.get(closing.connectionId);
      if (connection === undefined) return;
      connections.delete(closing.connectionId);
      connection.isOver = true;
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
  if (connection.isOver) return disconnect;
  const startedMs = context.now();
  const { asked } = connection;
  connection.asked = null;
  try {
    pinUsername(connection, attempt.username);
    const verdict = await judge(context, connection, attempt.proof, asked);
    if (verdict.kind === 'complete') {
      const { verified, login } = verdict;
      const reply = await context.live.whileAccepting(login.username, () =>
        accept(context, connection, verified, login),
      );
      await tellOfChange(context, connection, verified, reply);
      return reply;
    }
    if (verdict.kind === 'partial') {
      connection.verified = verdict.verified;
      connection.methods = verdict.methods;
      if (attempt.proof.kind === 'answers' && verdict.methods.includes('totp')) {
        // In the same conversation: a client may not begin another one, or count it as one more try.
        connection.asked = { kind: 'totp' };
        return promptReply(connection.asked);
      }
      return { kind: 'refused', methods: wireMethods(verdict.methods), partial: true };
    }
    return await answerUnproven(
      context,
      connection,
      attempt,
      await askingReply(context, connection, attempt, verdict),
    );
  } catch (error) {
    const { code, reason } = refusalOf(error);
    const reply = await refuseProof(context, connection, attempt, code, startedMs);
    const isAgain = code === 'password-unacceptable' && reply.kind === 'refused';
    return isAgain ? askNewPassword(connection, attempt, asked, reason) : reply;
  }
}

async function tellOfChange(
  { onPasswordChanged }: Context,
  { source }: ConnectionState,
  verified: readonly VerifiedProof[],
  { ticket }: Accepted,
): Promise<void> {
  const isChanged = verified.some((proof) => proof.method === 'password' && proof.newHash !== null);
  if (!isChanged) return;
  const { username, sessionId } = ticket;
  await onPasswordChanged?.({ username, source, sessionId });
}

/** The answer to what has proven nothing yet. */
async function askingReply(
  context: Context,
  connection: ConnectionState,
  attempt: AuthenticationAttempt,
  verdict: Exclude<Verdict, { kind: 'complete' | 'partial' }>,
): Promise<AuthenticationReply> {
  switch (verdict.kind) {
    case 'methods':
      return refusedReply(connection);
    case 'offer-accepted':
      return { kind: 'offer-accepted' };
    case 'asks':
      connection.asked = verdict.asked;
      return promptReply(verdict.asked);
    case 'due': {
      const { reason, passwordId } = verdict;
      // Nobody is let in, so it is told like a refusal.
      const written = await context.refusals.note(connection, { ...attempt, reason });
      if (!written) connection.isOver = true;
      const asked = { kind: 'new-password', passwordId } as const;
      return askNewPassword(connection, attempt, asked, faultTexts[reason]);
    }
  }
}

/** Once more where the new password will not do, in the way in which the client has sent it. */
function askNewPassword(
  connection: ConnectionState,
  { proof }: AuthenticationAttempt,
  asked: Asked | null,
  reason: string,
): AuthenticationReply {
  // What is answered was asked for: `answeredProof` takes no other.
  if (asked === null || proof.kind !== 'answers') return { kind: 'change-needed', prompt: reason };
  connection.asked = asked;
  return promptReply(asked, reason);
}

function pinUsername(
  connection: ConnectionState,
  username: unknown,
): asserts connection is NamedConnection {
  if (typeof username !== 'string') {
    connection.isOver = true;
    throw new Fault('proof-malformed');
  }
  connection.username ??= username;
  if (connection.username !== username) {
    // RFC 4252 section 5 lets a server disconnect; AsyncSSH CVE-2023-46445 is why.
    connection.isOver = true;
    throw new Fault('proof-malformed');
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
  connection.isOver = true;
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
  const failure = {
    username: counts ? connection.username : undefined,
    source: connection.source,
    isTyped: isTyped(attempt.proof),
  };
  const written = await context.refusals.note(
    connection,
    { ...attempt, reason },
    isOffer ? undefined : (unit) => recordFailure(context, unit, failure, reason),
  );
  if (countsForSource(attempt.proof, reason)) {
    const { connectionId, source: from } = connection.opening;
    context.onRefused?.({ connectionId, address: from.address, reason });
  }
  // Who cannot be recorded may not go on guessing (Pub 1075 AU-5).
  if (!written) connection.isOver = true;
  if (!isOffer) await context.delay(connection.username ?? '', startedMs);
  return enough || connection.isOver ? disconnect : refusedReply(connection);
}

async function recordFailure(
  { accounts }: Context,
  unit: Unit,
  failure: { username: string | undefined; source: string; isTyped: boolean },
  reason: FaultCode,
): Promise<void> {
  await accounts.recordFailure(unit, failure);
  if (reason === 'code-wrong') await accounts.noteWrongCode(unit, failure);
}

function refusedReply({ methods }: ConnectionState): AuthenticationReply {
  return { kind: 'refused', methods: wireMethods(methods), partial: false };
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
