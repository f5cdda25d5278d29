import type { Socket } from 'node:net';
import type { MemoryUse } from '../memory/budget.ts';
import type { ConnectionLimits } from './own-limits.ts';
import type { WireProtocol } from './ssh2-internals.ts';

/** The way of encrypted packets to the socket. */
export interface Output {
  /** Channels must wait: the socket is behind, or a key exchange runs and packets would queue without bound. */
  readonly blocked: boolean;
}

/**
 * Takes ssh2's output over. ssh2 writes each packet by itself and looks at no result of `socket.write`; here the packets
 * of one turn of the event loop leave together, and a peer that does not read makes first the channels wait and then
 * our own reading, so that nothing piles up.
 */
export function takeOutput(
  socket: Socket,
  protocol: WireProtocol,
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
    socket.write(data);
    account(socket.writableLength);
    if (!paused && socket.writableLength > limits.outputBytesPause) {
      paused = true;
      socket.pause();
    }
  }

  function uncork(): void {
    corked = false;
    socket.uncork();
    after.written();
  }

  socket.once('close', () => account(0));
  socket.on('drain', () => {
    account(socket.writableLength);
    if (paused) {
      paused = false;
      socket.resume();
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
  };
}
