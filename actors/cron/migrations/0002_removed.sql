-- A job that is removed stays until its last run has ended and was told of; its name is free at once.

CREATE TABLE anew (
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
    removed          INTEGER NOT NULL CHECK (removed IN (0, 1))
) STRICT;

INSERT INTO anew SELECT *, 0 FROM jobs;

DROP TABLE jobs;

ALTER TABLE anew RENAME TO jobs;

CREATE UNIQUE INDEX jobs_name ON jobs (owner, name) WHERE NOT removed;

CREATE INDEX jobs_removed ON jobs (id) WHERE removed;
