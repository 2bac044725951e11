-- What is sent says whose it is, how much of it has arrived and why the rest has not; in order for each recipient.
CREATE TABLE new_outbox (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    turn_id    TEXT REFERENCES turns (id),
    user_id    TEXT NOT NULL,
    channel    TEXT NOT NULL,
    recipient  TEXT NOT NULL,
    key        TEXT NOT NULL UNIQUE,  -- the same push twice is one
    body       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'doubtful', 'dead', 'dropped')),
    attempt    INTEGER NOT NULL DEFAULT 0,
    doubts     INTEGER NOT NULL DEFAULT 0,     -- how often the next part may have arrived already
    sent       TEXT    NOT NULL DEFAULT '[]',  -- what the platform calls the parts that have arrived
    reason     TEXT,                           -- why it has not, as far as it has not
    created_at INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,               -- not before; once it is closed: since when it is
    boot_id    TEXT,                           -- process that claimed it last
    claimer    TEXT                            -- who in that process
) STRICT;
INSERT INTO new_outbox (id, turn_id, user_id, channel, recipient, key, body, state, attempt, created_at, next_at, boot_id,
                        claimer)
SELECT id, turn_id,
       coalesce((SELECT user_id FROM turns WHERE turns.id = turn_id),
                (SELECT user_id FROM sessions WHERE sessions.id = CASE WHEN json_valid(body) THEN body ->> 'session' END),
                ''),
       channel, recipient, key, body, state, attempt, next_at, next_at, boot_id, claimer
FROM outbox;
DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (channel, recipient, id) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_by_state ON outbox (state, next_at);
CREATE INDEX outbox_of_session ON outbox (CASE WHEN json_valid(body) THEN body ->> 'session' END);
CREATE INDEX outbox_of_turn ON outbox (turn_id) WHERE turn_id IS NOT NULL;
