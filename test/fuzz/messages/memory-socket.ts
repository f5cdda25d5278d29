import { Socket } from 'node:net';

/** A socket without a network: what the server writes is handed to `sent`, what the client says is pushed. */
export class MemorySocket extends Socket {
  readonly #sent: (bytes: Buffer) => void;

  constructor(sent: (bytes: Buffer) => void) {
    super({ allowHalfOpen: false });
    this.#sent = sent;
  }

  override _read(): void {
    // Bytes come when the client pushes them.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#sent(chunk);
    done();
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    for (const { chunk } of chunks) this.#sent(chunk);
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error);
    // `net.Socket` tells its streams not to.
    process.nextTick(() => this.emit('close', error !== null));
  }
}
