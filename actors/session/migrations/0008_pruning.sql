-- Conversations in which only jobs spoke are deleted. No number of what is gone is given out again: cursors count on it.
CREATE TABLE counters (
    name TEXT    NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL  -- given out so far
) STRICT, WITHOUT ROWID;
INSERT INTO counters
SELECT 'ended', coalesce(max(end_seq), 0) FROM turns UNION ALL SELECT 'closed', coalesce(max(closed_seq), 0) FROM sessions;

DROP TRIGGER session_closed;
CREATE TRIGGER session_closed AFTER UPDATE OF is_closed ON sessions
WHEN new.is_closed = 1 AND new.closed_seq IS NULL
     AND NOT EXISTS (SELECT 1 FROM turns WHERE session_id = new.id AND state IN ('accepted', 'running'))
BEGIN
    UPDATE counters SET last = last + 1 WHERE name = 'closed';
    UPDATE sessions SET closed_seq = (SELECT last FROM counters WHERE name = 'closed') WHERE id = new.id;
END;

DROP TRIGGER closed_session_at_rest;
CREATE TRIGGER closed_session_at_rest AFTER UPDATE OF state ON turns
WHEN new.state IN ('merged', 'done', 'failed', 'cancelled')
     AND EXISTS (SELECT 1 FROM sessions WHERE id = new.session_id AND is_closed = 1 AND closed_seq IS NULL)
     AND NOT EXISTS (SELECT 1 FROM turns WHERE session_id = new.session_id AND state IN ('accepted', 'running'))
BEGIN
    UPDATE counters SET last = last + 1 WHERE name = 'closed';
    UPDATE sessions SET closed_seq = (SELECT last FROM counters WHERE name = 'closed') WHERE id = new.session_id;
END;

-- Nor is the id of a row to be pushed: who claimed it may still say what became of it.
CREATE TABLE new_outbox (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    turn_id   TEXT REFERENCES turns (id),
    channel   TEXT NOT NULL,
    recipient TEXT NOT NULL,
    key       TEXT NOT NULL UNIQUE,  -- the same push twice is one
    body      TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'doubtful', 'dead')),
    attempt   INTEGER NOT NULL DEFAULT 0,
    next_at   INTEGER NOT NULL,
    boot_id   TEXT,  -- process that claimed it last
    claimer   TEXT   -- who in that process
) STRICT;
INSERT INTO new_outbox SELECT * FROM outbox;
DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (state, channel, next_at);
CREATE INDEX outbox_of_session ON outbox (CASE WHEN json_valid(body) THEN body ->> 'session' END);

-- What deleting a conversation, and SQLite's look for what still refers to it, would else read whole tables for.
CREATE INDEX turns_of_session ON turns (session_id, seq);
DROP INDEX turns_open;  -- of two indexes that look as good, SQLite takes the one that was made last
CREATE INDEX turns_open ON turns (session_id, seq) WHERE state IN ('accepted', 'running');
CREATE INDEX turns_merged ON turns (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX outbox_of_turn ON outbox (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX compactions_of_turn ON compactions (turn_id);

-- Calls of tools in conversations that are gone, which still count.
CREATE TABLE past_calls (
    session_id TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    is_error   INTEGER CHECK (is_error IN (0, 1)),
    started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX past_calls_by_age ON past_calls (started_at);
