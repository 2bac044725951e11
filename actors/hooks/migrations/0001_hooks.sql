-- What came of hooks, and how far the ledger was read for them. Times are microseconds since 1970, UTC.

-- The last calls, the oldest of which give way.
CREATE TABLE runs (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    hook    TEXT NOT NULL,
    event   TEXT NOT NULL,
    tool    TEXT NOT NULL,
    session TEXT NOT NULL,
    at      INTEGER NOT NULL,
    seconds REAL NOT NULL,
    result  TEXT NOT NULL,
    detail  TEXT NOT NULL,
    stderr  TEXT NOT NULL
) STRICT;
CREATE INDEX runs_of_hook ON runs (hook, id);

-- Hooks that have failed the last time.
CREATE TABLE failing (
    hook     TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    until    INTEGER                     -- left alone until then; NULL while it may be called
) STRICT;

-- The last end of a turn, or of a conversation, that hooks were told of; no row while there are no hooks for it.
CREATE TABLE cursors (name TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
