import type { ColumnType, Generated, GeneratedAlways, Insertable, Selectable } from 'kysely';
import type { ReviewTable } from './review-schema.ts';
import type { LedgerArchiveTable } from './archive-schema.ts';
import type {
  LedgerNameKeyTable,
  LedgerNameTable,
  RedactedReceiptTable,
} from './ledger-names-schema.ts';
import type { ReceiptDueTable, ReceiptTable, UploadSignatureDueTable } from './receipt-schema.ts';
import type {
  CheckpointTable,
  LedgerOriginTable,
  LedgerSubtreeTable,
  LedgerVerificationTable,
  WitnessTable,
} from './checkpoint-schema.ts';
import type {
  CertificateRevocationTable,
  DeviceCounterTable,
  UserCaTable,
} from './certificate-schema.ts';
import type {
  ExpiryWarningTable,
  FormerPasswordTable,
  RecoveryCodeTable,
  UserPasswordTable,
  UserTotpTable,
} from './factor-schema.ts';
import type { LegacyGrantTable, LegacyLoginTable } from './legacy-schema.ts';
import type {
  CertificateTable,
  HoldTable,
  RetentionClockTable,
  RetentionItemTable,
  RetentionJobTable,
  RetentionRunTable,
} from './retention-schema.ts';

/**
 * The tables as the code sees them; `migrations/` is where they are made. Ids are 32 hex digits, random
 * but for the time in some of them (server/domain/ids.ts), unless said otherwise. Times are integer milliseconds since
 * the epoch, UTC. JSON is text.
 */
export interface Schema {
  agencies: AgencyTable;
  users: UserTable;
  user_keys: UserKeyTable;
  user_passwords: UserPasswordTable;
  former_passwords: FormerPasswordTable;
  user_totp: UserTotpTable;
  recovery_codes: RecoveryCodeTable;
  expiry_warnings: ExpiryWarningTable;
  user_usage: UserUsageTable;
  login_failures: LoginFailureTable;
  admin_keys: AdminKeyTable;
  kept_answers: KeptAnswerTable;
  pending_changes: PendingChangeTable;
  agency_keys: AgencyKeyTable;
  blobs: BlobTable;
  entries: EntryTable;
  versions: VersionTable;
  uploads: UploadTable;
  transfers: TransferTable;
  ledger: LedgerTable;
  ledger_name_keys: LedgerNameKeyTable;
  ledger_names: LedgerNameTable;
  redacted_receipts: RedactedReceiptTable;
  clock_steps: ClockStepTable;
  ledger_archives: LedgerArchiveTable;
  forwarders: ForwarderTable;
  retention_jobs: RetentionJobTable;
  retention_runs: RetentionRunTable;
  retention_items: RetentionItemTable;
  certificates: CertificateTable;
  holds: HoldTable;
  retention_clock: RetentionClockTable;
  legacy_grants: LegacyGrantTable;
  legacy_logins: LegacyLoginTable;
  user_cas: UserCaTable;
  certificate_revocations: CertificateRevocationTable;
  device_counters: DeviceCounterTable;
  reviews: ReviewTable;
  ledger_origin: LedgerOriginTable;
  ledger_subtrees: LedgerSubtreeTable;
  checkpoints: CheckpointTable;
  witnesses: WitnessTable;
  ledger_verifications: LedgerVerificationTable;
  receipts: ReceiptTable;
  receipts_due: ReceiptDueTable;
  upload_signatures_due: UploadSignatureDueTable;
}

export interface AgencyTable {
  id: string;
  code: string;
  name: string;
  kind: 'lcsa' | 'state' | 'partner';
  root_entry_id: string;
  created_at: number;
  updated_at: number;
  /** Codes are never reused, so a removed agency stays as a row. */
  removed_at: number | null;
}

export interface UserTable {
  id: string;
  username: string;
  agency_id: string;
  display_name: string;
  status: 'active' | 'disabled' | 'removed';
  /** JSON `("publickey" | "password" | "totp")[][]` */
  login_methods: string;
  /** JSON `PathRule[]`, or null for the default of the agency's kind. */
  permissions: string | null;
  /** JSON `string[]`; empty is everywhere. */
  allowed_cidrs: string;
  expires_at: number | null;
  quota_bytes: number | null;
  max_sessions: number;
  account_kind: Generated<'person' | 'service'>;
  last_login_at: number | null;
  created_at: number;
  updated_at: number;
  /** The last login, or the creation where there was none; the database reckons it. */
  active_at: GeneratedAlways<number>;
}

