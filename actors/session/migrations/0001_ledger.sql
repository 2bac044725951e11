-- Times are microseconds since 1970, UTC. JSON is written by actors/session/encoding.py.

CREATE TABLE sessions (
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL,
    channel         TEXT NOT NULL,
    channel_key     TEXT NOT NULL,
    title           TEXT,
    summary         TEXT,
    created_at      INTEGER NOT NULL,
    last_message_at INTEGER NOT NULL,
    message_count   INTEGER NOT NULL,
    is_closed       INTEGER NOT NULL DEFAULT 0 CHECK (is_closed IN (0, 1)),
    is_read         INTEGER NOT NULL DEFAULT 1 CHECK (is_read IN (0, 1)),
    triggered_by    TEXT,
    last_event      INTEGER NOT NULL DEFAULT 0,  -- highest event number known to have been given out
    context_tokens  INTEGER NOT NULL DEFAULT 0   -- prompt size of the last completion; 0 after a compaction
) STRICT;

CREATE UNIQUE INDEX sessions_one_open ON sessions (user_id, channel, channel_key) WHERE is_closed = 0;
CREATE INDEX sessions_recent ON sessions (last_message_at);
CREATE INDEX sessions_recent_of_user ON sessions (user_id, last_message_at);

-- One accepted message and what became of it. Rows are never deleted, so a message that is sent again is
-- recognised however late it comes.
CREATE TABLE turns (
    seq               INTEGER NOT NULL PRIMARY KEY,  -- order of acceptance
    id                TEXT NOT NULL UNIQUE,
    session_id        TEXT NOT NULL REFERENCES sessions (id),
    user_id           TEXT NOT NULL,
    source            TEXT NOT NULL,
    client_message_id TEXT,
    text              TEXT NOT NULL,
    attachments       TEXT NOT NULL,
    model             TEXT,
    mode              TEXT NOT NULL CHECK (mode IN ('inject', 'queue')),
    triggered_by      TEXT,
    accepted_at       INTEGER NOT NULL,
    state             TEXT NOT NULL
                      CHECK (state IN ('accepted', 'running', 'merged', 'done', 'failed', 'cancelled')),
    attempt           INTEGER NOT NULL DEFAULT 0,
    released          INTEGER NOT NULL DEFAULT 0,    -- attempts that ended because the program was stopped in order
    boot_id           TEXT,                          -- process that runs it, or ran it last
    merged_into       TEXT REFERENCES turns (id),
    finished_at       INTEGER,
    outcome           TEXT
) STRICT;

CREATE UNIQUE INDEX turns_once ON turns (source, user_id, client_message_id) WHERE client_message_id IS NOT NULL;
CREATE INDEX turns_open ON turns (session_id, seq) WHERE state IN ('accepted', 'running');

-- What happened in a turn; the order of ids is the order of the conversation. Only a tool call changes after it
-- was written, once, from intent to done.
CREATE TABLE steps (
    id         INTEGER NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    turn_id    TEXT NOT NULL REFERENCES turns (id),
    n          INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('user', 'assistant', 'tool', 'notice')),
    state      TEXT NOT NULL CHECK (state IN ('intent', 'done')),
    content    TEXT NOT NULL,  -- user: messages; assistant: blocks; tool: its input; notice: a sentence
    call_id    TEXT,
    tool       TEXT,
    effect     TEXT CHECK (effect IN ('pure', 'local', 'keyed', 'unsafe')),
    result     TEXT,           -- tool: blocks and attachments
    is_error   INTEGER CHECK (is_error IN (0, 1)),
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    UNIQUE (turn_id, n)
) STRICT;

CREATE INDEX steps_of_session ON steps (session_id, id);
CREATE INDEX steps_of_tools ON steps (started_at) WHERE kind = 'tool';

CREATE TABLE compactions (
    id                 INTEGER NOT NULL PRIMARY KEY,
    session_id         TEXT NOT NULL REFERENCES sessions (id),
    turn_id            TEXT NOT NULL REFERENCES turns (id),
    at                 INTEGER NOT NULL,
    trigger            TEXT NOT NULL CHECK (trigger IN ('auto', 'manual')),
    pre_tokens         INTEGER NOT NULL,
    summary            TEXT NOT NULL,
    messages_compacted INTEGER NOT NULL,
    first_step         INTEGER NOT NULL,  -- the summary stands for every step before this one
    last_step          INTEGER NOT NULL   -- newest step when it was made
) STRICT;

CREATE INDEX compactions_of_session ON compactions (session_id, id);

-- One row a model call. No foreign keys: what was paid stays known whatever happens to the conversation.
CREATE TABLE usage (
    id                 INTEGER NOT NULL PRIMARY KEY,
    session_id         TEXT NOT NULL,
    turn_id            TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    purpose            TEXT NOT NULL CHECK (purpose IN ('completion', 'compaction')),
    model              TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_usd           REAL,
    at                 INTEGER NOT NULL
) STRICT;

CREATE INDEX usage_of_turn ON usage (session_id, turn_id);
CREATE INDEX usage_recent ON usage (at);

CREATE TABLE outbox (
    id      INTEGER NOT NULL PRIMARY KEY,
    turn_id TEXT REFERENCES turns (id),
    channel TEXT NOT NULL,
    key     TEXT NOT NULL UNIQUE,
    body    TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'doubtful', 'dead')),
    attempt INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    boot_id TEXT  -- process that took it last
) STRICT;

CREATE INDEX outbox_due ON outbox (state, channel, next_at);
