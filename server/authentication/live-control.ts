import { setTimeout as pauseMs } from 'node:timers/promises';
import type { Accounts } from '../accounts/accounts.ts';
import type { LegacyGrant } from '../accounts/legacy-grant-rows.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import type { Database } from '../database/units.ts';
import { isAddressIn } from '../domain/addresses.ts';
import { needsLegacyInterop } from '../domain/algorithms.ts';
import type { CloseReason } from '../domain/authentication.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LoginControl, PasswordChange } from './authentication.ts';
import { certifiedOf, refusedCertificates } from './live-certificates.ts';
import { addressOf, type LiveSession } from './live-sessions.ts';
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
  /** A user has changed the password with this login: the others that are up end (compliance.md C06). */
  readonly passwordChanged: (login: PasswordChange) => Promise<void>;
  /** Ends one login that was picked out. @throws Fault `not-found` */
  readonly endLogin: (origin: Origin, sessionId: string) => Promise<void>;
};

/**
 * What a login may do, how it was proven and when it ends were settled when it began. So each change of a user that takes
 * something away ends the logins that hold it, through whatever face it came.
 */
export function createLiveControl(parts: LiveControlParts): LiveControl {
  const { accounts, authentication } = parts;

  async function endAll(
    origin: Origin,
    username: string,
    reason: FaultCode | ((session: LiveSession) => FaultCode | null),
  ): Promise<void> {
    const reasonFor = typeof reason === 'function' ? reason : () => reason;
    await endLogins(parts, origin, await loginsOf(authentication, username, reasonFor));
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
        const { key, endsSoonerMs, hasEnded, takesMore } = changed;
        const { fingerprint } = key;
        if (endsSoonerMs !== null)
          await endWithKey(parts, origin, username, { fingerprint, endsSoonerMs, hasEnded });
        await endAll(origin, username, ({ proofs }) =>
          proofs.includes(`publickey ${fingerprint}`) ? takesMore : null,
        );
        return changed;
      },
      rotateKey: async (origin, username, keyId, rotation) => {
        const rotated = await accounts.rotateKey(origin, username, keyId, rotation);
        // One that had ended before takes nothing away now.
        const { fingerprint, expiresAtMs: endsSoonerMs } = rotated.replaced;
        const nowMs = rotated.added.createdAtMs;
        const hasEnded = endsSoonerMs <= nowMs;
        if (endsSoonerMs >= nowMs)
          await endWithKey(parts, origin, username, { fingerprint, endsSoonerMs, hasEnded });
        return rotated;
      },
      removeTotp: async (origin, username) => {
        await accounts.removeTotp(origin, username);
        await endAll(origin, username, ({ proofs }) =>
          proofs.includes('totp') || proofs.includes('recovery-code') ? 'totp-missing' : null,
        );
      },
      setPassword: async (origin, username, password, temporary) => {
        await accounts.setPassword(origin, username, password, temporary);
        await endAll(origin, username, 'password-wrong');
      },
      grantLegacyInterop: async (origin, agency, wanted) => {
        const grant = await accounts.grantLegacyInterop(origin, agency, wanted);
        await endUngranted(parts, origin, agency, grant);
        return grant;
      },
      endLegacyInterop: async (origin, agency) => {
        await accounts.endLegacyInterop(origin, agency);
        await endUngranted(parts, origin, agency, undefined);
      },
      changeUserCa: async (origin, agency, id, change) => {
        const changed = await accounts.changeUserCa(origin, agency, id, change);
        await endUncertified(parts, origin, agency);
        return changed;
      },
      removeUserCa: async (origin, agency, id) => {
        await accounts.removeUserCa(origin, agency, id);
        await endUncertified(parts, origin, agency);
      },
      revokeCertificate: async (origin, agency, wanted) => {
        const revocation = await accounts.revokeCertificate(origin, agency, wanted);
        await endUncertified(parts, origin, agency);
        return revocation;
      },
      removePassword: async (origin, username) => {
        await accounts.removePassword(origin, username);
        await endAll(origin, username, 'password-wrong');
      },
    },
    passwordChanged: ({ username, source, sessionId }) =>
      endAll({ actor: { kind: 'server' }, session: null, source }, username, (session) =>
        session.sessionId === sessionId ? null : 'password-wrong',
      ),
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
  parts: LiveControlParts,
  origin: Origin,
  username: string,
  {
    fingerprint,
    endsSoonerMs,
    hasEnded,
  }: {
    readonly fingerprint: string;
    readonly endsSoonerMs: number;
    readonly hasEnded: boolean;
  },
): Promise<void> {
  const { authentication } = parts;
  const endings = await loginsOf(authentication, username, () => 'key-expired');
  if (hasEnded) return endLogins(parts, origin, endings);
  for (const { session } of endings)
    if (session.proofs.includes(`publickey ${fingerprint}`))
      authentication.expireBy(session.sessionId, endsSoonerMs);
}

