-- Agencies, users, the namespace, blobs, transfers and the ledger.
-- Ids are 32 hex digits; times are milliseconds since the epoch, UTC.

CREATE TABLE agencies (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('lcsa', 'state', 'partner')),
  root_entry_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  -- A removed user keeps its row, so that a name is never used twice (Pub 1075 IA-4).
  username TEXT NOT NULL UNIQUE,
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  display_name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'disabled', 'removed')),
  login_methods TEXT NOT NULL,
  permissions TEXT,
  allowed_cidrs TEXT NOT NULL,
  expires_at INTEGER,
  quota_bytes INTEGER,
  max_sessions INTEGER NOT NULL,
  last_login_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_agency ON users (agency_id);

CREATE TABLE user_keys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  type TEXT NOT NULL,
  blob BLOB NOT NULL,
  bits INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  label TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  last_used_from TEXT,
  UNIQUE (user_id, fingerprint)
) STRICT;

CREATE TABLE user_passwords (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  hash TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT;

CREATE TABLE user_usage (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;

CREATE TABLE admin_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  allowed_cidrs TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  removed_at INTEGER
) STRICT;

CREATE TABLE agency_keys (
  agency_id TEXT PRIMARY KEY REFERENCES agencies (id),
  wrapped_key BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  wrapped_key BLOB,
  size INTEGER NOT NULL,
  sha256 TEXT,
  root BLOB,
  state TEXT NOT NULL CHECK (state IN ('receiving', 'published', 'destroyed')),
  created_at INTEGER NOT NULL,
  CHECK (state <> 'published' OR (sha256 IS NOT NULL AND root IS NOT NULL AND wrapped_key IS NOT NULL)),
  CHECK (state <> 'destroyed' OR wrapped_key IS NULL)
) STRICT;
-- Start-up recovery looks for what is not published.
CREATE INDEX blobs_unpublished ON blobs (state) WHERE state = 'receiving';

CREATE TABLE entries (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL REFERENCES agencies (id) DEFERRABLE INITIALLY DEFERRED,
  parent_id TEXT REFERENCES entries (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('file', 'directory')),
  version_id TEXT REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,
  size INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  accessed_at INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  fixed INTEGER NOT NULL DEFAULT 0 CHECK (fixed IN (0, 1)),
  created_at INTEGER NOT NULL,
  created_by TEXT,
  UNIQUE (parent_id, name),
  CHECK ((kind = 'file') = (version_id IS NOT NULL))
) STRICT;
CREATE INDEX entries_by_agency ON entries (agency_id);

CREATE TABLE versions (
  id TEXT PRIMARY KEY,
  -- No reference: the record of a version outlives its entry.
  entry_id TEXT NOT NULL,
  blob_id TEXT REFERENCES blobs (id),
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  received_by TEXT,
  transfer_id TEXT,
  replaced_at INTEGER
) STRICT;
CREATE INDEX versions_by_entry ON versions (entry_id);
CREATE INDEX versions_by_blob ON versions (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX versions_by_receiver ON versions (received_by) WHERE blob_id IS NOT NULL;

CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  parent_id TEXT NOT NULL REFERENCES entries (id) ON DELETE RESTRICT,
  name TEXT NOT NULL,
  blob_id TEXT NOT NULL REFERENCES blobs (id),
  base_version_id TEXT,
  -- What was published under the name when the upload began; null for nothing.
  seen_version_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('receiving', 'partial')),
  open_id TEXT,
  size INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (parent_id, name, user_id)
) STRICT;
CREATE INDEX uploads_by_blob ON uploads (blob_id);
CREATE INDEX uploads_by_user ON uploads (user_id);

CREATE TABLE transfers (
  id TEXT PRIMARY KEY,
  direction TEXT NOT NULL CHECK (direction IN ('upload', 'download')),
  user_id TEXT,
  username TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  agency_code TEXT NOT NULL,
  path TEXT NOT NULL,
  entry_id TEXT,
  blob_id TEXT,
  session_id TEXT NOT NULL,
  source TEXT NOT NULL,
  client TEXT NOT NULL,
  state TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  size INTEGER,
  sha256 TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX transfers_by_time ON transfers (started_at, id);
CREATE INDEX transfers_by_agency ON transfers (agency_id, started_at);
CREATE INDEX transfers_by_user ON transfers (username, started_at);
CREATE INDEX transfers_by_path ON transfers (path, started_at);
CREATE INDEX transfers_by_hash ON transfers (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX transfers_unfinished ON transfers (state) WHERE ended_at IS NULL;

CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT,
  actor TEXT,
  agency TEXT,
  session TEXT,
  source TEXT,
  path TEXT,
  body TEXT NOT NULL,
  prev BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX ledger_by_time ON ledger (at);
CREATE INDEX ledger_by_path ON ledger (path, seq) WHERE path IS NOT NULL;
CREATE INDEX ledger_by_event ON ledger (event, seq);
CREATE INDEX ledger_by_actor ON ledger (actor, seq);
CREATE INDEX ledger_by_agency ON ledger (agency, seq);
CREATE INDEX ledger_by_session ON ledger (session, seq);

-- The ledger only grows (Pub 1075 AU-9).
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