export interface UserKeyTable {
  id: string;
  user_id: string;
  type: string;
  /** The SSH wire form of the public key (RFC 4253 section 6.6). */
  blob: Uint8Array;
  bits: number;
  /** `SHA256:` and unpadded base64, as OpenSSH prints it. */
  fingerprint: string;
  label: string;
  expires_at: number | null;
  created_at: number;
  last_used_at: number | null;
  last_used_from: string | null;
  /** The client's identification string, and the algorithm that the key signed with. */
  last_used_client: string | null;
  last_used_algorithm: string | null;
  /** The key that a rotation put in its place. */
  replaced_by: string | null;
  /** 0 or 1: what a login by a key in a security device takes. */
  touch_required: Generated<number>;
  verify_required: Generated<number>;
  /** The last use, or the creation where there was none; the database reckons it. */
  active_at: GeneratedAlways<number>;
}

/** Bytes of published content that a user's quota counts; no row is none. */
export interface UserUsageTable {
  user_id: string;
  /** Of what is published. */
  bytes: number;
  /** Of replaced versions that are kept. */
  kept_bytes: Generated<number>;
}

/** No row is no failure since the last login. */
export interface LoginFailureTable {
  /** Of a user, or '' for what counts for none. */
  user_id: string;
  /** JSON `number[]`, the oldest first. */
  failed_at: string;
  /** JSON `number[]`: those of them that were passwords or codes. */
  typed_at: Generated<string>;
  locked_at: number | null;
  locked_until: number | null;
}

export interface AdminKeyTable {
  /** 12 lower-case base32 characters; the public part of `wb_<id>_<secret>`. */
  id: string;
  name: string;
  /** SHA-256 of the secret, which has 256 random bits. */
  secret_hash: Uint8Array;
  /** JSON `string[]` */
  scopes: string;
  /** JSON `string[]` */
  allowed_cidrs: string;
  expires_at: number | null;
  created_at: number;
  updated_at: Generated<number>;
  last_used_at: number | null;
  /** An address. */
  last_used_from: string | null;
  removed_at: number | null;
  /** The agency that it is bound to; null for all of them. */
  agency_id: string | null;
  /** The id of the key that made it; null for the owner of the host. */
  created_by: string | null;
  /** JSON `string[]`: the ids of the other keys whose holders were ever given a secret of it. */
  issued_by: Generated<string>;
  /** The secret before the last rotation, and until when it works. */
  former_secret_hash: Uint8Array | null;
  former_secret_until: number | null;
  rotated_at: number | null;
}

/** What a request with an Idempotency-Key was answered. */
export interface KeptAnswerTable {
  admin_key_id: string;
  /** SHA-256 of the Idempotency-Key, and of what was asked. */
  key_hash: Uint8Array;
  request_hash: Uint8Array;
  /** The id of the request, as in the ledger. */
  request_id: string;
  /** Null while only the change is certain. */
  status: number | null;
  /** Headers and body, encrypted with a key that only the presented secret gives. */
  sealed: Uint8Array | null;
  bytes: number;
  created_at: number;
}

/** A change that takes two administrators. */
export interface PendingChangeTable {
  id: string;
  action: string;
  scope: string;
  method: string;
  url: string;
  if_match: string | null;
  content_type: string | null;
  body: string | null;
  requested_by: string;
  requested_at: number;
  /** The agency that the asking key is bound to. */
  agency_id: string | null;
  expires_at: number;
  state: 'pending' | 'done' | 'rejected' | 'failed';
  decided_by: string | null;
  decided_at: number | null;
  /** The HTTP status that carrying it out came to. */
  status: number | null;
}

export interface AgencyKeyTable {
  agency_id: string;
  /** The agency's key-encryption key, wrapped by the master key. */
  wrapped_key: Uint8Array;
  created_at: number;
}

