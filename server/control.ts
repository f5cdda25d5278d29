import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { BackupLease, BackupReport } from './backup-lease.ts';
import { Fault, refusalOf, valueOf, type Outcome } from './domain/faults.ts';
import type { RotatedKey } from './signing/rotating-key.ts';
import { socketPath } from './socket-path.ts';

/** A key that the owner of the host asks for. */
export type WantedKey = {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; null is never. */
  readonly expiresAtMs: number | null;
};

/** What the owner of the host may ask of a running server. */
export type ControlVerbs = {
  issueAdminKey(wanted: WantedKey): Promise<{ readonly key: string }>;
  beginBackup(backup: string, to: string): Promise<BackupLease>;
  rotateEvidenceKey(): Promise<RotatedKey>;
};

/**
 * A line of JSON. `begin-backup` is answered, and the connection then stays: with `alive` now and then, until `end-backup`
 * or its close, which breaks the backup off.
 */
type ControlRequest =
  | ({ readonly verb: 'issue-admin-key' } & WantedKey)
  | { readonly verb: 'rotate-evidence-key' }
  | { readonly verb: 'begin-backup'; readonly backup: string; readonly to: string }
  | { readonly verb: 'alive' }
  | ({ readonly verb: 'end-backup' } & BackupReport);

export type Control = {
  /** Cuts who is still connected; what was asked is done first, and a backup under way breaks off. */
  close(): Promise<void>;
};

const requestBytesMax = 16 * 1024;
const requestMsMax = 10_000;
/** A backup that nothing was heard of for so long is given up: the bytes that it holds cost room on the disk. */
const silenceMsMax = 60 * 60_000;

const socketName = 'control.sock';
/**
 * A socket (0600) in the data directory: who may open it owns the host (DESIGN.md D8). Lines of JSON in and out.
 *
 * @param onFault told of what nobody who asked can be told of
 */
export async function listenControl(
  dataDirectory: string,
  verbs: ControlVerbs,
  onFault: (error: unknown) => void,
): Promise<Control> {
  const { path, close } = socketPath(dataDirectory, socketName);
  // The lock on the data directory is ours, so a socket that is there is left over.
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const conversations = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // Whoever asked has hung up before the answer: that is their affair, and without a listener it would end the process.
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    const conversation = converse(socket, verbs)
      .catch(onFault)
      .finally(() => conversations.delete(conversation));
    conversations.add(conversation);
  });
  server.once('close', close);
  await listenPrivately(server, path);
  return {
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(conversations);
    },
  };
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(path, resolve),
    );
  } finally {
    process.umask(umask);
  }
  chmodSync(path, 0o600);
}

async function converse(socket: Socket, verbs: ControlVerbs): Promise<void> {
  socket.setTimeout(requestMsMax, () => socket.destroy());
  let lease: BackupLease | undefined;
  try {
    for await (const line of linesOf(socket)) {
      const request = requestIn(line);
      if (lease !== undefined && request?.verb === 'alive') continue;
      const outcome = await outcomeOf(async () => {
        if (request?.verb === 'issue-admin-key') return verbs.issueAdminKey(request);
        if (request?.verb === 'rotate-evidence-key') return verbs.rotateEvidenceKey();
        if (lease === undefined && request?.verb === 'begin-backup') {
          lease = await verbs.beginBackup(request.backup, request.to);
          return {};
        }
        if (lease === undefined || request?.verb !== 'end-backup')
          throw new Fault('message-malformed');
        await lease.end(request);
        return {};
      });
      const goesOn = request?.verb === 'begin-backup' && outcome.ok;
      if (goesOn) socket.setTimeout(silenceMsMax);
      socket.write(`${JSON.stringify(outcome)}\n`);
      if (!goesOn) break;
    }
  } finally {
    socket.end();
    await lease?.breakOff();
  }
}

/** Until the other side is done, or gone. What is too long for a request cuts the connection. */
async function* linesOf(socket: Socket): AsyncIterable<string> {
  let received = '';
  socket.setEncoding('utf8');
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const lines = (received + String(chunk)).split('\n');
      received = lines.pop() ?? '';
      yield* lines;
      if (received.length > requestBytesMax) socket.destroy();
    }
  } catch {
    // The connection broke: nothing more comes.
  }
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, refusal: refusalOf(error) };
  }
}

