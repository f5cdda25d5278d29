import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Test } from 'tap';
import type { LiveServer } from '../fixtures/live-server.ts';

/**
 * A line to the server that goes dead, without a word, after so many bytes of one direction: what a client without a
 * rate limit of its own is cut off by. Resolves with its port.
 */
export async function openDeadLine(
  t: Test,
  server: LiveServer,
  max: { upBytes?: number; downBytes?: number },
): Promise<number> {
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect(server.sftpPort, '127.0.0.1');
    for (const [socket, other, bytesMax] of [
      [near, far, max.upBytes],
      [far, near, max.downBytes],
    ] as const) {
      sockets.add(socket);
      let left = bytesMax ?? Number.POSITIVE_INFINITY;
      socket.on('data', (chunk: Buffer) => {
        const part = chunk.subarray(0, Math.min(chunk.length, left));
        left -= part.length;
        other.write(part);
        // Read on, or the end of the connection would not be seen; nothing more goes through.
      });
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    relay.close();
    for (const socket of sockets) socket.destroy();
  });
  return (relay.address() as AddressInfo).port;
}
