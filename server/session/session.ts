import type { BlobStore } from '../blobs/store.ts';
import type { Peer, PeerHandlers, SftpChannel } from '../connection/peer.ts';
import type {
  AuthenticationReply,
  CloseReason,
  Proof,
  SessionTicket,
} from '../domain/authentication.ts';
import type { Outcome } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import type { Monitor } from '../monitor/verbs.ts';
import { SftpServer } from '../sftp/server.ts';

export type SessionParts = {
  readonly monitor: Monitor;
  readonly store: BlobStore;
  readonly clock: () => number;
  readonly onFault: (error: unknown) => void;
};

const progressMs = 1_000;

/** One connection from its key exchange to its close: at most one login, and that login's channels. */
export class Session implements PeerHandlers {
  readonly #peer: Peer;
  readonly #parts: SessionParts;
  readonly #opening: Promise<Outcome<null>>;
  readonly #onOver: (session: Session) => void;
  readonly #servers = new Set<SftpServer>();
  readonly #operations = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #ticket: SessionTicket | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  #lastRequestMs = 0;
  #endedFor: CloseReason | undefined;
  #closed = false;
  #isOver!: () => void;
  /** Resolves when everything that was open is settled and the close is recorded. */
  readonly over = new Promise<void>((resolve) => (this.#isOver = resolve));

  constructor(peer: Peer, parts: SessionParts, onOver: (session: Session) => void) {
    this.#peer = peer;
    this.#parts = parts;
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
    this.#lastRequestMs = performance.now();
    const watch = setInterval(() => {
      // Requests keep a session from being idle; keepalives and TCP do not (compliance.md C11).
      if (performance.now() - this.#lastRequestMs > limits.idleMsMax) this.end('idle');
    }, 5_000);
    const absolute = setTimeout(() => this.end('idle'), limits.sessionMsMax);
    const progress = setInterval(() => this.#reportProgress(ticket.sessionId), progressMs);
    this.#timers.push(watch, absolute, progress);
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
      filesOpen: () => [...this.#servers].reduce((sum, each) => sum + each.openFileCount, 0),
      onUnsettled: (openId, refusal) =>
        onFault(new Error(`upload ${openId} could not be kept: ${refusal.code}`)),
      onRequest: (operation) => {
        this.#lastRequestMs = performance.now();
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
    this.#servers.add(server);
  }

  #reportProgress(sessionId: string): void {
    const bytes = [...this.#servers].flatMap((server) =>
      [...server.openFiles].map(({ openId, isWriting, size, bytesRead }) => ({
        openId,
        bytes: isWriting ? size : bytesRead,
      })),
    );
    if (bytes.length > 0) this.#parts.monitor.progress(sessionId, bytes);
  }

  /** Whether one of its channels holds that open. */
  async revokeOpen(openId: string): Promise<boolean> {
    for (const server of this.#servers) {
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
    for (const timer of this.#timers) clearTimeout(timer);
    try {
      await Promise.all([...this.#servers].map((server) => server.end()));
      if ((await this.#opening).ok) {
        await this.#parts.monitor.connectionClosed({
          connectionId: this.#peer.connectionId,
          reason,
          operations: Object.fromEntries(this.#operations),
          bytesRead: this.#bytesRead,
          bytesWritten: this.#bytesWritten,
        });
      }
    } finally {
      this.#onOver(this);
      this.#isOver();
    }
  }
}
