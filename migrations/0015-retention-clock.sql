-- What came while the clock was behind, or nobody knew whether it was: the time that was trusted then, from which its age
-- counts where that is later than what the clock said.
ALTER TABLE versions ADD COLUMN aged_from INTEGER;
ALTER TABLE versions ADD COLUMN collected_aged_from INTEGER;
ALTER TABLE uploads ADD COLUMN aged_from INTEGER;
-- For who confirms the time: what came meanwhile. Mostly there is nothing in them.
CREATE INDEX versions_by_trusted_receipt ON versions (aged_from) WHERE aged_from IS NOT NULL;
CREATE INDEX versions_by_trusted_collection ON versions (collected_aged_from) WHERE collected_aged_from IS NOT NULL;
CREATE INDEX uploads_by_trusted_age ON uploads (aged_from) WHERE aged_from IS NOT NULL;

-- The time that was trusted when it was last noted: while a problem stands, `seen_at` stands still.
ALTER TABLE retention_clock ADD COLUMN trusted_at INTEGER;
-- How far the clock was ahead of what had passed then, since it was last certain: a start does not forget it.
ALTER TABLE retention_clock ADD COLUMN ahead_ms INTEGER NOT NULL DEFAULT 0;

-- When a part of a run was done last: one that stands still is told of.
ALTER TABLE retention_runs ADD COLUMN progress_at INTEGER;
