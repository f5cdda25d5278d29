import { setTimeout as pauseMs } from 'node:timers/promises';
import type { Accounts } from '../accounts/accounts.ts';
import type { UserKey } from '../accounts/key-rows.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { Database } from '../database/units.ts';
import type { CloseReason } from '../domain/authentication.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LoginControl } from './authentication.ts';
import type { LiveSession } from './live-sessions.ts';
import { basisOf, userRefusal } from './user-gate.ts';
import type { Basis } from './user-gate.ts';

/** How long to wait for an end before it is asked for again: a worker may hear of it before it hears of the login. */
const againMs = 500;
/** How long a change waits for the ends that it brings; they go on being asked for after that. */
const waitMsMax = 5_000;

export type LiveControlParts = {
  readonly accounts: Accounts;
  readonly authentication: LoginControl;
  readonly database: Database;
  readonly ledger: Ledger;
  /** Hangs up on a login; its opens are settled when this resolves. */
  readonly endSession: (session: LiveSession, reason: CloseReason) => Promise<unknown>;
};

export type LiveControl = {
  /** The same accounts, but what a change takes away is gone from live logins too when it returns. */
  readonly accounts: Accounts;
  /** Ends one login that was picked out. @throws Fault `not-found` */
  readonly endLogin: (origin: Origin, sessionId: string) => Promise<void>;
};

/**
 * What a login may do, how it was proven and when it ends were settled when it began. So each change of a user that takes
 * something away ends the logins that hold it, through whatever face it came.
 */
export function createLiveControl(parts: LiveControlParts): LiveControl {
  const { accounts, authentication } = parts;

  async function endAll(origin: Origin, username: string, reason: FaultCode): Promise<void> {
    await endLogins(parts, origin, await loginsOf(authentication, username, () => reason));
  }

  return {
    accounts: {
      ...accounts,
      changeUser: async (origin, username, change) => {
        const user = await accounts.changeUser(origin, username, change);
        await endRefused(parts, origin, username);
        return user;
      },
      removeUser: async (origin, username) => {
        await accounts.removeUser(origin, username);
        await endAll(origin, username, 'user-unknown');
      },
      // All of them: which of the proofs let a login in, and who holds it now, is not certain any more (compliance.md C06).
      removeKey: async (origin, username, keyId) => {
        await accounts.removeKey(origin, username, keyId);
        await endAll(origin, username, 'key-unknown');
      },
      changeKey: async (origin, username, keyId, change) => {
        const changed = await accounts.changeKey(origin, username, keyId, change);
        if (changed.endsSooner) await endWithKey(parts, origin, username, changed.key);
        return changed;
      },
      rotateKey: async (origin, username, keyId, rotation) => {
        const rotated = await accounts.rotateKey(origin, username, keyId, rotation);
        // One that had ended before takes nothing away now.
        const { replaced, added } = rotated;
        if ((replaced.expiresAtMs ?? Infinity) >= added.createdAtMs)
          await endWithKey(parts, origin, username, replaced);
        return rotated;
      },
      setPassword: async (origin, username, password) => {
        await accounts.setPassword(origin, username, password);
        await endAll(origin, username, 'password-wrong');
      },
      removePassword: async (origin, username) => {
        await accounts.removePassword(origin, username);
        await endAll(origin, username, 'password-wrong');
      },
    },
    endLogin: async (origin, sessionId) => {
      const session = authentication.sessions().find((each) => each.sessionId === sessionId);
      if (session === undefined) throw new Fault('not-found', 'no such session');
      const endings = [{ session, reason: null }];
      // What a guard refuses ends nothing.
      await recordEnds(parts, origin, endings);
      parts.authentication.withdraw(sessionId);
      await hangUpAll(parts, endings);
    },
  };
}

/**
 * A key that has ended is as good as removed: all logins end. Those of one that ends later go on, and end with it at the
 * latest, so that a rotation cuts no transfer off.
 */
