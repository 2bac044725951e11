-- Times are microseconds since 1970, UTC.

CREATE TABLE jobs (
    id               TEXT    NOT NULL PRIMARY KEY,
    owner            TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    prompt           TEXT    NOT NULL,
    schedule         TEXT    NOT NULL,          -- JSON, as in messages.Schedule
    timezone         TEXT    NOT NULL,          -- IANA name
    anchor           INTEGER NOT NULL,          -- what an interval counts from
    enabled          INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    delete_after_run INTEGER NOT NULL CHECK (delete_after_run IN (0, 1)),
    session_mode     TEXT    NOT NULL,
    max_retries      INTEGER NOT NULL,
    timeout_secs     INTEGER NOT NULL,
    missed           TEXT    NOT NULL,
    missed_secs      INTEGER NOT NULL,
    overlap          TEXT    NOT NULL,
    jitter_secs      INTEGER NOT NULL,
    budget_usd       REAL    NOT NULL,          -- 0 for no limit
    model            TEXT,
    builtin          TEXT UNIQUE,               -- 'heartbeat', 'boot', 'bootstrap'
    preface          TEXT    NOT NULL,          -- what its next run is told before its prompt, once
    created_at       INTEGER NOT NULL,
    removed          INTEGER NOT NULL CHECK (removed IN (0, 1)) -- it stays until its last run has ended and was told of
) STRICT;

CREATE UNIQUE INDEX jobs_name ON jobs (owner, name) WHERE NOT removed; -- that of a removed one is free at once
CREATE INDEX jobs_removed ON jobs (id) WHERE removed;

-- One row for each planned instant of a job: what has become of it.
CREATE TABLE runs (
    id             INTEGER NOT NULL PRIMARY KEY,
    job            TEXT    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    instant        INTEGER NOT NULL,
    manual         INTEGER NOT NULL CHECK (manual IN (0, 1)),
    state          TEXT    NOT NULL,
    why            TEXT    NOT NULL DEFAULT '',
    collapsed_into INTEGER,                     -- the instant that stands for it
    due_at         INTEGER NOT NULL,            -- instant and jitter, or the time of the next attempt
    attempt        INTEGER NOT NULL DEFAULT 0,  -- the latest, from 1
    preface        TEXT    NOT NULL DEFAULT '', -- what it is told before the prompt of the job
    started_at     INTEGER,                     -- when its first attempt was
    ended_at       INTEGER,
    summary        TEXT    NOT NULL DEFAULT '',
    error          TEXT,
    told           INTEGER NOT NULL DEFAULT 1 CHECK (told IN (0, 1)), -- whether its owner was told how it ended
    UNIQUE (job, instant)
) STRICT;

CREATE INDEX runs_due ON runs (state, due_at);
CREATE INDEX runs_open ON runs (job, state);
CREATE INDEX runs_untold ON runs (id) WHERE told = 0;

CREATE TABLE attempts (
    run        INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    session    TEXT    NOT NULL,
    own        INTEGER NOT NULL CHECK (own IN (0, 1)), -- whether the conversation is of this attempt alone
    turn       TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    outcome    TEXT,
    error      TEXT,
    PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;

-- Conversations of forgotten runs, until they are forgotten too.
CREATE TABLE leftovers (
    session TEXT NOT NULL PRIMARY KEY,
    owner   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Calls of tools that were carried out: the same once more gets the same answer.
CREATE TABLE applied (
    call   TEXT    NOT NULL PRIMARY KEY,
    answer TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
