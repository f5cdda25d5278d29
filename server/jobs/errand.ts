/**
 * Work that is woken, and never beside itself: woken while it goes on, it is done once more, as what it was woken for may
 * have come behind it.
 */
export class Errand {
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #onFault: (error: unknown) => void;
  readonly #stopping = new AbortController();
  #underWay: Promise<void> | undefined;
  #isAwake = false;

  /** @param work ends early when it is aborted; what it throws is told, and ends this turn of it */
  constructor(work: (signal: AbortSignal) => Promise<void>, onFault: (error: unknown) => void) {
    this.#work = work;
    this.#onFault = onFault;
  }

  /** Whether it was woken since its work began. */
  get isAwake(): boolean {
    return this.#isAwake;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  wake(): void {
    this.#isAwake = true;
    if (this.isStopping || this.#underWay !== undefined) return;
    this.#underWay = this.#turn().finally(() => {
      this.#underWay = undefined;
      if (this.#isAwake) this.wake();
    });
  }

  /** Resolves when there is nothing more to do now. */
  async idle(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  /** Ends what is under way, and begins nothing more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#underWay;
  }

  async #turn(): Promise<void> {
    this.#isAwake = false;
    try {
      await this.#work(this.#stopping.signal);
    } catch (error) {
      this.#onFault(error);
    }
  }
}
