-- Weekly reviews: what happened in each week, and who has looked at it (Pub 1075 AU-6).

CREATE TABLE reviews (
  id TEXT PRIMARY KEY,
  -- Of the week; it ends where the next one begins.
  from_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  timezone TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  -- Canonical JSON (RFC 8785) of its figures, and the SHA-256 of that, hex.
  figures TEXT NOT NULL,
  figures_sha256 TEXT NOT NULL,
  -- From when on nobody may still not have looked at it, and when that was told.
  overdue_at INTEGER NOT NULL,
  overdue_told_at INTEGER,
  acknowledged_at INTEGER,
  -- JSON of an actor.
  acknowledged_by TEXT,
  note TEXT,
  CHECK (from_at < until_at),
  CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (note IS NULL))
) STRICT;
-- Ids are in the order of time, and so are the weeks: none is there twice.
CREATE UNIQUE INDEX reviews_by_week ON reviews (until_at);
CREATE INDEX reviews_waiting ON reviews (overdue_at) WHERE acknowledged_at IS NULL;
CREATE TRIGGER reviews_no_change BEFORE UPDATE OF id, from_at, until_at, timezone, made_at, figures, figures_sha256, overdue_at ON reviews
BEGIN
  SELECT RAISE(ABORT, 'the figures of a review stay as they are');
END;
CREATE TRIGGER reviews_acknowledged_once BEFORE UPDATE ON reviews WHEN OLD.acknowledged_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a review is acknowledged once');
END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews stay'); END;
