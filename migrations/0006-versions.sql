-- What a replaced file was, kept for a while; administrators' uploads; and a search for the transfers of a session.

-- The versions of an entry that are no more its content, those that can be restored first. A new file has no row here.
ALTER TABLE versions ADD COLUMN destroyed INTEGER GENERATED ALWAYS AS (blob_id IS NULL) VIRTUAL;
CREATE INDEX versions_replaced ON versions (entry_id, destroyed, replaced_at) WHERE replaced_at IS NOT NULL;

-- Bytes of replaced versions that are kept, apart from those of what is published. Until now none were.
ALTER TABLE user_usage ADD COLUMN kept_bytes INTEGER NOT NULL DEFAULT 0 CHECK (kept_bytes >= 0);

-- Session ids begin with the time, so what comes together lies together.
CREATE INDEX transfers_by_session ON transfers (session_id, started_at);

-- An upload over the admin API has no user, and never becomes a partial: several may go on under one name.
CREATE TABLE uploads_now (
  id TEXT PRIMARY KEY,
  user_id TEXT REFERENCES users (id),
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
  UNIQUE (parent_id, name, user_id),
  CHECK (user_id IS NOT NULL OR state = 'receiving')
) STRICT;
INSERT INTO uploads_now (id, user_id, agency_id, parent_id, name, blob_id, base_version_id, seen_version_id, state, open_id,
    size, mode, modified_at, created_at)
  SELECT id, user_id, agency_id, parent_id, name, blob_id, base_version_id, seen_version_id, state, open_id, size, mode,
    modified_at, created_at
  FROM uploads;
DROP TABLE uploads;
ALTER TABLE uploads_now RENAME TO uploads;
CREATE INDEX uploads_by_user ON uploads (user_id);
