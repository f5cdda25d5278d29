-- Checkpoints of the ledger: a Merkle tree over its rows, and signed statements of its root (docs/EVIDENCE.md).

-- Who it is that signs: made once, and the same in every copy of this database.
CREATE TABLE ledger_origin (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  instance TEXT NOT NULL CHECK (length(instance) = 32)
) STRICT;
INSERT INTO ledger_origin (id, instance) VALUES (1, lower(hex(randomblob(16))));
CREATE TRIGGER ledger_origin_no_update BEFORE UPDATE ON ledger_origin BEGIN SELECT RAISE(ABORT, 'the origin of the ledger stays as it is'); END;
CREATE TRIGGER ledger_origin_no_delete BEFORE DELETE ON ledger_origin BEGIN SELECT RAISE(ABORT, 'the origin of the ledger stays as it is'); END;

-- The roots of whole subtrees, so that no proof reads more than a few hundred rows. One of level k is over the 256^k rows
-- that begin with row position * 256^k + 1.
CREATE TABLE ledger_subtrees (
  level INTEGER NOT NULL CHECK (level > 0),
  position INTEGER NOT NULL CHECK (position >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_subtrees_no_update BEFORE UPDATE ON ledger_subtrees BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_subtrees_no_delete BEFORE DELETE ON ledger_subtrees BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE checkpoints (
  -- Rows 1 to this one.
  size INTEGER PRIMARY KEY CHECK (size > 0),
  at INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  -- The signed note of C2SP, whole.
  note TEXT NOT NULL,
  -- SHA-256 of the note: the next one names it.
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints stay as they are'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints stay as they are'); END;

-- How far each outside witness has got; no row is not at all.
CREATE TABLE witnesses (
  name TEXT PRIMARY KEY,
  last_size INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- What the last verifications found: one that walked everything, and one from the last good one on.
CREATE TABLE ledger_verifications (
  kind TEXT PRIMARY KEY CHECK (kind IN ('whole', 'new')),
  at INTEGER NOT NULL,
  -- The checkpoint up to which all was well; 0 for none.
  verified_size INTEGER NOT NULL,
  ok INTEGER NOT NULL CHECK (ok IN (0, 1)),
  -- JSON of the whole result (server/ledger/verify.ts).
  result TEXT NOT NULL
) STRICT;
