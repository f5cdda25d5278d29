import type { ShownCertificate } from '../domain/authentication.ts';
import type { Identity } from '../domain/identity.ts';
import { endingBy, withdrawn } from './identity.ts';
import type { CertifiedProof } from './proofs.ts';
import type { Basis } from './user-gate.ts';

/** A login that is up, as the sessions list shows it. */
export type LiveSession = {
  readonly sessionId: string;
  readonly connectionId: string;
  readonly userId: string;
  readonly username: string;
  readonly agencyCode: string;
  /** `address:port`, IPv6 in brackets. */
  readonly source: string;
  readonly client: string;
  /** As negotiated: `kex`, `hostKey`, `cipher`, `mac`. */
  readonly algorithms: Readonly<Record<string, string>>;
  readonly proofs: readonly string[];
  /** The certificates among them, as the ledger shows them. */
  readonly certificates: readonly ShownCertificate[];
  /** The same to be held against what the agency says of them later. */
  readonly certified: readonly CertifiedProof[];
  readonly startedAtMs: number;
  /** What the login was given, as `basisOf` puts it. */
  readonly basis: Basis;
  /** When it ends by itself; null is never. */
  readonly expiresAtMs: number | null;
};

/** `192.0.2.1` of `192.0.2.1:4000`, `2001:db8::1` of `[2001:db8::1]:4000` */
export function addressOf({ source }: Pick<LiveSession, 'source'>): string {
  return source.slice(0, source.lastIndexOf(':')).replace(/[[\]]/g, '');
}

/** The live logins, and the places taken by logins that are being accepted. */
export class LiveSessions {
  readonly #sessions = new Map<
    string,
    { readonly session: LiveSession; readonly identity: Identity }
  >();
  /** Live and reserved logins, by user id. */
  readonly #taken = new Map<string, number>();
  readonly #accepting = new Set<{ readonly username: string; readonly over: Promise<void> }>();

  /** Takes a place for the user before anything is awaited, so that logins at the same time cannot pass the limit. */
  reserve(userId: string, sessionsMax: number): boolean {
    if (this.taken(userId) >= sessionsMax) return false;
    this.#taken.set(userId, this.taken(userId) + 1);
    return true;
  }

  /** Gives back a place that no session came to fill. */
  release(userId: string): void {
    const taken = this.taken(userId) - 1;
    if (taken > 0) this.#taken.set(userId, taken);
    else this.#taken.delete(userId);
  }

  taken(userId: string): number {
    return this.#taken.get(userId) ?? 0;
  }

  /** Fills a reserved place. */
  start(session: LiveSession, identity: Identity): void {
    this.#sessions.set(session.sessionId, { session, identity });
  }

  /** @returns the session that was, if it was */
  end(sessionId: string): LiveSession | undefined {
    const session = this.#sessions.get(sessionId)?.session;
    if (session === undefined) return undefined;
    this.#sessions.delete(sessionId);
    this.release(session.userId);
    return session;
  }

  /** Its requests are refused from now on; it stays until its connection is closed. */
  withdraw(sessionId: string): void {
    const live = this.#sessions.get(sessionId);
    if (live === undefined) return;
    this.#sessions.set(sessionId, { ...live, identity: withdrawn(live.identity) });
  }

  /** It expires then, or sooner where it would have anyway. */
  expireBy(sessionId: string, expiresAtMs: number): void {
    const live = this.#sessions.get(sessionId);
    if (live === undefined) return;
    const identity = endingBy(live.identity, expiresAtMs);
    const session = { ...live.session, expiresAtMs: identity.expiresAtMs };
    this.#sessions.set(sessionId, { session, identity });
  }

  /** Runs what makes a login of the user a session, or does not. */
  async whileAccepting<T>(username: string, accept: () => Promise<T>): Promise<T> {
    const result = accept();
    const over = result.then(
      () => undefined,
      () => undefined,
    );
    const accepting = { username, over };
    this.#accepting.add(accepting);
    try {
      return await result;
    } finally {
      this.#accepting.delete(accepting);
    }
  }

  /** Resolves when every login of the user (of anybody) that is being accepted now is a session or refused. */
  async settled(username?: string): Promise<void> {
    const own = [...this.#accepting].filter(
      (each) => username === undefined || each.username === username,
    );
    await Promise.all(own.map(({ over }) => over));
  }

  identityOf(sessionId: string): Identity | undefined {
    return this.#sessions.get(sessionId)?.identity;
  }

  list(): readonly LiveSession[] {
    return [...this.#sessions.values()].map(({ session }) => session);
  }
}
