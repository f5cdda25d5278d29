-- The life of a key (who used it last, with what, and what took its place), and the orders in which accounts are listed.

ALTER TABLE user_keys ADD COLUMN last_used_client TEXT;
ALTER TABLE user_keys ADD COLUMN last_used_algorithm TEXT;
-- The key that a rotation put in its place; no reference, as that one may be removed first.
ALTER TABLE user_keys ADD COLUMN replaced_by TEXT;
ALTER TABLE user_keys ADD COLUMN active_at INTEGER
  GENERATED ALWAYS AS (coalesce(last_used_at, created_at)) VIRTUAL;
CREATE INDEX user_keys_by_activity ON user_keys (active_at, id);
CREATE INDEX user_keys_by_expiry ON user_keys (expires_at, id) WHERE expires_at IS NOT NULL;
CREATE INDEX user_keys_by_strength ON user_keys (type, bits, id);
CREATE INDEX user_keys_by_fingerprint ON user_keys (fingerprint, id);

-- Of a user who never logged in, the creation: who was made yesterday is not unused.
ALTER TABLE users ADD COLUMN active_at INTEGER
  GENERATED ALWAYS AS (coalesce(last_login_at, created_at)) VIRTUAL;
DROP INDEX users_by_agency;
CREATE INDEX users_by_agency ON users (agency_id, username);
CREATE INDEX users_by_activity ON users (active_at, username);
CREATE INDEX users_by_creation ON users (created_at, username);

CREATE INDEX agencies_by_name ON agencies (name, code);
CREATE INDEX agencies_by_creation ON agencies (created_at, code);
