import type { Peer } from '../connection/peer.ts';
import type { CloseReason } from '../domain/authentication.ts';
import type { Worker } from '../monitor/verbs.ts';
import { Session, type SessionParts } from './session.ts';

/** The live connections of one worker, and the face that the monitor sees of it. */
export class SessionRegistry implements Worker {
  readonly #parts: SessionParts;
  readonly #sessions = new Set<Session>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  accept(peer: Peer): Session {
    const session = new Session(peer, this.#parts, (over) => this.#sessions.delete(over));
    this.#sessions.add(session);
    return session;
  }

  async endSession(sessionId: string, reason: CloseReason): Promise<void> {
    for (const session of this.#sessions) {
      if (session.sessionId !== sessionId) continue;
      session.end(reason);
      await session.over;
    }
  }

  async revokeOpen(openId: string): Promise<void> {
    for (const session of this.#sessions) {
      if (await session.revokeOpen(openId)) return;
    }
  }

  /** Ends every connection and waits until what was open is settled. */
  async endAll(reason: CloseReason): Promise<void> {
    // Again, until none came meanwhile.
    while (this.#sessions.size > 0) {
      const sessions = [...this.#sessions];
      for (const session of sessions) session.end(reason);
      await Promise.all(sessions.map((session) => session.over));
    }
  }
}
