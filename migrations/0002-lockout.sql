-- Failed logins of each account, and the lock that too many of them made.

CREATE TABLE login_failures (
  -- No reference: the one row '' takes what counts for no user, so that every refusal costs the same.
  user_id TEXT PRIMARY KEY,
  -- JSON list of times, the oldest first.
  failed_at TEXT NOT NULL,
  locked_at INTEGER,
  locked_until INTEGER,
  CHECK ((locked_at IS NULL) = (locked_until IS NULL))
) STRICT;
