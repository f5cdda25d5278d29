/** A signed receipt of a sender. */
export interface ReceiptTable {
  /** The time of issue is in it (server/domain/ids.ts). */
  id: string;
  kind: 'received' | 'collected';
  /** Code of the sender's agency; null for an API key that is bound to none. */
  agency: string | null;
  /** Of the sender: a user name, or `admin:<name of the key>`. */
  username: string;
  /** Code of the agency in whose tree the file is. */
  tree: string;
  path: string;
  version_id: string;
  sha256: string;
  /** Canonical JSON (RFC 8785) of the whole receipt: what is signed. */
  body: string;
  /** An armored SSH signature over it. */
  signature: string;
}

/** A file that was received under a temporary name, and has no receipt yet. */
export interface ReceiptDueTable {
  version_id: string;
  entry_id: string;
  due_at: number;
  /** Of the sender, as in receipts. */
  agency: string | null;
  tree: string;
  path: string;
  /** JSON (server/receipts/due.ts). */
  facts: string;
}

/** A file with a signature beside it, one of which is new. */
export interface UploadSignatureDueTable {
  parent_id: string;
  /** Of the file that is signed. */
  name: string;
  /** Code of an agency. */
  tree: string;
  try_at: number;
  give_up_at: number;
  /** JSON (server/receipts/upload-signatures.ts); null where nothing was looked at yet. */
  found: string | null;
}
