-- What a turn was told: by attempt, as a list of who told and what, the texts apart and once for each user.
CREATE TABLE told (
    turn_id TEXT NOT NULL REFERENCES turns (id),
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    parts   TEXT NOT NULL,  -- JSON: source, bytes and digest of each text
    PRIMARY KEY (turn_id, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_by_age ON told (at);

CREATE TABLE told_texts (
    id      INTEGER NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    digest  TEXT NOT NULL,
    text    TEXT NOT NULL,
    used_at INTEGER NOT NULL,  -- within a day of when it was told last
    UNIQUE (user_id, digest)
) STRICT;
CREATE INDEX told_texts_by_age ON told_texts (used_at);

-- Models are also asked for what is no answer. SQLite changes no CHECK, so the table is built anew.
CREATE TABLE new_usage (
    id                 INTEGER NOT NULL PRIMARY KEY,
    session_id         TEXT NOT NULL,  -- empty: of no conversation
    turn_id            TEXT NOT NULL,  -- empty: of no turn
    user_id            TEXT NOT NULL,
    purpose            TEXT NOT NULL CHECK (purpose IN ('completion', 'compaction', 'flush', 'review', 'skill')),
    model              TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_usd           REAL,
    at                 INTEGER NOT NULL
) STRICT;
INSERT INTO new_usage SELECT * FROM usage;
DROP TABLE usage;
ALTER TABLE new_usage RENAME TO usage;
CREATE INDEX usage_of_turn ON usage (session_id, turn_id);
CREATE INDEX usage_recent ON usage (at);

-- The order in which conversations were closed, whichever way, and nothing was left to do in them: who must not miss one
-- keeps a cursor.
ALTER TABLE sessions ADD COLUMN closed_seq INTEGER;
UPDATE sessions SET closed_seq = closed.place
FROM (SELECT id, row_number() OVER (ORDER BY last_message_at, id) AS place FROM sessions
      WHERE is_closed = 1 AND NOT EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id
                                          AND state IN ('accepted', 'running'))) AS closed
WHERE sessions.id = closed.id;
CREATE UNIQUE INDEX sessions_closed ON sessions (closed_seq) WHERE closed_seq IS NOT NULL;

CREATE TRIGGER session_closed AFTER UPDATE OF is_closed ON sessions
WHEN new.is_closed = 1 AND new.closed_seq IS NULL
     AND NOT EXISTS (SELECT 1 FROM turns WHERE session_id = new.id AND state IN ('accepted', 'running'))
BEGIN
    UPDATE sessions SET closed_seq = (SELECT coalesce(max(closed_seq), 0) + 1 FROM sessions WHERE closed_seq IS NOT NULL)
    WHERE id = new.id;
END;

CREATE TRIGGER closed_session_at_rest AFTER UPDATE OF state ON turns
WHEN new.state IN ('merged', 'done', 'failed', 'cancelled')
     AND EXISTS (SELECT 1 FROM sessions WHERE id = new.session_id AND is_closed = 1 AND closed_seq IS NULL)
     AND NOT EXISTS (SELECT 1 FROM turns WHERE session_id = new.session_id AND state IN ('accepted', 'running'))
BEGIN
    UPDATE sessions SET closed_seq = (SELECT coalesce(max(closed_seq), 0) + 1 FROM sessions WHERE closed_seq IS NOT NULL)
    WHERE id = new.session_id;
END;
