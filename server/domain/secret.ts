import { inspect } from 'node:util';

const shown = '[secret]';

/** Something that must not be printed. Every way of turning it into text gives `[secret]`; reading it is asked for aloud. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
