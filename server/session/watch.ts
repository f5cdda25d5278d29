const lookMs = 1_000;

/** What is looked at once a second. */
export interface Watched {
  look(nowMs: number): void;
}

/** One timer for all sessions: thousands of idle ones would else each have their own to wake up for. */
export class Watch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#lookAtAll(), lookMs);
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lookAtAll(): void {
    const nowMs = performance.now();
    for (const watched of this.#watched) watched.look(nowMs);
  }
}
