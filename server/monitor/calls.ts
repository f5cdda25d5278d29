/** One message of the seam between processes. */
export type Message =
  | { readonly kind: 'call'; readonly id: number; readonly verb: string; readonly args: unknown }
  | { readonly kind: 'note'; readonly verb: string; readonly args: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly value: unknown }
  /** The call failed for a reason that is no refusal: a defect, which the other side has logged. */
  | { readonly kind: 'failure'; readonly id: number };

export type CallsParts = {
  readonly send: (message: Message) => void;
  /** Answers the other side's calls, and takes its notes. */
  readonly serve: (verb: string, args: readonly unknown[]) => Promise<unknown>;
  readonly onFault: (error: unknown) => void;
};

/** Questions and answers over one channel of messages. */
export class Calls {
  readonly #parts: CallsParts;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended = false;
  #onSettled: (() => void)[] = [];

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  /** Rejects when the other side failed or is gone. */
  call(verb: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#ended) return Promise.reject(new Error(`${verb}: the other process is gone`));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, verb });
      this.#parts.send({ kind: 'call', id, verb, args });
    });
  }

  /** Says something that needs no answer. */
  note(verb: string, ...args: readonly unknown[]): void {
    if (!this.#ended) this.#parts.send({ kind: 'note', verb, args });
  }

  /** Resolves when nothing that was asked is unanswered. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0)
      await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  received(message: Message): void {
    switch (message.kind) {
      case 'call':
        void this.#answer(message.id, message.verb, message.args);
        return;
      case 'note':
        this.#serve(message.verb, message.args).catch(this.#parts.onFault);
        return;
      case 'reply':
        this.#take(message.id)?.resolve(message.value);
        return;
      case 'failure': {
        const waiting = this.#take(message.id);
        waiting?.reject(new Error(`${waiting.verb}: the other process failed; its log says why`));
      }
    }
  }

  /** The other side is gone: whoever waits for it waits in vain. */
  end(): void {
    this.#ended = true;
    for (const { reject, verb } of this.#waiting.values())
      reject(new Error(`${verb}: the other process is gone`));
    this.#waiting.clear();
    this.#settle();
  }

  async #answer(id: number, verb: string, args: unknown): Promise<void> {
    try {
      const value = await this.#serve(verb, args);
      if (!this.#ended) this.#parts.send({ kind: 'reply', id, value });
    } catch (error) {
      this.#parts.onFault(error);
      if (!this.#ended) this.#parts.send({ kind: 'failure', id });
    }
  }

  async #serve(verb: string, args: unknown): Promise<unknown> {
    if (!Array.isArray(args)) throw new Error(`${verb}: no arguments`);
    return this.#parts.serve(verb, args);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#settle();
    return waiting;
  }

  #settle(): void {
    for (const settled of this.#onSettled.splice(0)) settled();
  }
}

type Waiting = {
  readonly verb: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
};
