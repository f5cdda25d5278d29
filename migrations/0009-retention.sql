-- Retention: jobs, their runs and what each is about, destruction certificates, legal holds, and the clock that they go by.

-- When somebody of another agency than its sender's had first read the whole of it.
ALTER TABLE versions ADD COLUMN collected_at INTEGER;
UPDATE versions SET collected_at = collections.at
  FROM (
    SELECT versions.id AS version_id, min(transfers.ended_at) AS at
    FROM transfers
      JOIN versions ON versions.blob_id = transfers.blob_id
      JOIN users AS reader ON reader.id = transfers.user_id
      LEFT JOIN users AS sender ON sender.id = versions.received_by
    WHERE transfers.direction = 'download' AND transfers.state = 'completed'
      AND reader.agency_id IS NOT sender.agency_id
    GROUP BY versions.id
  ) AS collections
  WHERE collections.version_id = versions.id;

-- What a run looks through: the oldest first. Only what still has content; a new row goes to the end.
CREATE INDEX versions_by_receipt ON versions (received_at, id) WHERE blob_id IS NOT NULL;
CREATE INDEX versions_by_collection ON versions (collected_at, id) WHERE collected_at IS NOT NULL AND blob_id IS NOT NULL;
CREATE INDEX uploads_by_age ON uploads (modified_at, id) WHERE open_id IS NULL;

CREATE TABLE retention_jobs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  agency_id TEXT REFERENCES agencies (id),
  glob TEXT NOT NULL,
  older_than_days INTEGER NOT NULL CHECK (older_than_days > 0),
  clock TEXT NOT NULL CHECK (clock IN ('received', 'collected')),
  -- JSON list of targets.
  targets TEXT NOT NULL,
  keep_versions INTEGER NOT NULL CHECK (keep_versions >= 0),
  schedule TEXT NOT NULL,
  timezone TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  needs_approval INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
  -- The next run is due at the first time of the schedule after this.
  due_after INTEGER NOT NULL,
  -- Who set its rule last: the approver is somebody else.
  changed_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX retention_jobs_by_name ON retention_jobs (name) WHERE removed_at IS NULL;

CREATE TABLE retention_runs (
  id TEXT PRIMARY KEY,
  job_id TEXT NOT NULL REFERENCES retention_jobs (id),
  cause TEXT NOT NULL CHECK (cause IN ('schedule', 'missed', 'administrator')),
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('planning', 'planned', 'approved', 'running', 'done', 'failed', 'cancelled')),
  -- Why a plan waits for an administrator; null where it does not, and for a dry run.
  waits_for TEXT CHECK (waits_for IN ('approval', 'share')),
  -- JSON of the job's rule as the run found it.
  rule TEXT NOT NULL,
  -- What came before this is old enough.
  cutoff_at INTEGER NOT NULL,
  due_at INTEGER,
  -- JSON of an actor.
  requested_by TEXT NOT NULL,
  approved_by TEXT,
  cancelled_by TEXT,
  created_at INTEGER NOT NULL,
  planned_at INTEGER,
  approved_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  -- JSON: where planning goes on.
  plan_cursor TEXT,
  -- The first item that is not settled yet.
  next_ordinal INTEGER NOT NULL DEFAULT 0,
  -- Of the items of the plan, hex (server/retention/plan-hash.ts).
  plan_sha256 TEXT,
  scope_files INTEGER NOT NULL DEFAULT 0,
  planned_files INTEGER NOT NULL DEFAULT 0,
  planned_bytes INTEGER NOT NULL DEFAULT 0,
  purged_files INTEGER NOT NULL DEFAULT 0,
  purged_bytes INTEGER NOT NULL DEFAULT 0,
  held_files INTEGER NOT NULL DEFAULT 0,
  skipped_files INTEGER NOT NULL DEFAULT 0,
  failed_files INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  -- When a run that counts came to its end by itself: a dry run is none, and who cancels one says nothing of how it went.
  outcome_at INTEGER GENERATED ALWAYS AS (CASE WHEN dry_run = 0 AND state IN ('done', 'failed') THEN ended_at END) VIRTUAL,
  active INTEGER GENERATED ALWAYS AS (CASE WHEN dry_run = 0 AND state IN ('planning', 'planned', 'approved', 'running') THEN 1 END) VIRTUAL
) STRICT;
-- Ids are in the order of time.
CREATE INDEX retention_runs_by_job ON retention_runs (job_id, id);
-- One at a time.
CREATE UNIQUE INDEX retention_runs_active ON retention_runs (job_id, active) WHERE active IS NOT NULL;
-- Not by id: a dry run that was approved later is older than what ran meanwhile.
CREATE INDEX retention_runs_by_outcome ON retention_runs (job_id, outcome_at, id) WHERE outcome_at IS NOT NULL;
CREATE INDEX retention_runs_by_state ON retention_runs (state, id);

