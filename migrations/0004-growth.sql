-- What keeps a request's cost the same at ten million entries (docs/decisions: growth).

-- Nothing asks these, and each was one more page to write in every upload: agencies, users and blobs are never deleted,
-- so no reference needs them either.
DROP INDEX entries_by_agency;
DROP INDEX versions_by_entry;
DROP INDEX versions_by_receiver;
DROP INDEX blobs_unpublished;
DROP INDEX uploads_by_blob;

-- Transfers that are going, cut or discarded are few, and found by this; those that ended well are found by time soon
-- enough. Null for them, so that the index does not hold them.
ALTER TABLE transfers ADD COLUMN unusual_state TEXT
  GENERATED ALWAYS AS (iif(state IN ('published', 'completed'), NULL, state)) VIRTUAL;
DROP INDEX transfers_unfinished;
CREATE INDEX transfers_by_state ON transfers (unusual_state, started_at, id) WHERE unusual_state IS NOT NULL;
CREATE INDEX transfers_by_direction ON transfers (direction, started_at, id);
-- The same content may come every day.
DROP INDEX transfers_by_hash;
CREATE INDEX transfers_by_hash ON transfers (sha256, started_at) WHERE sha256 IS NOT NULL;

-- Rows of the ledger are in the order of their times but where the clock was set back, so a time is looked up by
-- bisection (server/ledger/time-bounds.ts), and needs no index of its own.
DROP INDEX ledger_by_time;
CREATE TABLE clock_steps (
  -- The first row after the clock was set back.
  seq INTEGER PRIMARY KEY
) STRICT;
INSERT INTO clock_steps
  SELECT seq FROM (SELECT seq, at, lag(at) OVER (ORDER BY seq) AS before FROM ledger) WHERE at < before;
CREATE TRIGGER ledger_clock_step AFTER INSERT ON ledger
  WHEN NEW.at < (SELECT at FROM ledger WHERE seq = NEW.seq - 1)
BEGIN
  INSERT INTO clock_steps (seq) VALUES (NEW.seq);
END;
CREATE INDEX ledger_by_reason ON ledger (reason, seq) WHERE reason IS NOT NULL;
ALTER TABLE ledger ADD COLUMN unusual_outcome TEXT GENERATED ALWAYS AS (nullif(outcome, 'success')) VIRTUAL;
CREATE INDEX ledger_by_outcome ON ledger (unusual_outcome, seq) WHERE unusual_outcome IS NOT NULL;
