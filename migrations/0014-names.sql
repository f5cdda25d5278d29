-- Names of files in the ledger, from this version on: a row of the ledger has a commitment in place of each, and here is
-- what opens it. Taking the row away here redacts the name there, and leaves the chain as it is (docs/EVIDENCE.md).

CREATE TABLE ledger_name_keys (
  id INTEGER PRIMARY KEY,
  -- A code, which is never reused; '' for names that are of no agency's tree.
  agency TEXT NOT NULL,
  -- Wrapped by the master key; null once destroyed, and with it every name that was sealed under it.
  wrapped_key BLOB,
  created_at INTEGER NOT NULL,
  destroyed_at INTEGER,
  CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX ledger_name_keys_live ON ledger_name_keys (agency) WHERE wrapped_key IS NOT NULL;

CREATE TABLE ledger_names (
  id INTEGER PRIMARY KEY,
  -- No reference: keys are never deleted, and each insert would look the key up.
  key_id INTEGER NOT NULL,
  -- HMAC-SHA256 of the name, under a random key of its own.
  commitment BLOB NOT NULL CHECK (length(commitment) = 32),
  -- HMAC of the name under a key of its agency, cut to 16 bytes: finds it without its text in an index.
  lookup BLOB NOT NULL CHECK (length(lookup) = 16),
  -- Its key and the name, sealed under a key of its agency.
  sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX ledger_names_by_commitment ON ledger_names (commitment);
CREATE UNIQUE INDEX ledger_names_by_lookup ON ledger_names (lookup);
-- Another name never takes the place of one that a row of the ledger speaks of.
CREATE TRIGGER ledger_names_no_update BEFORE UPDATE ON ledger_names BEGIN SELECT RAISE(ABORT, 'a name of the ledger is opened or redacted, never changed'); END;

-- Receipts whose name was redacted: the sender has its copy, and the server's goes.
CREATE TABLE redacted_receipts (
  id TEXT PRIMARY KEY,
  redacted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER redacted_receipts_no_update BEFORE UPDATE ON redacted_receipts BEGIN SELECT RAISE(ABORT, 'what was redacted stays so'); END;
CREATE TRIGGER redacted_receipts_no_delete BEFORE DELETE ON redacted_receipts BEGIN SELECT RAISE(ABORT, 'what was redacted stays so'); END;
DROP TRIGGER receipts_no_delete;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts
  WHEN NOT EXISTS (SELECT 1 FROM redacted_receipts WHERE redacted_receipts.id = OLD.id)
  BEGIN SELECT RAISE(ABORT, 'receipts stay as they are'); END;
