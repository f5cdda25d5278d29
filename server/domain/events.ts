import type { AlgorithmEvent } from './algorithm-events.ts';
import type { CertificateEvent } from './certificate-events.ts';
import type { FactorEvent } from './factor-events.ts';
import type { ArchiveEvent } from './archive-events.ts';
import type { CheckpointEvent } from './checkpoint-events.ts';
import type { FaultCode } from './faults.ts';
import type { CloseReason, ProofMethod, ShownCertificate } from './authentication.ts';
import type { RedactionEvent } from './redaction-events.ts';
import type { ReceiptEvent } from './receipt-events.ts';
import type { RetentionEvent } from './retention-events.ts';
import type { ReviewEvent } from './review-events.ts';

/** Who did it. A name that was only claimed is never an actor: it stands in the event's own fields. */
export type Actor =
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly username: string;
      readonly agency: string;
      /** Who logged in by a certificate: its key id. */
      readonly certificate?: string;
    }
  | {
      readonly kind: 'admin';
      readonly keyId: string;
      readonly name: string;
      /** Who approved the change, where it took two. */
      readonly approvedBy?: { readonly keyId: string; readonly name: string };
    }
  /** The owner of the host, acting on the data directory or through its control socket. */
  | { readonly kind: 'host' }
  | { readonly kind: 'server' }
  | { readonly kind: 'nobody' };

/** From where and in which login or API request. */
export type Origin = {
  readonly actor: Actor;
  /** Login session id, or API request id. */
  readonly session: string | null;
  /** `address:port`, IPv6 in brackets. */
  readonly source: string | null;
};

export type EventOutcome = 'success' | 'refused' | 'failed';

type Change = { readonly before: unknown; readonly after: unknown };
type Where = { readonly agency: string; readonly path: string };
/**
 * The closed union of ledger events. A name carries its version: a shape that changes becomes `...2`, and old rows stay
 * readable. No event holds a secret or file content.
 */
