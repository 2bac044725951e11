CREATE TABLE asks (
    id          TEXT    NOT NULL PRIMARY KEY,  -- of the call with its input
    call        TEXT    NOT NULL,              -- the call's own key
    tool_use_id TEXT    NOT NULL,
    tool        TEXT    NOT NULL,
    input       TEXT    NOT NULL,              -- JSON
    acts_on     TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    outside     TEXT    NOT NULL,              -- JSON: where words from outside came from
    pattern     TEXT    NOT NULL,              -- what may be granted beyond the call
    user_id     TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    turn_id     TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    asked_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'allowed', 'denied', 'expired', 'withdrawn')),
    scope       TEXT CHECK (scope IN ('once', 'conversation', 'always')),
    words       TEXT,                          -- of the person to the model
    answered_by TEXT,
    proof       TEXT,                          -- how it was known who that is
    answered_at INTEGER,
    noted       INTEGER NOT NULL DEFAULT 1     -- whether the answer is in the audit log
) STRICT;
CREATE INDEX asks_open ON asks (turn_id) WHERE state = 'open';
CREATE INDEX asks_of_user ON asks (user_id, asked_at);
CREATE INDEX asks_unnoted ON asks (id) WHERE noted = 0;

CREATE TABLE grants (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id    TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    acts_on    TEXT    NOT NULL,
    pattern    TEXT    NOT NULL,
    session_id TEXT,                           -- only there; NULL: everywhere
    outside    INTEGER NOT NULL,               -- also where words from outside are in the conversation
    at         INTEGER NOT NULL,
    ask        TEXT    NOT NULL,               -- the question that it was an answer to
    revoked_at INTEGER,
    noted      INTEGER NOT NULL DEFAULT 1      -- whether its end is in the audit log
) STRICT;
CREATE INDEX grants_of_user ON grants (user_id, tool) WHERE revoked_at IS NULL;