CREATE TABLE retention_items (
  run_id TEXT NOT NULL REFERENCES retention_runs (id),
  ordinal INTEGER NOT NULL,
  target TEXT NOT NULL CHECK (target IN ('file', 'previous-version', 'partial-upload')),
  -- Of a version, or of an upload.
  target_id TEXT NOT NULL,
  agency TEXT NOT NULL,
  path TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT,
  -- When its age began.
  clock_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'purged', 'held', 'kept', 'busy', 'gone', 'failed')),
  reason TEXT,
  -- Of the two that most are in, nobody asks for the few.
  unusual_state TEXT GENERATED ALWAYS AS (CASE WHEN state NOT IN ('planned', 'purged') THEN state END) VIRTUAL,
  PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;
-- Once in a run, whatever happened to the file while it was planned.
CREATE UNIQUE INDEX retention_items_by_target ON retention_items (run_id, target_id);
CREATE INDEX retention_items_unusual ON retention_items (run_id, unusual_state, ordinal) WHERE unusual_state IS NOT NULL;

CREATE TABLE certificates (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  agency TEXT NOT NULL,
  path TEXT NOT NULL,
  target TEXT NOT NULL,
  target_id TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT,
  received_at INTEGER NOT NULL,
  purged_at INTEGER NOT NULL,
  -- Canonical JSON (RFC 8785) of the whole certificate: what is signed.
  body TEXT NOT NULL,
  -- An armored SSH signature (PROTOCOL.sshsig) over it.
  signature TEXT NOT NULL
) STRICT;
CREATE INDEX certificates_by_time ON certificates (purged_at, id);
CREATE INDEX certificates_by_agency ON certificates (agency, purged_at, id);
CREATE INDEX certificates_by_path ON certificates (path, purged_at, id);
CREATE INDEX certificates_by_hash ON certificates (sha256, purged_at, id) WHERE sha256 IS NOT NULL;
CREATE INDEX certificates_by_run ON certificates (run_id, purged_at, id);
CREATE INDEX certificates_by_job ON certificates (job_id, purged_at, id);
CREATE UNIQUE INDEX certificates_by_target ON certificates (target_id);
CREATE TRIGGER certificates_no_update BEFORE UPDATE ON certificates BEGIN SELECT RAISE(ABORT, 'certificates stay as they are'); END;
CREATE TRIGGER certificates_no_delete BEFORE DELETE ON certificates BEGIN SELECT RAISE(ABORT, 'certificates stay as they are'); END;

CREATE TABLE holds (
  id TEXT PRIMARY KEY,
  -- Null is all of them.
  agency_id TEXT REFERENCES agencies (id),
  glob TEXT,
  entry_id TEXT,
  -- Of what was received from the one time on, and before the other.
  received_from INTEGER,
  received_until INTEGER,
  reason TEXT NOT NULL,
  authority TEXT NOT NULL,
  -- JSON of an actor.
  placed_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- It ends by itself then.
  until INTEGER,
  lifted_at INTEGER,
  lifted_by TEXT,
  lift_reason TEXT,
  CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)),
  CHECK (entry_id IS NULL OR glob IS NULL)
) STRICT;
-- Those that say by a rule what they are on are few, and each is held against a file; of single files there may be many.
CREATE INDEX holds_standing ON holds (created_at, id) WHERE lifted_at IS NULL AND entry_id IS NULL;
CREATE INDEX holds_on_files ON holds (entry_id, id) WHERE lifted_at IS NULL AND entry_id IS NOT NULL;

-- One row, from the first look at the clock on.
CREATE TABLE retention_clock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seen_at INTEGER NOT NULL,
  -- Nothing is purged until an administrator has confirmed the time.
  problem TEXT CHECK (problem IN ('went-back', 'jumped')),
  problem_before INTEGER,
  problem_after INTEGER,
  CHECK ((problem IS NULL) = (problem_before IS NULL) AND (problem IS NULL) = (problem_after IS NULL))
) STRICT;