export interface BlobTable {
  id: string;
  agency_id: string;
  /** Wrapped by the agency's key; null once destroyed. */
  wrapped_key: Uint8Array | null;
  /** Plaintext bytes; for a blob that is being received, as of its last settlement. */
  size: number;
  sha256: string | null;
  root: Uint8Array | null;
  state: 'receiving' | 'published' | 'destroyed';
  created_at: number;
  /** Its stored bytes (docs/BLOCK-FORMAT.md); null where they are a file, and a file beside them is nothing. */
  content: Uint8Array | null;
}

export interface EntryTable {
  id: string;
  agency_id: string;
  /** Null only for an agency's root. */
  parent_id: string | null;
  name: string;
  kind: 'file' | 'directory';
  /** The content that readers get; null for a directory. */
  version_id: string | null;
  size: number;
  mode: number;
  accessed_at: number;
  modified_at: number;
  /** 1 for the directories that every tree has: they cannot be renamed or removed. */
  fixed: number;
  created_at: number;
  /** User name of who made it; null for the server and for administrators. */
  created_by: string | null;
}

export interface VersionTable {
  id: string;
  entry_id: string;
  /** Null once the bytes are destroyed; the row stays as the record of what was. */
  blob_id: string | null;
  size: number;
  sha256: string;
  received_at: number;
  received_by: string | null;
  transfer_id: string | null;
  /** When it ceased to be the content of its entry. */
  replaced_at: number | null;
  /** 1 where `blob_id` is null; the database reckons it. */
  destroyed: GeneratedAlways<number>;
  /** When somebody of another agency than its sender's had first read the whole of it. */
  collected_at: ColumnType<number | null, never, number>;
  /** From when its age counts where that is later than `received_at`: that was said by a clock that was behind. */
  aged_from: number | null;
  /** The same beside `collected_at`. */
  collected_aged_from: ColumnType<number | null, never, number | null>;
}

/** A name that a user is receiving or left partial. Only that user sees it. */
export interface UploadTable {
  id: string;
  /** Null for an upload over the admin API, which nobody sees, and which is whole or nothing. */
  user_id: string | null;
  agency_id: string;
  parent_id: string;
  name: string;
  blob_id: string;
  /** Published version that the upload started from (no TRUNC) and may still take from; null once it is resumed. */
  base_version_id: string | null;
  /** What was published under the name when the upload began; null for nothing. */
  seen_version_id: string | null;
  state: 'receiving' | 'partial';
  /** The open that writes it, while receiving. */
  open_id: string | null;
  size: number;
  mode: number;
  modified_at: number;
  created_at: number;
  /** From when its age counts where that is later than `modified_at`. */
  aged_from: number | null;
}

export interface TransferTable {
  /** The open id. */
  id: string;
  direction: 'upload' | 'download';
  user_id: string | null;
  username: string;
  /** The agency whose tree it is. */
  agency_id: string;
  agency_code: string;
  path: string;
  entry_id: string | null;
  blob_id: string | null;
  session_id: string;
  source: string;
  client: string;
  state: string;
  bytes: number;
  size: number | null;
  sha256: string | null;
  started_at: number;
  ended_at: number | null;
  /** `state`, but null for the two that most end in; the database reckons it. */
  unusual_state: GeneratedAlways<string | null>;
}

export interface LedgerTable {
  seq: Generated<number>;
  at: number;
  event: string;
  outcome: string;
  reason: string | null;
  actor: string | null;
  agency: string | null;
  session: string | null;
  source: string | null;
  path: string | null;
  /** Canonical JSON (RFC 8785) of the whole row but its hashes. */
  body: ColumnType<string, string, never>;
  prev: Uint8Array;
  hash: Uint8Array;
  /** `outcome`, but null for `success`; the database reckons it. */
  unusual_outcome: GeneratedAlways<string | null>;
}

/** The first row of the ledger after the clock was set back; the database writes it by itself. */
export interface ClockStepTable {
  seq: number;
}

/** How far a destination of the ledger has got; no row is not at all. */
export interface ForwarderTable {
  /** `syslog` or `webhook`. */
  name: string;
  last_seq: number;
  paused: number;
  updated_at: number;
}

export type Row<T extends keyof Schema> = Selectable<Schema[T]>;
export type NewRow<T extends keyof Schema> = Insertable<Schema[T]>;
