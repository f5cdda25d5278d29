/** How long one channel may keep the event loop before everybody else gets a turn. */
const turnMsMax = 2;

/**
 * What comes from memory settles in microtasks, so a loop over it never lets another connection in, and not even hears
 * that its own client hung up. `pause` lets the others in once a turn has taken its share.
 */
export class Turn {
  #startedMs = performance.now();

  get isLong(): boolean {
    return performance.now() - this.#startedMs > turnMsMax;
  }

  async pause(): Promise<void> {
    await new Promise(setImmediate);
    this.#startedMs = performance.now();
  }
}
