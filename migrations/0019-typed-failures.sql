-- Which of the failures were passwords or one-time codes: a login by a key alone forgets only the others.
ALTER TABLE login_failures ADD COLUMN typed_at TEXT NOT NULL DEFAULT '[]';
