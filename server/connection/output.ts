import type { Socket } from 'node:net';
import type { Reading } from './reading.ts';
import type { MemoryUse } from '../memory/budget.ts';
import type { ConnectionLimits } from './own-limits.ts';
import type { WireProtocol } from './ssh2-internals.ts';

/** The way of encrypted packets to the socket. */
export interface Output {
  /** Channels must wait: the socket is behind, or a key exchange runs and packets would queue without bound. */
  readonly blocked: boolean;
  /** Encrypted bytes that were given to the socket so far, and those of them that the kernel has taken. */
  readonly bytesGiven: number;
  readonly bytesGone: number;
}

/** A socket's handle: its `drain` tells only of an empty queue, which a slow peer takes minutes to reach. */
type Handle = { readonly bytesWritten: number; readonly writeQueueSize: number };

/**
 * Takes ssh2's output over. ssh2 writes each packet by itself and looks at no result of `socket.write`; here the packets
 * of one turn of the event loop leave together, and a peer that does not read makes first the channels wait and then
 * our own reading, so that nothing piles up.
 */
export function takeOutput(
  socket: Socket,
  protocol: WireProtocol,
  reading: Reading,
  limits: ConnectionLimits,
  memory: MemoryUse,
  after: { room(): void; written(): void },
): Output {
  let corked = false;
  let paused = false;
  let charged = 0;

  function account(bytes: number): void {
    memory.charge(bytes - charged);
    charged = bytes;
  }

  function write(data: Buffer): void {
    if (!socket.writable) return;
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    socket.write(data, written);
    account(socket.writableLength);
    if (!paused && socket.writableLength > limits.outputBytesPause) {
      paused = true;
      reading.hold('output');
    }
  }

  /** `drain` comes only after a write that filled the socket: smaller ones would stay on the account. */
  function written(): void {
    account(socket.writableLength);
  }

  function uncork(): void {
    corked = false;
    socket.uncork();
    after.written();
  }

  socket.once('close', () => account(0));
  socket.on('drain', () => {
    if (paused) {
      paused = false;
      reading.release('output');
    }
    after.room();
  });

  protocol._onWrite = write;
  // The cipher of before the key exchange has its own copy (Protocol.js:277); later ones take the protocol's.
  protocol._cipher._onWrite = write;

  return {
    get blocked() {
      const bytesMax = memory.isOver ? limits.outputBytesShortMax : limits.outputBytesMax;
      return protocol._kexinit !== undefined || socket.writableLength > bytesMax;
    },
    get bytesGiven() {
      return socket.bytesWritten;
    },
    get bytesGone() {
      const { _handle: handle } = socket as unknown as { _handle: Handle | null };
      return handle === null ? socket.bytesWritten : handle.bytesWritten - handle.writeQueueSize;
    },
  };
}
