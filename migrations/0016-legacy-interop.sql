-- Agencies that may still use older algorithms, from where and until when; and who did (docs/decisions/0020).
CREATE TABLE legacy_grants (
  agency_id TEXT PRIMARY KEY REFERENCES agencies (id),
  -- JSON list of canonical addresses and CIDR blocks, one at least.
  allowed_cidrs TEXT NOT NULL,
  reason TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  granted_at INTEGER NOT NULL
) STRICT;

-- One row for each user who ever logged in over what only a grant allows: the last time of it.
CREATE TABLE legacy_logins (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  logins INTEGER NOT NULL CHECK (logins > 0),
  last_at INTEGER NOT NULL,
  last_from TEXT NOT NULL,
  client TEXT NOT NULL,
  -- JSON object, as negotiated.
  algorithms TEXT NOT NULL
) STRICT;
CREATE INDEX legacy_logins_by_agency ON legacy_logins (agency_id, user_id);