async function endWithKey(
  { authentication, ...parts }: LiveControlParts,
  origin: Origin,
  username: string,
  { fingerprint, expiresAtMs }: UserKey,
): Promise<void> {
  if (expiresAtMs === null) return;
  const nowMs = await parts.database.read(async (reader) => reader.nowMs);
  const hasEnded = expiresAtMs <= nowMs;
  const endings = await loginsOf(authentication, username, () => 'key-expired');
  if (hasEnded) return endLogins({ authentication, ...parts }, origin, endings);
  for (const { session } of endings)
    if (session.proofs.includes(`publickey ${fingerprint}`))
      authentication.expireBy(session.sessionId, expiresAtMs);
}

type Ending = { readonly session: LiveSession; readonly reason: FaultCode | null };

/** The logins of a user for which there is a reason to end. */
async function loginsOf(
  authentication: LiveControlParts['authentication'],
  username: string,
  reasonFor: (session: LiveSession) => FaultCode | null,
): Promise<readonly Ending[]> {
  // One whose acceptance was committed before the change may not be a session yet; one after it is refused.
  await authentication.settled(username);
  return authentication
    .sessions()
    .filter((session) => session.username === username)
    .map((session) => ({ session, reason: reasonFor(session) }))
    .filter(({ reason }) => reason !== null);
}

/** Ends the logins of a user that would not be let in any more, or would be given something else. */
async function endRefused(
  parts: LiveControlParts,
  origin: Origin,
  username: string,
): Promise<void> {
  const { login, nowMs } = await parts.database.read(async (reader) => ({
    login: await parts.accounts.findForLogin(reader, username),
    nowMs: reader.nowMs,
  }));
  const endings = await loginsOf(parts.authentication, username, (session) =>
    reasonToEnd(session, login, nowMs),
  );
  await endLogins(parts, origin, endings);
}

function reasonToEnd(
  session: LiveSession,
  login: LoginFacts | undefined,
  nowMs: number,
): FaultCode | null {
  if (login === undefined) return 'user-unknown';
  const refusal = userRefusal(login, addressIn(session.source), nowMs);
  if (refusal !== null) return refusal;
  const basis = basisOf(login);
  const changed = (Object.keys(basis) as (keyof Basis)[]).find(
    (reason) => basis[reason] !== session.basis[reason],
  );
  if (changed !== undefined) return changed;
  const endsTooLate = (session.expiresAtMs ?? Infinity) > (login.expiresAtMs ?? Infinity);
  return endsTooLate ? 'user-expired' : null;
}

/** Ends logins from which a change has taken something away, each with a row of who ended it and why. */
async function endLogins(
  parts: LiveControlParts,
  origin: Origin,
  endings: readonly Ending[],
): Promise<void> {
  if (endings.length === 0) return;
  for (const { session } of endings) parts.authentication.withdraw(session.sessionId);
  try {
    await recordEnds(parts, origin, endings);
  } finally {
    // Whatever could not be written: what was taken away is not left in use.
    await hangUpAll(parts, endings);
  }
}

function recordEnds(
  { database, ledger }: LiveControlParts,
  origin: Origin,
  endings: readonly Ending[],
): Promise<void> {
  return database.write(
    async (unit) => {
      for (const { session, reason } of endings) {
        const { sessionId: ended, username } = session;
        const event = { event: 'session.ended.1', ended, username } as const;
        await ledger.append(unit, { origin, outcome: 'success', reason, event });
      }
    },
    { by: origin },
  );
}

/** All of them at once, as one may take long to settle. */
async function hangUpAll(parts: LiveControlParts, endings: readonly Ending[]): Promise<void> {
  const over = Promise.all(endings.map(({ session }) => hangUp(parts, session)));
  await Promise.race([over, pauseMs(waitMsMax, undefined, { ref: false })]);
}

/** Asks until the login is over. */
async function hangUp(
  { authentication, endSession }: LiveControlParts,
  session: LiveSession,
): Promise<void> {
  const isLive = () =>
    authentication.sessions().some(({ sessionId }) => sessionId === session.sessionId);
  while (isLive()) {
    const asked = endSession(session, 'administrator').catch(() => undefined);
    await Promise.race([asked, pauseMs(againMs, undefined, { ref: false })]);
    if (isLive()) await pauseMs(againMs, undefined, { ref: false });
  }
}

/** `192.0.2.1:4000`, `[2001:db8::1]:4000` */
function addressIn(source: string): string {
  return source.slice(0, source.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
