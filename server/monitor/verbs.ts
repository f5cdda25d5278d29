import type {
  AuthenticationAttempt,
  AuthenticationReply,
  CloseReason,
  ConnectionClosing,
  ConnectionOpening,
} from '../domain/authentication.ts';
import type { Outcome } from '../domain/faults.ts';
import type {
  FileReplies,
  FileRequestKind,
  FileRequestOf,
  SessionProgress,
} from '../domain/requests.ts';

/**
 * The seam between the two sides (DESIGN.md section 2, D10): a worker holds a `Monitor`, the monitor holds a `Worker` face
 * for each. Both are of one build, so it has no version of its own.
 */
export interface Monitor {
  /**
   * The host key's signature over an exchange hash (RFC 4253 section 8), as ssh2 wants it: Ed25519 64 raw bytes, ECDSA
   * DER. The first one of a connection is its session identifier, and the monitor remembers it. The key is the one in use
   * of that type.
   */
  signExchange(
    connectionId: string,
    exchangeHash: Uint8Array,
    type: string,
  ): Promise<Outcome<Uint8Array>>;
  /** That the server has these host keys, bound to the connection (OpenSSH's PROTOCOL section 2.5), each as on the wire. */
  proveHostKeys(
    connectionId: string,
    blobs: readonly Uint8Array[],
  ): Promise<Outcome<readonly Uint8Array[]>>;
  /** The first key exchange is done. Refused: close the socket without a word. */
  connectionOpened(opening: ConnectionOpening): Promise<Outcome<null>>;
  authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationReply>;
  /** Once for each socket that was handed over. Every open that it still had was closed as partial before. */
  connectionClosed(closing: ConnectionClosing): Promise<void>;
  request<K extends FileRequestKind>(
    sessionId: string,
    request: FileRequestOf<K>,
  ): Promise<Outcome<FileReplies[K]>>;
  /** An SFTP request that the worker refused by itself (malformed, unsupported), for the ledger. */
  refused(
    sessionId: string,
    refused: { operation: string; path: string; code: string },
  ): Promise<void>;
  /** What it has moved so far, at most once a second and only when it is not what was said before; lost without harm. */
  progress(sessionId: string, progress: SessionProgress): void;
}

/** What the monitor answers by itself; the host keys are somebody else's. */
export type Answers = Omit<Monitor, 'signExchange' | 'proveHostKeys'>;

/** What the monitor may ask of a worker. None of these rejects because the worker is gone: then it is done. */
export interface Worker {
  /** Ends the connection. Its opens are settled before the promise resolves. */
  endConnection(connectionId: string, reason: CloseReason): Promise<void>;
  /** Takes one open away from its connection: its bytes are made durable and its later requests fail. */
  revokeOpen(connectionId: string, openId: string): Promise<void>;
  /**
   * The graceful stop: who has no file open is told goodbye, the rest when their files are closed, or after `msMax`.
   * Resolves when no connection is left.
   */
  drain(msMax: number): Promise<void>;
}
