-- Whether a conversation was put aside: it is not on the list until it goes on.
ALTER TABLE sessions ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1));