export type LedgerEvent =
  | {
      readonly event: 'server.started.1';
      readonly version: string;
      readonly node: string;
      readonly settled: number;
    }
  | { readonly event: 'server.stopped.1' }
  /** Of a server before it took certificates. */
  | {
      readonly event: 'login.accepted.1';
      readonly username: string;
      readonly agency: string;
      readonly proofs: readonly string[];
      readonly client: string;
      readonly algorithms: Readonly<Record<string, string>>;
    }
  | {
      readonly event: 'login.accepted.2';
      readonly username: string;
      readonly agency: string;
      readonly proofs: readonly string[];
      /** Those among the proofs. */
      readonly certificates: readonly ShownCertificate[];
      readonly client: string;
      readonly algorithms: Readonly<Record<string, string>>;
    }
  | {
      readonly event: 'login.refused.1';
      /** As claimed; not evidence of anything. */
      readonly username: string;
      readonly proof: string;
      readonly client: string;
      readonly connection: string;
      /**
       * 1 for the first of its kind on a connection. Equal ones are counted and told in one row when the connection
       * closes or logs in; a source with too many rows in a minute is told in one row, whose proof is `several`.
       */
      readonly count: number;
    }
  | {
      readonly event: 'session.closed.1';
      readonly username: string;
      readonly agency: string;
      readonly closed: CloseReason;
      readonly operations: Readonly<Record<string, number>>;
      readonly bytesRead: number;
      readonly bytesWritten: number;
    }
  | ({
      readonly event: 'file.opened.1';
      readonly transfer: string;
      readonly mode: 'read' | 'write' | 'read-write';
      /** An earlier partial upload goes on. */
      readonly resumed: boolean;
    } & Where)
  | ({
      readonly event: 'file.closed.1';
      readonly transfer: string;
      readonly state: TransferState;
      readonly bytesRead: number;
      readonly bytesWritten: number;
      readonly size: number | null;
      readonly sha256: string | null;
      /** SHA-256 of the content that this one replaced. */
      readonly replaced: string | null;
    } & Where)
  /** A partial that nothing could come of any more: its name holds something else, or its directory or user is gone. */
  | ({
      readonly event: 'upload.discarded.1';
      readonly username: string;
      readonly size: number;
    } & Where)
  | ({
      readonly event: 'file.removed.1';
      readonly size: number;
      readonly sha256: string | null;
    } & Where)
  /** An earlier version of a file, as it was replaced once more, or removed. */
  | ({
      readonly event: 'version.destroyed.1';
      readonly version: string;
      readonly size: number;
      readonly sha256: string;
    } & Where)
  | RetentionEvent
  | AlgorithmEvent
  | CertificateEvent
  | FactorEvent
  | ReceiptEvent
  | ReviewEvent
  | ArchiveEvent
  | CheckpointEvent
  | RedactionEvent
  /** An earlier version is the content again; `replaced` is the SHA-256 of what was. */
  | ({
      readonly event: 'file.restored.1';
      readonly version: string;
      readonly size: number;
      readonly sha256: string;
      readonly replaced: string;
    } & Where)
  | ({
      readonly event: 'entry.renamed.1';
      readonly toAgency: string;
      readonly to: string;
      readonly size: number | null;
      readonly sha256: string | null;
      readonly replaced: string | null;
    } & Where)
  | ({ readonly event: 'attributes.changed.1' } & Where & Change)
  | ({ readonly event: 'directory.created.1' } & Where)
  | ({ readonly event: 'directory.removed.1' } & Where)
  | ({ readonly event: 'directory.listed.1' } & Where)
  /** A request that was refused; equal ones of a session are counted and written again when it closes. */
  | {
      readonly event: 'request.refused.1';
      readonly operation: string;
      readonly path: string;
      readonly count: number;
    }
  | ({ readonly event: 'agency.created.1'; readonly agency: string } & Change)
  | ({ readonly event: 'agency.changed.1'; readonly agency: string } & Change)
  | ({ readonly event: 'agency.removed.1'; readonly agency: string } & Change)
  | ({
      readonly event: 'user.created.1';
      readonly username: string;
      readonly agency: string;
    } & Change)
  | ({
      readonly event: 'user.changed.1';
      readonly username: string;
      readonly agency: string;
    } & Change)
  | ({
      readonly event: 'user.removed.1';
      readonly username: string;
      readonly agency: string;
    } & Change)
  /** A file of users was taken; each change it made has a row of its own with the same request id. */
  | {
      readonly event: 'users.imported.1';
      readonly rows: number;
      readonly created: number;
      readonly unchanged: number;
      readonly refused: number;
      readonly atomic: boolean;
      /** Of the file, hex. */
      readonly sha256: string;
    }
  /** Too many failed logins; `origin.source` is where the last one came from. It ends by itself. */
  | {
      readonly event: 'user.locked.1';
      readonly username: string;
      readonly agency: string;
      readonly failures: number;
      /** What is refused meanwhile. */
      readonly methods: readonly ProofMethod[];
      readonly until: string;
    }
  /** By an administrator; a lock that ran out has no row. */
  | ({
      readonly event: 'user.unlocked.1';
      readonly username: string;
      readonly agency: string;
    } & Change)
  /** A source is kept out; the row's reason is its last failure. It ends by itself, later if there are more failures. */
  | {
      readonly event: 'ban.started.1';
      /** An address, or an IPv6 /64. */
      readonly banned: string;
      readonly failures: number;
      readonly until: string;
    }
  /** By an administrator, or (actor `server`) by a login from that source; a ban that ran out has no row. */
  | ({ readonly event: 'ban.lifted.1'; readonly banned: string } & Change)
  /** A limit that was hit: one row for a source and minute; without a source, for all that were not told apart. */
  | {
      readonly event: 'limit.reached.1';
      readonly limit: FaultCode;
      readonly count: number;
      readonly firstAt: string;
    }
  | ({
      readonly event: 'key.added.1';
      readonly username: string;
      readonly agency: string;
      readonly fingerprint: string;
    } & Change)
  | ({
      readonly event: 'key.changed.1';
      readonly username: string;
      readonly agency: string;
      readonly fingerprint: string;
    } & Change)
  /** Another key takes over; `after` says until when this one still works. */
  | ({
      readonly event: 'key.rotated.1';
      readonly username: string;
      readonly agency: string;
      readonly fingerprint: string;
      readonly replacedBy: string;
    } & Change)
  | ({
      readonly event: 'key.removed.1';
      readonly username: string;
      readonly agency: string;
      readonly fingerprint: string;
    } & Change)
  | ({ readonly event: 'admin-key.created.1'; readonly keyId: string } & Change)
  | ({ readonly event: 'admin-key.changed.1'; readonly keyId: string } & Change)
  /** A new secret; the one before it works until `formerUntil`. */
  | {
      readonly event: 'admin-key.rotated.1';
      readonly keyId: string;
      readonly formerUntil: string;
    }
  | ({ readonly event: 'admin-key.removed.1'; readonly keyId: string } & Change)
  /** A change that takes two administrators: asked for, and how it ended. One that expired has no row. */
  | {
      readonly event: 'pending-change.requested.1';
      readonly change: string;
      readonly action: string;
      readonly method: string;
      readonly url: string;
      readonly until: string;
    }
  | {
      readonly event: 'pending-change.approved.1';
      readonly change: string;
      readonly action: string;
      readonly requestedBy: string;
    }
  | {
      readonly event: 'pending-change.rejected.1';
      readonly change: string;
      readonly action: string;
      readonly requestedBy: string;
    }
  /** It was approved, and refused when it was carried out: nothing was changed. */
  | {
      readonly event: 'pending-change.failed.1';
      readonly change: string;
      readonly action: string;
      readonly requestedBy: string;
      readonly status: number;
    }
  /** The row's reason is why the login would be refused now; null for one that was picked out. */
  | { readonly event: 'session.ended.1'; readonly ended: string; readonly username: string }
  /** The host's owner copies everything out; written before the copy, and again at its end. */
  | { readonly event: 'backup.began.1'; readonly backup: string; readonly directory: string }
  | {
      readonly event: 'backup.ended.1';
      readonly backup: string;
      /** What the backup holds; null where it broke off. */
      readonly files: number | null;
      readonly bytes: number | null;
      /** SHA-256 of its manifest, hex: note it elsewhere to tell this backup from another. */
      readonly manifest: string | null;
    }
  /** This data directory was made from a backup: the rows after this one are not those of the server it was taken of. */
  | {
      readonly event: 'backup.restored.1';
      readonly backup: string;
      readonly takenAt: string;
      /** Unfinished uploads, which no backup holds. */
      readonly uploadsDiscarded: number;
      /** Files whose content the backup had lost, and that are there without it; each has a row of its own. */
      readonly contentsLost: number;
    }
  /** Its entry is there, and whoever reads it is told that it is corrupt. */
  | {
      readonly event: 'backup.content-lost.1';
      readonly backup: string;
      /** Id of the content. */
      readonly content: string;
      readonly problem: string;
    }
  /** A destination of the ledger that has not been reached for a while; told once until it is, and at most once an hour. */
  | {
      readonly event: 'forwarding.failed.1';
      readonly forwarder: string;
      readonly destination: string;
      readonly error: string;
      readonly since: string;
    }
  | { readonly event: 'forwarding.resumed.1'; readonly forwarder: string }
  | ({ readonly event: 'forwarder.changed.1'; readonly forwarder: string } & Change)
  /** A read over the API; changes have their own events. */
  | {
      readonly event: 'api.read.1';
      readonly method: string;
      readonly url: string;
      readonly status: number;
    }
  | {
      readonly event: 'api.refused.1';
      readonly method: string;
      readonly url: string;
      readonly status: number;
    };

export type LedgerEventName = LedgerEvent['event'];

export type TransferState =
  /** Bytes are coming in. */
  | 'receiving'
  /** The upload's CLOSE was answered: whole, durable, visible. */
  | 'published'
  /** The session went away before CLOSE; the uploader can resume. */
  | 'partial'
  /** Opened for writing and closed with nothing written. */
  | 'unchanged'
  /** Bytes are going out. */
  | 'sending'
  /** A download that read every byte and closed. */
  | 'completed'
  /** A download that stopped early. */
  | 'incomplete'
  /** The upload was given up: its bytes are destroyed. */
  | 'discarded';

/** One row to be: the event, who, how it ended and why. */
export type LedgerEntry = {
  readonly origin: Origin;
  readonly outcome: EventOutcome;
  readonly reason: FaultCode | null;
  readonly event: LedgerEvent;
};

/** The rows of accepted logins, one name for each version of their form. */
export const loginsAccepted = ['login.accepted.1', 'login.accepted.2'] as const;

export function isLoginAccepted<Body extends { readonly event: string }>(
  body: Body,
): body is Extract<Body, { readonly event: (typeof loginsAccepted)[number] }> {
  return loginsAccepted.some((event) => event === body.event);
}
