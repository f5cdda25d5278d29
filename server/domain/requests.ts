import type { AttributeChange, Attributes } from './attributes.ts';
import type { FileGrant } from './grants.ts';
import type { ListingText } from './listing.ts';
import type { VirtualPath } from './virtual-path.ts';

export type OpenFlags = {
  readonly read: boolean;
  readonly write: boolean;
  /** Every WRITE goes to the end, whatever its offset says (O_APPEND). */
  readonly append: boolean;
  readonly create: boolean;
  readonly truncate: boolean;
  readonly exclusive: boolean;
};

/**
 * The stored bytes of what was received, for the database to keep: it is a blob's truth where it has them. Null: they are
 * durable in the blob's file, and the database is to have none.
 */
export type StoredContent = Uint8Array | null;

/** What a finished handle says of itself: the worker counted, hashed and synced before it asks to close. */
export type CloseReport =
  | {
      readonly kind: 'read';
      readonly bytesRead: number;
      /** every byte of the file was sent */ readonly whole: boolean;
    }
  | {
      /** New content, whole under the granted blob id. */
      readonly kind: 'received';
      readonly size: number;
      /** SHA-256 of the plaintext, 64 hex digits. */
      readonly sha256: string;
      /** Keyed root over the block tags (docs/BLOCK-FORMAT.md). */
      readonly root: Uint8Array;
      readonly content: StoredContent;
      readonly bytesWritten: number;
      readonly bytesRead: number;
      readonly change: AttributeChange;
    }
  | {
      /** Opened for writing, nothing written: no new version. */
      readonly kind: 'unchanged';
      readonly bytesRead: number;
      readonly change: AttributeChange;
    }
  | {
      /** The session went away, or the storage failed, with the handle open. `size` bytes from the start are there. */
      readonly kind: 'partial';
      readonly size: number;
      readonly content: StoredContent;
      readonly bytesWritten: number;
      readonly bytesRead: number;
    };

export type PartialReport = Extract<CloseReport, { kind: 'partial' }>;

/** What a worker may ask about files, one union; each crosses the seam once. */
export type FileRequest =
  | {
      readonly kind: 'open';
      readonly path: VirtualPath;
      readonly flags: OpenFlags;
      readonly change: AttributeChange;
    }
  | { readonly kind: 'close'; readonly openId: string; readonly report: CloseReport }
  /** fsync of an upload: what came so far is durable once this is answered, and a partial after a crash. */
  | { readonly kind: 'keep'; readonly openId: string; readonly content: StoredContent }
  | { readonly kind: 'stat'; readonly path: VirtualPath }
  | { readonly kind: 'setstat'; readonly path: VirtualPath; readonly change: AttributeChange }
  /** A batch of a directory in name order, after `after`; the first batch (null) is the one that is recorded. */
  | {
      readonly kind: 'list';
      readonly path: VirtualPath;
      readonly after: string | null;
      readonly entriesMax: number;
    }
  | { readonly kind: 'remove'; readonly path: VirtualPath }
  | { readonly kind: 'mkdir'; readonly path: VirtualPath; readonly change: AttributeChange }
  | { readonly kind: 'rmdir'; readonly path: VirtualPath }
  | {
      readonly kind: 'rename';
      readonly from: VirtualPath;
      readonly to: VirtualPath;
      /** posix-rename: an existing file at `to` is replaced. */
      readonly replace: boolean;
    }
  | { readonly kind: 'space'; readonly path: VirtualPath };

/** What a login has moved so far, plaintext file bytes, and of each file that it has open. */
export type SessionProgress = {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly files: readonly { readonly openId: string; readonly bytes: number }[];
};

export type FileRequestKind = FileRequest['kind'];
export type FileRequestOf<K extends FileRequestKind> = Extract<FileRequest, { kind: K }>;

export type OpenReply = { readonly grant: FileGrant; readonly attributes: Attributes };
export type ListReply = {
  readonly text: ListingText;
  /** Pass as `after` for the next batch; null when the listing is complete. */
  readonly next: string | null;
};
/** Bytes and entries for statvfs; a quota makes `bytesTotal` smaller than the disk. */
export type SpaceReply = {
  readonly bytesTotal: number;
  readonly bytesFree: number;
  readonly entriesTotal: number;
  readonly entriesFree: number;
};

export type FileReplies = {
  open: OpenReply;
  close: null;
  keep: null;
  stat: Attributes;
  setstat: null;
  list: ListReply;
  remove: null;
  mkdir: null;
  rmdir: null;
  rename: null;
  space: SpaceReply;
};
