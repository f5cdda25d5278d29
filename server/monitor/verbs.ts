import type {
  AuthenticationAttempt,
  AuthenticationReply,
  CloseReason,
  ConnectionClosing,
  ConnectionOpening,
} from '../domain/authentication.ts';
import type { Outcome } from '../domain/faults.ts';
import type { FileReplies, FileRequestKind, FileRequestOf } from '../domain/requests.ts';

/**
 * The seam between the two sides (DESIGN.md section 2, D10). A worker holds a `Monitor`, the monitor holds a `Worker`
 * face for each; every value that crosses survives `structuredClone`, so the two can be processes apart.
 */
export const seamVersion = 1;

export interface Monitor {
  /** Refused: close the socket without a word. */
  connectionOpened(opening: ConnectionOpening): Promise<Outcome<null>>;
  authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationReply>;
  /** Every open that the connection still had was closed as partial before. */
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
  /** Bytes of open files so far, at most once a second; lost without harm. */
  progress(
    sessionId: string,
    bytes: readonly { readonly openId: string; readonly bytes: number }[],
  ): void;
}

/** What the monitor may ask of a worker. */
export interface Worker {
  /** Ends the login. Its opens are settled before the promise resolves. */
  endSession(sessionId: string, reason: CloseReason): Promise<void>;
  /** Takes one open away from its session: its bytes are made durable and its later requests fail. */
  revokeOpen(openId: string): Promise<void>;
}
