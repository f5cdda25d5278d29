-- Rows of the ledger that are older than they have to be kept at hand: sealed into a file, and then deleted here. What is
-- left is a stub for each range, which says what was there and is signed with the evidence key.
CREATE TABLE ledger_archives (
  -- The rows in the file.
  last_seq INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL CHECK (first_seq > 0 AND first_seq <= last_seq),
  -- Up to here the rows are deleted: whole subtrees of the tree, and nothing that a later export needs.
  gone_to INTEGER NOT NULL CHECK (gone_to <= last_seq),
  at INTEGER NOT NULL,
  -- A name in <data>/archive.
  file TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL,
  -- Of the sealed file, hex.
  sha256 TEXT NOT NULL,
  -- Canonical JSON (RFC 8785) of all this and of what the rows behind it follow.
  stub TEXT NOT NULL,
  -- An armored SSH signature of the evidence key over it.
  signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER ledger_archives_in_order BEFORE INSERT ON ledger_archives
  WHEN NEW.first_seq <> 1 + coalesce((SELECT last_seq FROM ledger_archives ORDER BY last_seq DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'archives follow one another'); END;
CREATE TRIGGER ledger_archives_no_update BEFORE UPDATE ON ledger_archives BEGIN SELECT RAISE(ABORT, 'a stub stays as it is'); END;
CREATE TRIGGER ledger_archives_no_delete BEFORE DELETE ON ledger_archives BEGIN SELECT RAISE(ABORT, 'a stub stays for good'); END;

-- A row leaves the ledger only for an archive that has it.
DROP TRIGGER ledger_no_delete;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
  WHEN OLD.seq > coalesce((SELECT gone_to FROM ledger_archives ORDER BY last_seq DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
