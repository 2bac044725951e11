-- The whole answer of a run, until its owner was told; `summary` is its beginning.
ALTER TABLE runs ADD COLUMN answer TEXT NOT NULL DEFAULT '';
