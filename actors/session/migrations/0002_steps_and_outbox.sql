-- A call is an intent, then perhaps awaits a person, has begun, is done. SQLite changes no CHECK, so the table is
-- built anew; nothing refers to it.

CREATE TABLE new_steps (
    id         INTEGER NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    turn_id    TEXT NOT NULL REFERENCES turns (id),
    n          INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('user', 'assistant', 'tool', 'notice')),
    state      TEXT NOT NULL CHECK (state IN ('intent', 'awaiting', 'begun', 'done')),
    content    TEXT NOT NULL,  -- user: messages; assistant: blocks; tool: its input; notice: a sentence
    call_id    TEXT,
    tool       TEXT,
    effect     TEXT CHECK (effect IN ('pure', 'local', 'keyed', 'unsafe')),
    result     TEXT,           -- tool: blocks and attachments
    is_error   INTEGER CHECK (is_error IN (0, 1)),
    started_at INTEGER NOT NULL,
    begun_at   INTEGER,        -- tool: when it was about to be carried out
    ended_at   INTEGER,
    UNIQUE (turn_id, n)
) STRICT;

-- Of a call that was open nobody wrote down whether it had begun.
INSERT INTO new_steps (id, session_id, turn_id, n, kind, state, content, call_id, tool, effect, result, is_error,
                       started_at, begun_at, ended_at)
SELECT id, session_id, turn_id, n, kind, CASE state WHEN 'intent' THEN 'begun' ELSE state END, content, call_id, tool,
       effect, result, is_error, started_at, CASE kind WHEN 'tool' THEN started_at END, ended_at
FROM steps;

DROP TABLE steps;
ALTER TABLE new_steps RENAME TO steps;
CREATE INDEX steps_of_session ON steps (session_id, id);
CREATE INDEX steps_of_tools ON steps (started_at) WHERE kind = 'tool';

ALTER TABLE turns ADD COLUMN role TEXT NOT NULL DEFAULT 'admin' CHECK (role IN ('admin', 'user'));
ALTER TABLE turns ADD COLUMN options TEXT NOT NULL DEFAULT '{}';  -- how it is to be run, as JSON; what is not said is left out
UPDATE turns SET options = json_object('model', model) WHERE model IS NOT NULL;
ALTER TABLE turns DROP COLUMN model;

-- Attempts count against the step at which they died.
ALTER TABLE turns ADD COLUMN progress INTEGER NOT NULL DEFAULT 0;  -- how far it was when its latest attempt began or ended
ALTER TABLE turns ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;    -- attempts in a row that died there
ALTER TABLE turns ADD COLUMN runner TEXT;                          -- who claimed it last within `boot_id`
ALTER TABLE turns DROP COLUMN released;
ALTER TABLE turns ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1));

ALTER TABLE turns ADD COLUMN end_seq INTEGER;  -- order of the ends
UPDATE turns SET end_seq = ended.place
FROM (SELECT seq, row_number() OVER (ORDER BY finished_at, seq) AS place FROM turns
      WHERE state IN ('done', 'failed', 'cancelled')) AS ended
WHERE turns.seq = ended.seq;
CREATE UNIQUE INDEX turns_ended ON turns (end_seq) WHERE end_seq IS NOT NULL;

CREATE TABLE new_outbox (
    id        INTEGER NOT NULL PRIMARY KEY,
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

INSERT INTO new_outbox (id, turn_id, channel, recipient, key, body, state, attempt, next_at, boot_id)
SELECT outbox.id, turn_id, outbox.channel, coalesce(channel_key, ''), key, body, outbox.state, outbox.attempt, next_at,
       outbox.boot_id
FROM outbox LEFT JOIN turns ON turns.id = turn_id LEFT JOIN sessions ON sessions.id = session_id;

DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (state, channel, next_at);
