import type { BlobStore } from '../blobs/store.ts';
import type { Peer, PeerHandlers, SftpChannel } from '../connection/peer.ts';
import type {
  AuthenticationReply,
  CloseReason,
  Proof,
  SessionTicket,
} from '../domain/authentication.ts';
import type { Outcome } from '../domain/faults.ts';
import { limits, type Limits } from '../domain/limits.ts';
import type { Monitor } from '../monitor/verbs.ts';
import type { PaceLimits, Paces } from '../pace/pace.ts';
import { SftpServer } from '../sftp/server.ts';
import { Stall } from './stall.ts';
import type { Watch, Watched } from './watch.ts';

export type SessionParts = {
  readonly monitor: Monitor;
  readonly store: BlobStore;
  readonly clock: () => number;
  readonly limits: Pick<Limits, 'idleMsMax' | 'sessionMsMax'> & PaceLimits;
  readonly onFault: (error: unknown) => void;
};

/** A client that is about to send another request, such as the SETSTAT after a CLOSE, does so within this. */
const doneAfterMs = 500;

/** One connection from its key exchange to its close: at most one login, and that login's channels. */
export class Session implements PeerHandlers, Watched {
  readonly #peer: Peer;
  readonly #parts: SessionParts;
  readonly #watch: Watch;
  readonly #paces: Paces;
  readonly #opening: Promise<Outcome<null>>;
  readonly #onOver: (session: Session) => void;
  readonly #servers = new Map<SftpServer, Stall>();
  readonly #operations = new Map<string, number>();
  #ticket: SessionTicket | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** Both, as the monitor was last told. */
  #bytesReported = 0;
  #begunMs = 0;
  #lastRequestMs = 0;
  /** Nothing is held in memory since the last request. */
  #rested = true;
  #endedFor: CloseReason | undefined;
  #closed = false;
  #isOver!: () => void;
  /** Resolves when everything that was open is settled and the close is recorded. */
  readonly over = new Promise<void>((resolve) => (this.#isOver = resolve));

  constructor(
    peer: Peer,
    parts: SessionParts,
    { watch, paces }: { readonly watch: Watch; readonly paces: Paces },
    onOver: (session: Session) => void,
  ) {
    this.#peer = peer;
    this.#parts = parts;
    this.#watch = watch;
    this.#paces = paces;
    this.#onOver = onOver;
    const { connectionId, source, client, algorithms } = peer;
    this.#opening = parts.monitor.connectionOpened({ connectionId, source, client, algorithms });
    // The first proof waits for it and sees its rejection; a peer that never offers one must not raise it unhandled.
    this.#opening.catch((error: unknown) => parts.onFault(error));
  }

  get sessionId(): string | undefined {
    return this.#ticket?.sessionId;
  }

  async authenticate(username: string, proof: Proof): Promise<AuthenticationReply> {
    const opened = await this.#opening;
    if (!opened.ok) return { kind: 'disconnect' };
    const { connectionId } = this.#peer;
    const reply = await this.#parts.monitor.authenticate({ connectionId, username, proof });
    // The peer may have gone while its proof was looked at.
    if (reply.kind === 'accepted' && !this.#closed) this.#begin(reply.ticket);
    return reply;
  }

  #begin(ticket: SessionTicket): void {
    this.#ticket = ticket;
    this.#begunMs = performance.now();
    this.#lastRequestMs = this.#begunMs;
    this.#watch.add(this);
    this.#peer.keepPace(this.#paces.of(ticket.username));
  }

  /** Once a second from the login on. */
  look(nowMs: number): void {
    if (this.#endedFor !== undefined) return;
    const { idleMsMax, sessionMsMax } = this.#parts.limits;
    const idleMs = nowMs - this.#lastRequestMs;
    // Requests keep a session from being idle; keepalives and TCP do not (compliance.md C11).
    if (idleMs > idleMsMax || nowMs - this.#begunMs >= sessionMsMax) this.end('idle');
    for (const [server, stall] of this.#servers) {
      if (stall.look(server.flow, nowMs)) this.end('stalled');
    }
    this.#reportProgress();
    if (!this.#rested && (idleMs >= limits.handleRestMs || this.#isShortOfMemory)) this.#rest();
  }

  get #isShortOfMemory(): boolean {
    for (const server of this.#servers.keys()) return server.isShortOfMemory;
    return false;
  }

  /** What open handles keep in memory goes to disk, or is read again when it is asked for. */
  #rest(): void {
    this.#rested = true;
    for (const server of this.#servers.keys())
      server.rest().catch((error: unknown) => this.#parts.onFault(error));
  }

  channel(channel: SftpChannel): void {
    const ticket = this.#ticket;
    if (ticket === undefined) throw new Error('a channel before the login');
    const { monitor, store, clock, onFault } = this.#parts;
    const { sessionId, username } = ticket;
    const server = new SftpServer(channel, {
      monitor,
      store,
      clock,
      onFault,
      sessionId,
      username,
      filesOpen: () => this.#openFileCount,
      onUnsettled: (openId, refusal) =>
        onFault(new Error(`upload ${openId} could not be kept: ${refusal.code}`)),
      onRequest: (operation) => {
        this.#lastRequestMs = performance.now();
        this.#rested = false;
        this.#operations.set(operation, (this.#operations.get(operation) ?? 0) + 1);
      },
      onRefused: (operation, path, refusal) =>
        monitor.refused(sessionId, { operation, path, code: refusal.code }),
      onBytes: (read, written) => {
        this.#bytesRead += read;
        this.#bytesWritten += written;
      },
      onEnd: (ended) => this.#servers.delete(ended),
    });
    this.#servers.set(server, new Stall());
  }

  /** No file is open, and the client has been quiet since long enough to have read the last answer. */
  get isDone(): boolean {
    if (this.#ticket === undefined) return true;
    if (this.#openFileCount > 0) return false;
    return performance.now() - this.#lastRequestMs > doneAfterMs;
  }

  get #openFileCount(): number {
    let count = 0;
    for (const server of this.#servers.keys()) count += server.openFileCount;
    return count;
  }

  #reportProgress(): void {
    if (this.#ticket === undefined) return;
    let [bytesRead, bytesWritten] = [this.#bytesRead, this.#bytesWritten];
    const files: { readonly openId: string; readonly bytes: number }[] = [];
    for (const server of this.#servers.keys()) {
      for (const handle of server.openFiles) {
        bytesRead += handle.bytesRead;
        bytesWritten += handle.bytesWritten;
        const { openId, isWriting, size } = handle;
        files.push({ openId, bytes: isWriting ? size : handle.bytesRead });
      }
    }
    // What an idle login has moved is known.
    if (files.length === 0 && bytesRead + bytesWritten === this.#bytesReported) return;
    this.#bytesReported = bytesRead + bytesWritten;
    this.#parts.monitor.progress(this.#ticket.sessionId, { bytesRead, bytesWritten, files });
  }

  /** Whether one of its channels holds that open. */
  async revokeOpen(openId: string): Promise<boolean> {
    for (const server of this.#servers.keys()) {
      for (const handle of server.openFiles) {
        if (handle.openId !== openId) continue;
        await server.revoke(handle);
        return true;
      }
    }
    return false;
  }

  /** Hangs up; `closed` follows. */
  end(reason: CloseReason): void {
    this.#endedFor ??= reason;
    this.#peer.end(reason);
  }

  closed(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#finish(this.#endedFor ?? reason).catch((error: unknown) => this.#parts.onFault(error));
  }

  async #finish(reason: CloseReason): Promise<void> {
    this.#watch.delete(this);
    if (this.#ticket !== undefined) this.#paces.release(this.#ticket.username);
    try {
      await Promise.all([...this.#servers.keys()].map((server) => server.end()));
      // Its rejection was told when it came.
      await this.#opening.catch(() => undefined);
      await this.#parts.monitor.connectionClosed({
        connectionId: this.#peer.connectionId,
        reason,
        operations: Object.fromEntries(this.#operations),
        bytesRead: this.#bytesRead,
        bytesWritten: this.#bytesWritten,
      });
    } finally {
      this.#onOver(this);
      this.#isOver();
    }
  }
}
