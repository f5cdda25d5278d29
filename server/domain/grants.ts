import type { Identity } from './identity.ts';
import type { Permission } from './permissions.ts';
import type { VirtualPath } from './virtual-path.ts';

/** A blob and the key that opens it. `root` and `sha256` are null until the blob is published. */
export type BlobGrant = {
  /** 128 random bits, 32 hex digits. */
  readonly blobId: string;
  /** AES-256 key of this blob alone. */
  readonly dataKey: Uint8Array;
  /** Bytes of plaintext that are durable and readable. */
  readonly size: number;
  readonly root: Uint8Array | null;
  readonly sha256: string | null;
  /** Its stored bytes where the database has them (docs/BLOCK-FORMAT.md); null where they are a file. */
  readonly content: Uint8Array | null;
};

/** What a worker needs to serve one open file, and nothing more (DESIGN.md D10). */
export type FileGrant = {
  /** Names this open in `close` and in the transfers list. */
  readonly openId: string;
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  /** The blob exists with `blob.size` bytes of an earlier partial upload; otherwise a write handle creates it. */
  readonly resumed: boolean;
  readonly blob: BlobGrant;
  /** Content that a write handle starts from (an OPEN without TRUNC on a published file): read where not yet written. */
  readonly base: BlobGrant | null;
  /** Largest size in bytes the file may reach under the quotas as they were at OPEN. */
  readonly sizeMax: number;
  /** Why `sizeMax` is what it is, as the client would be told: the user's quota, or the disk. */
  readonly sizeMaxFault: 'quota-exceeded' | 'storage-full';
  readonly sizeMaxReason: string;
};

declare const decided: unique symbol;

/** A place in one agency's tree: what a virtual path means for one identity. */
export type Location =
  /** An entry (existing or not) of an agency's tree. */
  | { readonly kind: 'entry'; readonly agencyCode: string; readonly path: VirtualPath }
  /** The State's `/agencies`: a directory that exists only in the view. */
  | { readonly kind: 'agencies' };

export type GrantFacts = {
  readonly identity: Identity;
  /** The path as the user sees it. */
  readonly viewed: VirtualPath;
  readonly location: Location;
  /** What the rules allow at the path. */
  readonly allowed: ReadonlySet<Permission>;
  /** False where a rule speaks of something below, or only of that: a listing holds just what `isVisible` admits. */
  readonly listsAll: boolean;
  /** True where the holder may neither list nor read: of what is there, only what is its own exists for it. */
  readonly ownOnly: boolean;
};

/** Leave to act at one path. Only `server/policy/decide.ts` makes one. */
export type Grant = GrantFacts & { readonly [decided]: true };
