-- Times are microseconds since 1970, UTC.

CREATE TABLE updates (
    n          INTEGER PRIMARY KEY,        -- in the order in which they came
    bot        INTEGER NOT NULL,
    update_id  INTEGER NOT NULL,
    chat       INTEGER NOT NULL,           -- 0 for an update of no chat
    message_id INTEGER,
    in_group   INTEGER NOT NULL CHECK (in_group IN (0, 1)),
    group_id   TEXT,                       -- what the messages of an album have in common
    album      INTEGER,                    -- the first of the album that it has become a part of
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'done')),
    body       TEXT    NOT NULL,           -- as it came, JSON; empty once it is done
    target     TEXT,                       -- the turn that it is to stop
    turn       TEXT,                       -- that it has begun
    at         INTEGER NOT NULL,           -- when it was stored
    UNIQUE (bot, update_id)
) STRICT;
CREATE INDEX updates_waiting ON updates (chat, n) WHERE state = 'waiting';
CREATE INDEX updates_by_age ON updates (at) WHERE state = 'done';
CREATE INDEX updates_of_message ON updates (chat, message_id) WHERE turn IS NOT NULL;
CREATE INDEX updates_of_turn ON updates (turn) WHERE turn IS NOT NULL;

-- Somebody unknown who asks to be let in.
CREATE TABLE pairings (
    code        TEXT    NOT NULL PRIMARY KEY,
    telegram_id INTEGER NOT NULL UNIQUE,
    username    TEXT,
    name        TEXT    NOT NULL,
    chat        INTEGER NOT NULL,
    asked_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was said to a chat lately, and is not said again so soon.
CREATE TABLE said (
    chat INTEGER NOT NULL,
    what TEXT    NOT NULL CHECK (what IN ('stranger', 'late')),
    at   INTEGER NOT NULL,
    PRIMARY KEY (chat, what)
) STRICT, WITHOUT ROWID;

-- What somebody has chosen for a conversation.
CREATE TABLE choices (
    user  TEXT NOT NULL,
    key   TEXT NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (user, key)
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
CREATE INDEX kept_by_age ON kept (at);
