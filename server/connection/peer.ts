import type { Duplex } from 'node:stream';
import type { MemoryAccount } from '../memory/budget.ts';
import type { Pace } from '../pace/pace.ts';
import type { AuthenticationReply, CloseReason, Proof, Source } from '../domain/authentication.ts';

/** A connection whose first key exchange is done and whose login is not. */
export interface Peer {
  /** 128 random bits, 32 hex digits, from TCP accept on. */
  readonly connectionId: string;
  readonly source: Source;
  /** The client's identification string: printable ASCII, at most 255 bytes. */
  readonly client: string;
  /** As negotiated: `kex`, `hostKey`, `cipher`, `mac`. */
  readonly algorithms: Readonly<Record<string, string>>;
  /** Sends SSH_MSG_DISCONNECT where that is possible, then destroys the socket. Idempotent. */
  end(reason: CloseReason): void;
  /** From here on the connection keeps its user's pace. */
  keepPace(pace: Pace): void;
}

/** What the session side does for a peer. Given once, synchronously, when the listener announces the peer. */
export interface PeerHandlers {
  /** One proof at a time, in the order they came; the answer goes on the wire once. A rejection ends the connection. */
  authenticate(username: string, proof: Proof): Promise<AuthenticationReply>;
  /** The `sftp` subsystem was asked for and granted. */
  channel(channel: SftpChannel): void;
  /** The socket is gone; called exactly once, whatever happened. */
  closed(reason: CloseReason): void;
}

/** The raw channel of an `sftp` subsystem (DESIGN.md D2). */
export interface SftpChannel {
  /** Readable side: bytes from the client, with flow control by `pause` and `resume`. Writable side: bytes to it. */
  readonly stream: Duplex;
  /** For everything that is held for the channel; what is unread in the SSH window is on it already. */
  readonly memory: MemoryAccount;
  readonly pace: Pace;
  /** Bytes that the client took so far, at least for as long as it is looked at every few seconds. */
  bytesTaken(): number;
  /** Ends it well: what was written goes out, then exit-status 0, EOF and CLOSE. Without the first, `scp` fails. */
  finish(): void;
}
