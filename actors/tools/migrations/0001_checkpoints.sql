-- What files of home were before turns changed them. Times are microseconds since 1970, UTC; those of files nanoseconds.
-- Paths lead from home on, as they are shown, so that every name has one form. Digests are SHA-256.

CREATE TABLE contents (
    digest TEXT NOT NULL PRIMARY KEY,
    size   INTEGER NOT NULL,
    data   BLOB                     -- NULL for one that lies in a file of its own
) STRICT;

CREATE TABLE total (size INTEGER NOT NULL) STRICT;
INSERT INTO total VALUES (0);
CREATE TRIGGER contents_grow AFTER INSERT ON contents BEGIN
    UPDATE total SET size = size + new.size;
END;
CREATE TRIGGER contents_shrink AFTER DELETE ON contents BEGIN
    UPDATE total SET size = size - old.size;
END;

-- What a turn changed, or an undo put back, file by file, in this order. `after` is what it was going to leave there.
CREATE TABLE changes (
    id            INTEGER NOT NULL PRIMARY KEY,
    turn          TEXT NOT NULL,
    call          TEXT NOT NULL,
    path          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    before_kind   TEXT NOT NULL,
    before_digest TEXT,
    before_mode   INTEGER NOT NULL,
    before_kept   INTEGER NOT NULL CHECK (before_kept IN (0, 1)),
    after_kind    TEXT NOT NULL,
    after_digest  TEXT,
    after_mode    INTEGER NOT NULL,
    folders       INTEGER NOT NULL, -- how many folders on the way to it are made along with it
    places        INTEGER NOT NULL  -- how many places of a text are replaced
) STRICT;

CREATE INDEX changes_of_turn ON changes (turn, id);
CREATE INDEX changes_of_call ON changes (call, path, id);
CREATE INDEX changes_of_path ON changes (path, id);
CREATE INDEX changes_before ON changes (before_digest);

-- All of home before the first command of a turn: the versions that were there at that time.
CREATE TABLE snapshots (
    id       INTEGER NOT NULL PRIMARY KEY,
    turn     TEXT NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    place    INTEGER NOT NULL,      -- the last change before it
    partial  INTEGER NOT NULL CHECK (partial IN (0, 1))
) STRICT;

CREATE TABLE versions (
    id       INTEGER NOT NULL PRIMARY KEY,
    path     TEXT NOT NULL,
    since    INTEGER NOT NULL,      -- the first snapshot that has it
    until    INTEGER,               -- the first one after it that has it no more
    kind     TEXT NOT NULL,
    digest   TEXT,
    mode     INTEGER NOT NULL,
    kept     INTEGER NOT NULL CHECK (kept IN (0, 1)),
    size     INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    settled  INTEGER NOT NULL CHECK (settled IN (0, 1))  -- whether any later change shows in its times
) STRICT;

CREATE UNIQUE INDEX versions_now ON versions (path) WHERE until IS NULL;
CREATE INDEX versions_until ON versions (until);
CREATE INDEX versions_digest ON versions (digest);

-- An undo is a turn of its own, so that it can be undone.
CREATE TABLE undos (
    id    TEXT NOT NULL PRIMARY KEY,
    turn  TEXT NOT NULL,            -- which it undoes
    user  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'done'))
) STRICT;

CREATE INDEX undos_of_turn ON undos (turn);
