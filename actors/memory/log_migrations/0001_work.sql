-- What is to be done with turns and conversations that have ended. Times are microseconds since 1970, UTC.

-- How far the ledger has been read; kept together with what follows from it.
CREATE TABLE cursors (name TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
INSERT INTO cursors VALUES ('turns', 0), ('closed', 0);

-- Entries for daily logs. Those of one batch are added to a log at once, and by the number of the batch only once.
CREATE TABLE entries (
    id       INTEGER NOT NULL PRIMARY KEY,
    user_id  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    text     TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    batch    INTEGER
) STRICT;
CREATE INDEX entries_of_user ON entries (user_id, id);
CREATE TABLE batches (last INTEGER NOT NULL) STRICT;
INSERT INTO batches VALUES (0);

-- Conversations to be kept as notes.
CREATE TABLE exports (
    seq        INTEGER NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    not_before INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Conversations with something in them that was not yet reviewed, or that go on.
CREATE TABLE reviews (
    session_id TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL,
    waiting    INTEGER NOT NULL DEFAULT 0,  -- messages of the person since the last review
    upto       INTEGER NOT NULL DEFAULT 0,  -- last message that was reviewed
    last_at    INTEGER NOT NULL,            -- when the last turn ended
    closed     INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
    not_before INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reviews_to_do ON reviews (last_at) WHERE waiting > 0;

-- Reviews of a user on a day.
CREATE TABLE spent (
    user_id TEXT NOT NULL PRIMARY KEY,
    day     INTEGER NOT NULL,
    count   INTEGER NOT NULL
) STRICT;
