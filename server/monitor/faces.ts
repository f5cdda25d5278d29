import type { CloseReason, ConnectionClosing } from '../domain/authentication.ts';
import { refuse, succeed, type Outcome } from '../domain/faults.ts';
import type { FileReplies, FileRequestKind, FileRequestOf } from '../domain/requests.ts';
import type { Placement, Placements } from './placements.ts';
import { Questions } from './questions.ts';
import type { Answers, Monitor } from './verbs.ts';

export type FacesParts = {
  /** What answers once it is known that the worker may ask. */
  readonly monitor: Answers;
  readonly placements: Placements;
  /** Signs with the private host key of that type; undefined where there is none. */
  readonly signExchange: (exchangeHash: Uint8Array, type: string) => Uint8Array | undefined;
  /** Undefined if one of them is no host key of ours. */
  readonly proveHostKeys: (
    sshSessionId: Uint8Array,
    blobs: readonly Uint8Array[],
  ) => readonly Uint8Array[] | undefined;
  /** The server is on its way down: no login and no transfer begins any more. */
  readonly isStopping: () => boolean;
  /** A connection is over, and everything of it is settled. */
  readonly onLeft: (connectionId: string, reason: CloseReason) => void;
  readonly onFault: (error: unknown) => void;
  /** Counts what is asked. */
  readonly questions?: Questions;
};

export interface Faces {
  /** The monitor as one worker sees it. */
  of(worker: number): Monitor;
  /** The worker is gone: what it had is settled as if each of its connections had been cut. @returns how many it had */
  lost(worker: number): Promise<number>;
  /** A socket was closed before any worker had it. */
  neverHanded(connectionId: string): void;
}

/** SHA-256 to SHA-512. */
const exchangeHashBytes: ReadonlySet<number> = new Set([32, 48, 64]);

/**
 * A worker may speak of the connections that were handed to it, and of no others: of where they come from it is told,
 * not asked.
 */
export function createFaces(parts: FacesParts): Faces {
  const { monitor, placements, questions = new Questions() } = parts;

  /** Runs what a worker asked for a connection of its own; undefined where it is not, or is over. */
  function serve<T>(
    worker: number,
    kind: string,
    placement: Placement | undefined,
    work: (placement: Placement) => Promise<T>,
  ): Promise<T> | undefined {
    if (placement === undefined || placement.worker !== worker || placement.closing)
      return undefined;
    questions.asked(kind);
    const answer = work(placement);
    // Whoever closes the connection waits for it, however it ends.
    const asked = answer.then(
      () => undefined,
      () => undefined,
    );
    placement.asked.add(asked);
    void asked.then(() => {
      questions.answered();
      return placement.asked.delete(asked);
    });
    return answer;
  }

  async function close(placement: Placement, closing: ConnectionClosing): Promise<void> {
    placement.closing = true;
    await Promise.all(placement.asked);
    try {
      await monitor.connectionClosed(closing);
    } finally {
      placements.remove(placement);
      parts.onLeft(closing.connectionId, closing.reason);
    }
  }

  function sign(placement: Placement, exchangeHash: Uint8Array, type: string): Outcome<Uint8Array> {
    if (!exchangeHashBytes.has(exchangeHash.length)) return refuse('message-malformed');
    if (!placements.identify(placement, exchangeHash)) return refuse('proof-malformed');
    const signature = parts.signExchange(exchangeHash, type);
    return signature === undefined ? refuse('message-malformed') : succeed(signature);
  }

  /** What is signed begins with another word than an exchange hash, and is built here: a worker cannot choose it. */
  function prove(
    { sshSessionId, sessionId }: Placement,
    blobs: readonly Uint8Array[],
  ): Outcome<readonly Uint8Array[]> {
    if (sshSessionId === undefined || sessionId === undefined) return refuse('session-ended');
    const signatures = parts.proveHostKeys(sshSessionId, blobs);
    return signatures === undefined ? refuse('message-malformed') : succeed(signatures);
  }

  const faceOf = (worker: number): Monitor => ({
    signExchange: async (connectionId, exchangeHash, type) =>
      serve(worker, 'sign-exchange', placements.ofConnection(connectionId), async (placement) =>
        sign(placement, exchangeHash, type),
      ) ?? refuse('session-ended'),
    proveHostKeys: async (connectionId, blobs) =>
      serve(worker, 'prove-host-keys', placements.ofConnection(connectionId), async (placement) =>
        prove(placement, blobs),
      ) ?? refuse('session-ended'),
    connectionOpened: async (opening) =>
      serve(
        worker,
        'connection-opened',
        placements.ofConnection(opening.connectionId),
        ({ arrival }) => monitor.connectionOpened({ ...opening, source: arrival.source }),
      ) ?? refuse('session-ended'),
    authenticate: async (attempt) =>
      serve(
        worker,
        'authenticate',
        placements.ofConnection(attempt.connectionId),
        async (placement) => {
          if (parts.isStopping()) return { kind: 'disconnect' };
          const reply = await monitor.authenticate(attempt);
          if (reply.kind === 'accepted') placements.loggedIn(placement, reply.ticket.sessionId);
          return reply;
        },
      ) ?? { kind: 'disconnect' },
    connectionClosed: async (closing) => {
      const placement = placements.ofConnection(closing.connectionId);
      if (placement === undefined || placement.worker !== worker || placement.closing) return;
      await close(placement, closing);
    },
    request: async <K extends FileRequestKind>(
      sessionId: string,
      request: FileRequestOf<K>,
    ): Promise<Outcome<FileReplies[K]>> =>
      serve(worker, request.kind, placements.ofSession(sessionId), async () =>
        request.kind === 'open' && parts.isStopping()
          ? refuse('server-stopping')
          : monitor.request<K>(sessionId, request),
      ) ?? refuse('session-ended'),
    refused: async (sessionId, refused) =>
      serve(worker, 'refused', placements.ofSession(sessionId), () =>
        monitor.refused(sessionId, refused),
      ),
    progress: (sessionId, progress) => {
      const placement = placements.ofSession(sessionId);
      if (placement?.worker === worker && !placement.closing) monitor.progress(sessionId, progress);
    },
  });

  return {
    of: faceOf,
    lost: async (worker) => {
      const left = placements.ofWorker(worker);
      const closings = left.map(async (placement) => {
        // Its close may have been under way.
        if (placement.closing) return;
        await close(placement, cutOff(placement));
      });
      for (const result of await Promise.allSettled(closings))
        if (result.status === 'rejected') parts.onFault(result.reason);
      return left.length;
    },
    neverHanded: (connectionId) => parts.onLeft(connectionId, 'worker-lost'),
  };
}

/** What can be said of a connection whose worker can say nothing more. */
function cutOff({ arrival }: Placement): ConnectionClosing {
  return {
    connectionId: arrival.connectionId,
    reason: 'worker-lost',
    operations: {},
    bytesRead: 0,
    bytesWritten: 0,
  };
}
