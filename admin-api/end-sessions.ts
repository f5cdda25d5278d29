import { basisOf, userRefusal } from '../server/authentication/user-gate.ts';
import type { LoginFacts } from '../server/accounts/logins.ts';
import type { LiveSession } from '../server/authentication/live-sessions.ts';
import type { Origin } from '../server/domain/events.ts';
import type { AdminApiParts } from './parts.ts';

type EndingParts = Pick<
  AdminApiParts,
  'accounts' | 'authentication' | 'database' | 'endSession' | 'ledger'
>;

/** Ends one login, with the row of who ended it. */
export async function endLogin(
  { database, ledger, endSession }: EndingParts,
  origin: Origin,
  { sessionId, username }: LiveSession,
): Promise<void> {
  await database.write((unit) =>
    ledger.append(unit, {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'session.ended.1', ended: sessionId, username },
    }),
  );
  await endSession(sessionId);
}

/** Ends every login of a user, as one of the proofs that let it in may be gone. */
export async function endLoginsOf(
  parts: EndingParts,
  origin: Origin,
  username: string,
): Promise<void> {
  for (const session of parts.authentication.sessions()) {
    if (session.username === username) await endLogin(parts, origin, session);
  }
}

/**
 * Ends those logins of a user that would not be let in any more (disabled, expired, removed, or from elsewhere), or
 * would be given something else: what a login may do, how it was proven and when it ends were settled when it began.
 */
export async function endRefusedLoginsOf(
  parts: EndingParts,
  origin: Origin,
  username: string,
): Promise<void> {
  const { login, nowMs } = await parts.database.read(async (reader) => ({
    login: await parts.accounts.findForLogin(reader, username),
    nowMs: reader.nowMs,
  }));
  for (const session of parts.authentication.sessions()) {
    if (session.username !== username) continue;
    if (login === undefined || !isAsNow(session, login, nowMs)) {
      await endLogin(parts, origin, session);
    }
  }
}

function isAsNow(session: LiveSession, login: LoginFacts, nowMs: number): boolean {
  return (
    userRefusal(login, addressIn(session.source), nowMs) === null &&
    session.basis === basisOf(login) &&
    (session.expiresAtMs ?? Infinity) <= (login.expiresAtMs ?? Infinity)
  );
}

/** `192.0.2.1:4000`, `[2001:db8::1]:4000` */
function addressIn(source: string): string {
  return source.slice(0, source.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
