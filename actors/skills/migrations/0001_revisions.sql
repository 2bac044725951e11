-- Times are microseconds since 1970, UTC. What is on the disk counts; this says how it came there.

CREATE TABLE revisions (
    seq     INTEGER NOT NULL PRIMARY KEY,
    owner   TEXT NOT NULL,     -- a user's id, empty for a shared skill
    name    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    action  TEXT NOT NULL,
    origin  TEXT NOT NULL,
    by_user TEXT NOT NULL,     -- who did it
    author  TEXT NOT NULL,     -- who wrote it, or for whom a model did
    session TEXT,
    turn    TEXT,
    call    TEXT UNIQUE,       -- of the tool; again it does nothing
    source  TEXT,
    digest  TEXT NOT NULL,     -- of all files; empty when it was deleted
    state   TEXT NOT NULL CHECK (state IN ('intent', 'done'))  -- whether the disk has it
) STRICT;

CREATE INDEX revisions_of_skill ON revisions (owner, name, seq);
CREATE INDEX revisions_open ON revisions (seq) WHERE state = 'intent';

CREATE TABLE files (
    revision   INTEGER NOT NULL REFERENCES revisions (seq) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    hash       TEXT NOT NULL REFERENCES blobs (hash),
    executable INTEGER NOT NULL CHECK (executable IN (0, 1)),
    PRIMARY KEY (revision, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX files_of_blob ON files (hash);

CREATE TABLE blobs (
    hash TEXT NOT NULL PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
