-- One-time codes as a second factor, and passwords that end or have to be changed (docs/SECOND-FACTOR.md).

-- Who logs in: a person, or a job without one, whose password lives longer.
ALTER TABLE users ADD COLUMN account_kind TEXT NOT NULL DEFAULT 'person' CHECK (account_kind IN ('person', 'service'));

-- Set by an administrator, to be changed at its first use.
ALTER TABLE user_passwords ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0 CHECK (temporary IN (0, 1));

-- Of the password, whatever its hash: a new one with each that is set.
ALTER TABLE user_passwords ADD COLUMN password_id TEXT NOT NULL DEFAULT '';
UPDATE user_passwords SET password_id = lower(hex(randomblob(16)));

-- Hashes of passwords that a user had, which may not come back.
CREATE TABLE former_passwords (
  number INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX former_passwords_by_user ON former_passwords (user_id, number);

CREATE TABLE user_totp (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  -- AES-256-GCM under the master key.
  sealed_secret BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  -- NULL until a first code was given.
  confirmed_at INTEGER,
  -- Number of the 30 seconds whose code was used last: neither it nor one before is taken again.
  last_step INTEGER NOT NULL DEFAULT -1,
  -- By how many of them the clock of the authenticator was ahead then.
  drift_steps INTEGER NOT NULL DEFAULT 0,
  last_used_at INTEGER,
  -- Since a code was good; past 100 none is taken.
  wrong_codes INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- SHA-256 of codes of 120 random bits that are good once each, in place of one from the authenticator.
CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id),
  hash BLOB NOT NULL,
  PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- Keys, passwords and authorities whose end was told of already, so that each is told of once at 30 days and once at 7.
CREATE TABLE expiry_warnings (
  kind TEXT NOT NULL CHECK (kind IN ('key', 'password', 'user-ca')),
  -- Id of the key, of the user, or of the authority.
  subject TEXT NOT NULL,
  ends_at INTEGER NOT NULL,
  days INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX expiry_warnings_by_end ON expiry_warnings (ends_at);
CREATE INDEX user_passwords_by_age ON user_passwords (set_at);