function requestIn(line: string): ControlRequest | undefined {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof given !== 'object' || given === null) return undefined;
  const fields = given as Readonly<Record<string, unknown>>;
  const { verb, name, scopes, expiresAtMs = null, backup, to, files, bytes, manifest } = fields;
  switch (verb) {
    case 'issue-admin-key': {
      const isTime = expiresAtMs === null || typeof expiresAtMs === 'number';
      if (typeof name !== 'string' || !Array.isArray(scopes) || !isTime) return undefined;
      return { verb, name, scopes: scopes.map(String), expiresAtMs };
    }
    case 'begin-backup':
      if (typeof backup !== 'string' || typeof to !== 'string') return undefined;
      return { verb, backup, to };
    case 'alive':
    case 'rotate-evidence-key':
      return { verb };
    case 'end-backup':
      if (!isCount(files) || !isCount(bytes) || typeof manifest !== 'string') return undefined;
      return { verb, files, bytes, manifest };
    default:
      return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * Asks the server that holds the data directory for a key; undefined where none listens.
 *
 * @throws Fault what it refuses with, or `unavailable`
 */
export async function askForKey(
  dataDirectory: string,
  wanted: WantedKey,
): Promise<string | undefined> {
  const line = await ControlLine.open(dataDirectory);
  if (line === undefined) return undefined;
  try {
    return (await line.ask<{ key: string }>({ verb: 'issue-admin-key', ...wanted })).key;
  } finally {
    line.close();
  }
}

/**
 * Has the server that holds the data directory take another evidence key; undefined where none listens.
 *
 * @throws Fault what it refuses with, or `unavailable`
 */
export async function askForRotation(dataDirectory: string): Promise<RotatedKey | undefined> {
  const line = await ControlLine.open(dataDirectory);
  if (line === undefined) return undefined;
  try {
    return await line.ask<RotatedKey>({ verb: 'rotate-evidence-key' });
  } finally {
    line.close();
  }
}

/** A lease of the server that runs. */
export type RemoteLease = BackupLease & {
  /** Says that the backup goes on. */
  alive(): void;
  /** Aborted when the server lets go of it: it stopped, or gave the backup up. */
  readonly lost: AbortSignal;
};

/**
 * Begins a backup at the server that holds the data directory; undefined where none listens.
 *
 * @throws Fault what it refuses with, or `unavailable`
 */
export async function askForLease(
  dataDirectory: string,
  backup: string,
  to: string,
): Promise<RemoteLease | undefined> {
  const line = await ControlLine.open(dataDirectory);
  if (line === undefined) return undefined;
  try {
    await line.ask({ verb: 'begin-backup', backup, to });
  } catch (error) {
    line.close();
    throw error;
  }
  return {
    alive: () => line.say({ verb: 'alive' }),
    lost: line.ended,
    end: async (report) => {
      await line.ask({ verb: 'end-backup', ...report });
      line.close();
    },
    breakOff: async () => line.close(),
  };
}

/** Our end of a conversation. */
class ControlLine {
  readonly #socket: Socket;
  readonly #replies: AsyncIterator<string>;
  readonly #ended = new AbortController();

  static open(dataDirectory: string): Promise<ControlLine | undefined> {
    return new Promise((resolve, reject) => {
      const { path, close } = socketPath(dataDirectory, socketName);
      const socket = createConnection(path).once('close', close);
      socket.once('connect', () => resolve(new ControlLine(socket)));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
        else reject(error);
      });
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#replies = linesOf(socket)[Symbol.asyncIterator]();
    socket.once('close', () => this.#ended.abort());
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  say(request: ControlRequest): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(request)}\n`);
  }

  async ask<T>(request: ControlRequest): Promise<T> {
    const late = setTimeout(() => this.close(), requestMsMax);
    this.say(request);
    const reply = await this.#replies.next();
    clearTimeout(late);
    if (reply.done === true) throw new Fault('unavailable', 'the server did not answer');
    let outcome: Outcome<T>;
    try {
      outcome = JSON.parse(reply.value) as Outcome<T>;
    } catch (cause) {
      throw new Fault('unavailable', 'the server answered with something else', { cause });
    }
    return valueOf(outcome);
  }

  close(): void {
    this.#socket.destroy();
  }
}
