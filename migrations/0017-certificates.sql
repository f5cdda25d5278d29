-- Logins by OpenSSH certificates and by keys in security devices (docs/PROTOCOL.md).

-- The keys with which an agency certifies keys of its users.
CREATE TABLE user_cas (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  type TEXT NOT NULL,
  -- SSH wire form of the public key (RFC 4253 section 6.6).
  blob BLOB NOT NULL,
  bits INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  label TEXT NOT NULL,
  -- JSON list of user names that it may certify; an empty one is every user of the agency.
  principals TEXT NOT NULL,
  -- A login by its certificates takes a security device that verified the user.
  verify_required INTEGER NOT NULL CHECK (verify_required IN (0, 1)),
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (agency_id, fingerprint)
) STRICT;
CREATE INDEX user_cas_by_end ON user_cas (expires_at) WHERE expires_at IS NOT NULL;

-- What no login is let in with, whatever its authority signed: by the certificate's serial, its key id, or its key.
CREATE TABLE certificate_revocations (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  kind TEXT NOT NULL CHECK (kind IN ('serial', 'key-id', 'key')),
  value TEXT NOT NULL,
  -- Fingerprint of the one authority that it is about; '' is any.
  authority TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (agency_id, kind, value, authority)
) STRICT;
CREATE INDEX certificate_revocations_by_agency ON certificate_revocations (agency_id, id);

-- What a login by a key in a security device takes; both only of such keys.
ALTER TABLE user_keys ADD COLUMN touch_required INTEGER NOT NULL DEFAULT 1 CHECK (touch_required IN (0, 1));
ALTER TABLE user_keys ADD COLUMN verify_required INTEGER NOT NULL DEFAULT 0 CHECK (verify_required IN (0, 1));

-- How often a device had signed when its key last logged in: a lower count is perhaps another device with a copy of the key.
CREATE TABLE device_counters (
  user_id TEXT NOT NULL REFERENCES users (id),
  fingerprint TEXT NOT NULL,
  counter INTEGER NOT NULL,
  noted_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, fingerprint)
) STRICT, WITHOUT ROWID;
