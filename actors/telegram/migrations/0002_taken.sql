-- A choice of a model is kept with the conversation; here is what none knows of yet, and what a group that gets another number had.
ALTER TABLE choices ADD COLUMN is_taken INTEGER NOT NULL DEFAULT 0 CHECK (is_taken IN (0, 1));