/** Logins over older algorithms end with the grant that they took, or as it says now. */
async function endUngranted(
  parts: LiveControlParts,
  origin: Origin,
  agency: string,
  grant: LegacyGrant | undefined,
): Promise<void> {
  const { authentication } = parts;
  await authentication.settled();
  const held = authentication
    .sessions()
    .filter(
      ({ agencyCode, algorithms }) => agencyCode === agency && needsLegacyInterop(algorithms),
    );
  const isGranted = (session: LiveSession) =>
    grant !== undefined && isAddressIn(addressOf(session), grant.allowedCidrs);
  for (const session of held.filter(isGranted))
    authentication.expireBy(session.sessionId, grant!.expiresAtMs);
  const endings = held
    .filter((session) => !isGranted(session))
    .map((session) => ({ session, reason: 'algorithm-not-allowed' as const }));
  await endLogins(parts, origin, endings);
}

/** Logins by certificates that would not be let in any more end. */
async function endUncertified(
  parts: LiveControlParts,
  origin: Origin,
  agency: string,
): Promise<void> {
  await parts.authentication.settled();
  const all = certifiedOf(parts.authentication.sessions(), agency);
  await endFound(parts, origin, all, () => refusedCertificates(parts, agency, all));
}

type Ending = { readonly session: LiveSession; readonly reason: FaultCode | null };

/** The logins of a user for which there is a reason to end. */
async function loginsOf(
  authentication: LiveControlParts['authentication'],
  username: string,
  reasonFor: (session: LiveSession) => FaultCode | null,
): Promise<readonly Ending[]> {
  const sessions = await sessionsOf(authentication, username);
  return sessions
    .map((session) => ({ session, reason: reasonFor(session) }))
    .filter(({ reason }) => reason !== null);
}

/** One whose acceptance was committed before the change may not be a session yet; one after it is refused. */
async function sessionsOf(
  authentication: LiveControlParts['authentication'],
  username: string,
): Promise<readonly LiveSession[]> {
  await authentication.settled(username);
  return authentication.sessions().filter((session) => session.username === username);
}

/** Ends the logins of a user that would not be let in any more, or would be given something else. */
async function endRefused(
  parts: LiveControlParts,
  origin: Origin,
  username: string,
): Promise<void> {
  const all = await sessionsOf(parts.authentication, username);
  await endFound(parts, origin, all, async () => {
    const { login, nowMs } = await parts.database.read(async (reader) => ({
      login: await parts.accounts.findForLogin(reader, username),
      nowMs: reader.nowMs,
    }));
    return all
      .map((session) => ({ session, reason: reasonToEnd(session, login, nowMs) }))
      .filter(({ reason }) => reason !== null);
  });
}

/**
 * Ends those that are found among all from which a change may have taken something away. Where the look for them fails,
 * which is behind the change, all of them end: what was taken away is not left in use.
 *
 * @throws what the look failed of
 */
async function endFound(
  parts: LiveControlParts,
  origin: Origin,
  all: readonly LiveSession[],
  find: () => Promise<readonly Ending[]>,
): Promise<void> {
  let found: readonly Ending[];
  try {
    found = await find();
  } catch (error) {
    const ending = all.map((session) => ({ session, reason: 'storage-failed' as const }));
    // What it failed of is told, whatever becomes of the rows.
    await endLogins(parts, origin, ending).catch(() => undefined);
    throw error;
  }
  await endLogins(parts, origin, found);
}

function reasonToEnd(
  session: LiveSession,
  login: LoginFacts | undefined,
  nowMs: number,
): FaultCode | null {
  if (login === undefined) return 'user-unknown';
  const refusal = userRefusal(login, addressOf(session), nowMs);
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
  found: readonly Ending[],
): Promise<void> {
  const { authentication } = parts;
  // One that is over by itself is told of by its own row.
  const live = new Set(authentication.sessions().map(({ sessionId }) => sessionId));
  const endings = found.filter(({ session }) => live.has(session.sessionId));
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
