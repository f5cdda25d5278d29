-- Signed receipts for senders, those that wait for a file's final name, and signatures of senders that wait to be verified.

CREATE TABLE receipts (
  -- Its first 12 digits are when it was issued: the order of ids is that of time.
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('received', 'collected')),
  -- Code of the sender's agency, in whose /receipts it is; null for an API key that is bound to none.
  agency TEXT,
  -- Of the sender: a user name, or `admin:<name of the key>`.
  username TEXT NOT NULL,
  -- Code of the agency in whose tree the file is, and the path there.
  tree TEXT NOT NULL,
  path TEXT NOT NULL,
  version_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  -- Canonical JSON (RFC 8785) of the whole receipt: what is signed.
  body TEXT NOT NULL,
  -- An armored SSH signature (PROTOCOL.sshsig) over it.
  signature TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_by_agency ON receipts (agency, id) WHERE agency IS NOT NULL;
CREATE INDEX receipts_by_user ON receipts (username, id);
CREATE INDEX receipts_by_path ON receipts (path, id);
CREATE INDEX receipts_by_hash ON receipts (sha256, id);
CREATE INDEX receipts_by_version ON receipts (version_id, id);
CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts stay as they are'); END;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts stay as they are'); END;

-- Received under a temporary name: the receipt is made with the final one, or when none came for a while.
CREATE TABLE receipts_due (
  version_id TEXT PRIMARY KEY,
  entry_id TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  -- The sender's agency, and where it was received, as in receipts.
  agency TEXT,
  tree TEXT NOT NULL,
  path TEXT NOT NULL,
  -- JSON of what the receipt will say (server/receipts/due.ts).
  facts TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_due_by_time ON receipts_due (due_at);
CREATE INDEX receipts_due_by_path ON receipts_due (path, tree);

-- Files that have a signature beside them, `<name>.sig`, one of which is new.
CREATE TABLE upload_signatures_due (
  parent_id TEXT NOT NULL,
  -- Of the file that is signed.
  name TEXT NOT NULL,
  -- Code of the agency in whose tree it is: each has its turn.
  tree TEXT NOT NULL,
  try_at INTEGER NOT NULL,
  -- Until then one that does not fit may still be followed by the one that does.
  give_up_at INTEGER NOT NULL,
  -- What was found of the two versions that were looked at last; JSON (server/receipts/upload-signatures.ts).
  found TEXT,
  PRIMARY KEY (parent_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_signatures_due_by_time ON upload_signatures_due (try_at);
CREATE INDEX upload_signatures_due_by_tree ON upload_signatures_due (tree, try_at);
