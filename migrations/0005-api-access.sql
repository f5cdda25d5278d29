-- Admin keys that are bound to an agency, changed and rotated; answers that are kept for who asks again; changes that
-- wait for a second administrator.

ALTER TABLE admin_keys ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE admin_keys ADD COLUMN last_used_from TEXT;
ALTER TABLE admin_keys ADD COLUMN agency_id TEXT REFERENCES agencies (id);
ALTER TABLE admin_keys ADD COLUMN created_by TEXT REFERENCES admin_keys (id);
-- Whose holders were ever given a secret of it.
ALTER TABLE admin_keys ADD COLUMN issued_by TEXT NOT NULL DEFAULT '[]';
ALTER TABLE admin_keys ADD COLUMN former_secret_hash BLOB;
ALTER TABLE admin_keys ADD COLUMN former_secret_until INTEGER;
ALTER TABLE admin_keys ADD COLUMN rotated_at INTEGER;

-- The ledger knows who made the keys that are there.
UPDATE admin_keys SET
  updated_at = created_at,
  created_by = (
    SELECT json_extract(body, '$.actor.keyId') FROM ledger
    WHERE event = 'admin-key.created.1' AND json_extract(body, '$.keyId') = admin_keys.id
  );

CREATE TABLE kept_answers (
  admin_key_id TEXT NOT NULL REFERENCES admin_keys (id),
  key_hash BLOB NOT NULL,
  request_hash BLOB NOT NULL,
  request_id TEXT NOT NULL,
  status INTEGER,
  sealed BLOB,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (admin_key_id, key_hash)
) STRICT;
CREATE INDEX kept_answers_by_time ON kept_answers (created_at);
-- Holds what is asked of it, so that counting never reads an answer.
CREATE INDEX kept_answers_by_key ON kept_answers (admin_key_id, created_at, bytes);

CREATE TABLE pending_changes (
  id TEXT PRIMARY KEY,
  action TEXT NOT NULL,
  scope TEXT NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  if_match TEXT,
  content_type TEXT,
  body TEXT,
  requested_by TEXT NOT NULL REFERENCES admin_keys (id),
  requested_at INTEGER NOT NULL,
  agency_id TEXT REFERENCES agencies (id),
  expires_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'rejected', 'failed')),
  decided_by TEXT REFERENCES admin_keys (id),
  decided_at INTEGER,
  status INTEGER
) STRICT;
CREATE INDEX pending_changes_by_time ON pending_changes (requested_at, id);
CREATE INDEX pending_changes_waiting ON pending_changes (requested_by, expires_at) WHERE state = 'pending';
