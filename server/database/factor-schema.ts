import type { Generated } from 'kysely';

export interface UserPasswordTable {
  user_id: string;
  /** PHC string of Argon2id or PBKDF2, `$hmac-sha256$` before it where a pepper went in. */
  hash: string;
  /** Of the password, whatever its hash: 32 hex digits, new with each that is set. */
  password_id: string;
  set_at: number;
  /** 1: to be changed at the first use. */
  temporary: Generated<number>;
}

export interface FormerPasswordTable {
  /** Counts up. */
  number: Generated<number>;
  user_id: string;
  hash: string;
}

export interface UserTotpTable {
  user_id: string;
  /** Under the master key. */
  sealed_secret: Uint8Array;
  created_at: number;
  /** Null until a first code was given. */
  confirmed_at: number | null;
  /** The newest 30 seconds whose code was used; -1 is none. */
  last_step: Generated<number>;
  drift_steps: Generated<number>;
  last_used_at: Generated<number | null>;
  /** Since one was good. */
  wrong_codes: Generated<number>;
}

export interface RecoveryCodeTable {
  user_id: string;
  /** SHA-256. */
  hash: Uint8Array;
}

export interface ExpiryWarningTable {
  kind: 'key' | 'password' | 'user-ca';
  /** Id of the key, of the user, or of the authority. */
  subject: string;
  ends_at: number;
  /** How many days before its end it was told of last: 30 or 7. */
  days: number;
}
