import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { Fault, refusalOf, type Outcome } from './domain/faults.ts';
import { socketPath } from './socket-path.ts';

/** What the owner of the host may ask of a running server. */
export type ControlRequest = {
  readonly verb: 'issue-admin-key';
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; null is never. */
  readonly expiresAtMs: number | null;
};

export type ControlReply = Outcome<{ readonly key: string }>;

const requestBytesMax = 16 * 1024;
const requestMsMax = 10_000;

const socketName = 'control.sock';
/**
 * A socket (0600) in the data directory: who may open it owns the host (DESIGN.md D8). One line of JSON in, one out.
 */
export async function listenControl(
  dataDirectory: string,
  serve: (request: ControlRequest) => Promise<{ key: string }>,
): Promise<Server> {
  const { path, close } = socketPath(dataDirectory, socketName);
  // The lock on the data directory is ours, so a socket that is there is left over.
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let received = '';
    socket.setTimeout(requestMsMax, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
      if (received.length > requestBytesMax) socket.destroy();
      if (!received.includes('\n')) return;
      socket.pause();
      void answer(received, serve).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  server.once('close', close);
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(path, resolve),
    );
  } finally {
    process.umask(umask);
  }
  chmodSync(path, 0o600);
  return server;
}

async function answer(
  line: string,
  serve: (request: ControlRequest) => Promise<{ key: string }>,
): Promise<ControlReply> {
  try {
    const request = JSON.parse(line) as Partial<ControlRequest>;
    if (
      request.verb !== 'issue-admin-key' ||
      typeof request.name !== 'string' ||
      !Array.isArray(request.scopes)
    ) {
      throw new Fault('message-malformed');
    }
    const { name, scopes, expiresAtMs = null } = request;
    return { ok: true, value: await serve({ verb: request.verb, name, scopes, expiresAtMs }) };
  } catch (error) {
    return { ok: false, refusal: refusalOf(error) };
  }
}

/** Asks the server that holds the data directory; undefined where none listens. */
export function askControl(
  dataDirectory: string,
  request: ControlRequest,
): Promise<ControlReply | undefined> {
  return new Promise((resolve, reject) => {
    const { path, close } = socketPath(dataDirectory, socketName);
    const socket = createConnection(path).once('close', close);
    let received = '';
    socket.setEncoding('utf8');
    socket.setTimeout(requestMsMax, () =>
      socket.destroy(new Fault('unavailable', 'the server did not answer in time')),
    );
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
    socket.on('end', () => {
      try {
        resolve(JSON.parse(received) as ControlReply);
      } catch (error) {
        reject(
          new Fault('unavailable', 'the server answered with something else', { cause: error }),
        );
      }
    });
  });
}
