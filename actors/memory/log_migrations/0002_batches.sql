-- Batches are called so that no other database gives out the same name: the memory knows what was written under it.
CREATE TABLE new_entries (
    id       INTEGER NOT NULL PRIMARY KEY,
    user_id  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    text     TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    batch    TEXT
) STRICT;
INSERT INTO new_entries SELECT id, user_id, at, text, noted_at, CAST(batch AS TEXT) FROM entries;
DROP TABLE entries;
DROP TABLE batches;
ALTER TABLE new_entries RENAME TO entries;
CREATE INDEX entries_of_user ON entries (user_id, id);
