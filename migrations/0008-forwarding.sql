-- How far each destination of the ledger has got (server/forwarding). A destination that is new has had nothing yet.
CREATE TABLE forwarders (
  name TEXT PRIMARY KEY,
  -- The newest row of the ledger of which it is known that the destination has it.
  last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
  -- 1: an administrator has it wait.
  paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
  updated_at INTEGER NOT NULL
) STRICT;
