import type { Arrival } from '../domain/authentication.ts';

/** A connection between the handing over of its socket and its close, as the monitor keeps book of it. */
export type Placement = {
  readonly arrival: Arrival;
  /** The worker that has the socket. */
  readonly worker: number;
  /** The first exchange hash (RFC 4253 section 7.2): what signatures of this connection have to begin with. */
  sshSessionId: Uint8Array | undefined;
  /** Once it has logged in. */
  sessionId: string | undefined;
  /** What the worker has asked and not been answered. */
  readonly asked: Set<Promise<unknown>>;
  /** Nothing more is taken from it. */
  closing: boolean;
};

/** Session identifiers that are remembered, so that none serves two connections. */
const sshSessionIdsMax = 100_000;

/** Which worker has which connection. */
export class Placements {
  readonly #sshSessionIds = new Set<string>();
  readonly #byConnection = new Map<string, Placement>();
  readonly #bySession = new Map<string, Placement>();
  readonly #byWorker = new Map<number, Set<Placement>>();

  place(arrival: Arrival, worker: number): void {
    const placement: Placement = {
      arrival,
      worker,
      sshSessionId: undefined,
      sessionId: undefined,
      asked: new Set(),
      closing: false,
    };
    this.#byConnection.set(arrival.connectionId, placement);
    const others = this.#byWorker.get(worker) ?? new Set();
    this.#byWorker.set(worker, others.add(placement));
  }

  /**
   * Takes the first exchange hash of a connection for its session identifier. False where another connection had it: no
   * honest key exchange comes to the same hash twice, and signatures made for one connection must not serve another.
   */
  identify(placement: Placement, exchangeHash: Uint8Array): boolean {
    if (placement.sshSessionId !== undefined) return true;
    const text = Buffer.from(exchangeHash).toString('base64');
    if (this.#sshSessionIds.has(text)) return false;
    for (const oldest of this.#sshSessionIds) {
      if (this.#sshSessionIds.size < sshSessionIdsMax) break;
      this.#sshSessionIds.delete(oldest);
    }
    this.#sshSessionIds.add(text);
    placement.sshSessionId = exchangeHash;
    return true;
  }

  loggedIn(placement: Placement, sessionId: string): void {
    placement.sessionId = sessionId;
    this.#bySession.set(sessionId, placement);
  }

  remove(placement: Placement): void {
    const { arrival, sessionId, worker } = placement;
    this.#byConnection.delete(arrival.connectionId);
    if (sessionId !== undefined) this.#bySession.delete(sessionId);
    const others = this.#byWorker.get(worker);
    others?.delete(placement);
    if (others?.size === 0) this.#byWorker.delete(worker);
  }

  ofConnection(connectionId: string): Placement | undefined {
    return this.#byConnection.get(connectionId);
  }

  ofSession(sessionId: string): Placement | undefined {
    return this.#bySession.get(sessionId);
  }

  ofWorker(worker: number): readonly Placement[] {
    return [...(this.#byWorker.get(worker) ?? [])];
  }

  countOf(worker: number): number {
    return this.#byWorker.get(worker)?.size ?? 0;
  }
}
