-- Times are microseconds since 1970, UTC.

CREATE TABLE updates (
    bot        INTEGER NOT NULL,
    update_id  INTEGER NOT NULL,
    chat       INTEGER NOT NULL,           -- 0 for an update of no chat
    message_id INTEGER,
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'done')),
    body       TEXT    NOT NULL,           -- as it came, JSON; empty once it is done
    turn       TEXT,                       -- that it has begun
    in_group   INTEGER NOT NULL CHECK (in_group IN (0, 1)),
    at         INTEGER NOT NULL,           -- when it was stored
    PRIMARY KEY (bot, update_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX updates_waiting ON updates (chat, update_id) WHERE state = 'waiting';
CREATE INDEX updates_by_age ON updates (at) WHERE state = 'done';
CREATE INDEX updates_of_message ON updates (chat, message_id) WHERE turn IS NOT NULL;

-- Somebody unknown who asks to be let in.
CREATE TABLE pairings (
    code        TEXT    NOT NULL PRIMARY KEY,
    telegram_id INTEGER NOT NULL UNIQUE,
    username    TEXT,
    name        TEXT    NOT NULL,
    chat        INTEGER NOT NULL,
    asked_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When a chat in which nobody is known was answered last.
CREATE TABLE refusals (
    chat INTEGER NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;

-- What a chat has chosen.
CREATE TABLE chats (
    key   TEXT NOT NULL PRIMARY KEY,  -- of the conversation
    model TEXT
) STRICT, WITHOUT ROWID;

-- Messages of ours that change while a turn runs.
CREATE TABLE kept (
    turn       TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('line', 'draft')),
    n          INTEGER NOT NULL,
    chat       INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (turn, kind, n)
) STRICT, WITHOUT ROWID;
