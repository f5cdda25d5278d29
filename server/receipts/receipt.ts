export const receiptType = 'waybill-receipt.1';

export const receiptKinds = ['received', 'collected'] as const;
export type ReceiptKind = (typeof receiptKinds)[number];

/** What became of a signature that a sender put beside its file as `<name>.sig`. */
export type SignedUpload = {
  readonly result: 'verified' | 'refused';
  /** Of the key that signed; null where the signature does not tell. */
  readonly keyFingerprint: string | null;
  /** Which digest of the content it is over; null where it does not tell. */
  readonly hash: string | null;
  /** SHA-256 of the signature file, hex. */
  readonly signatureSha256: string;
  /** Why it was refused, in words; null where it was not. */
  readonly problem: string | null;
};

/** What is signed. Times are ISO 8601, UTC. */
export type Receipt = {
  readonly v: 1;
  readonly type: typeof receiptType;
  readonly receiptId: string;
  readonly kind: ReceiptKind;
  /** Code of the sender's agency; null for an API key that is bound to none. */
  readonly agency: string | null;
  /** Who sent it: a user name, or `admin:<name of the key>`. */
  readonly user: string;
  /** Of the key that the sender logged in with; null for a password, and for an API key. */
  readonly keyFingerprint: string | null;
  /** Code of the agency in whose tree it lies. */
  readonly tree: string;
  /** Inside that tree. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of the content, hex. */
  readonly sha256: string;
  /** When it was whole and durable. */
  readonly receivedAt: string;
  readonly collectedAt?: string;
  /** An API key that is bound to no agency has none. */
  readonly collectedBy?: { readonly user: string; readonly agency: string | null };
  readonly issuedAt: string;
  /** The row of the ledger that says the same. */
  readonly ledgerRow: LedgerRow;
  /** The latest one before that row; null where there was none. */
  readonly checkpoint: CheckpointName | null;
  readonly signedUpload?: SignedUpload;
  readonly server: { readonly name: 'waybill'; readonly version: string };
};

/** `hash` is hex. */
export type LedgerRow = { readonly seq: number; readonly hash: string };
/** `hash` is hex, of the whole note. */
export type CheckpointName = { readonly size: number; readonly hash: string };

/** A receipt as it is kept. */
export type KeptReceipt = {
  readonly receipt: Receipt;
  /** Canonical JSON (RFC 8785) of it, to the byte what is signed. */
  readonly text: string;
  /** An armored SSH signature (PROTOCOL.sshsig). */
  readonly signature: string;
};

const timeDigits = 12;
const nameForm = /^(\d{8}T\d{6}\.\d{3}Z)-([0-9a-f]{32})\.json(\.sig)?$/;

/** When a receipt was issued, in milliseconds since the epoch: it is in its id. */
export function issuedAtMsOf(id: string): number {
  return Number.parseInt(id.slice(0, timeDigits), 16);
}

/** What is before every id of that millisecond and of those after it. */
export function idFrom(atMs: number): string {
  return Math.max(0, Math.trunc(atMs)).toString(16).padStart(timeDigits, '0');
}

/** The file in `/receipts`, such as `20261122T101530.123Z-<id>.json`: names are in the order of time. */
export function fileNameOf(id: string): string {
  return `${basicTime(issuedAtMsOf(id))}-${id}.json`;
}

/** ISO 8601 basic: no character that a file system or a shell minds. */
function basicTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]/g, '');
}

export const signatureSuffix = '.sig';

/** Which receipt, and which part of it, a file name means; undefined where it is none. */
export function partNamed(
  name: string,
): { readonly id: string; readonly part: 'text' | 'signature' } | undefined {
  const id = nameForm.exec(name)?.[2];
  if (id === undefined) return undefined;
  const own = fileNameOf(id);
  if (name === own) return { id, part: 'text' };
  return name === `${own}${signatureSuffix}` ? { id, part: 'signature' } : undefined;
}
