import type { Socket } from 'node:net';

/** Whether the socket is read. Each reason to hold it is lifted by itself, and reading goes on when none is left. */
export class Reading {
  readonly #socket: Socket;
  readonly #held = new Set<string>();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  hold(reason: 'output' | 'pace'): void {
    if (this.#held.size === 0) this.#socket.pause();
    this.#held.add(reason);
  }

  release(reason: 'output' | 'pace'): void {
    if (this.#held.delete(reason) && this.#held.size === 0) this.#socket.resume();
  }
}
