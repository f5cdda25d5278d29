import type { Peer } from '../connection/peer.ts';
import type { CloseReason } from '../domain/authentication.ts';
import type { Worker } from '../monitor/verbs.ts';
import { Paces } from '../pace/pace.ts';
import { Session, type SessionParts } from './session.ts';
import { Watch } from './watch.ts';

/** How often a graceful stop looks for sessions that are done. */
const drainLookMs = 100;

/** The live connections of one worker, and the face that the monitor sees of it. */
export class SessionRegistry implements Worker {
  readonly #parts: SessionParts;
  readonly #watch = new Watch();
  readonly #paces: Paces;
  readonly #sessions = new Map<string, Session>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#paces = new Paces(parts.limits);
  }

  /** How often and how long users were made to wait, as it goes on being counted. */
  get paceWaits(): Paces['waited'] {
    return this.#paces.waited;
  }

  accept(peer: Peer): Session {
    const { connectionId } = peer;
    const shared = { watch: this.#watch, paces: this.#paces };
    const session = new Session(peer, this.#parts, shared, () =>
      this.#sessions.delete(connectionId),
    );
    this.#sessions.set(connectionId, session);
    return session;
  }

  async endConnection(connectionId: string, reason: CloseReason): Promise<void> {
    const session = this.#sessions.get(connectionId);
    session?.end(reason);
    await session?.over;
  }

  async revokeOpen(connectionId: string, openId: string): Promise<void> {
    await this.#sessions.get(connectionId)?.revokeOpen(openId);
  }

  async drain(msMax: number): Promise<void> {
    const untilMs = performance.now() + msMax;
    while (this.#sessions.size > 0 && performance.now() < untilMs) {
      for (const session of this.#sessions.values()) {
        if (session.isDone) session.end('server-stopping');
      }
      if (this.#sessions.size > 0) await new Promise((resolve) => setTimeout(resolve, drainLookMs));
    }
    await this.endAll('server-stopping');
  }

  /** Ends every connection and waits until what was open is settled. */
  async endAll(reason: CloseReason): Promise<void> {
    // Again, until none came meanwhile.
    while (this.#sessions.size > 0) {
      const sessions = [...this.#sessions.values()];
      for (const session of sessions) session.end(reason);
      await Promise.all(sessions.map((session) => session.over));
    }
  }
}
