-- How each user wants to be reached. Times are microseconds since 1970, UTC.
CREATE TABLE preferences (
    user        TEXT    NOT NULL PRIMARY KEY,
    muted       INTEGER NOT NULL CHECK (muted IN (0, 1)),
    muted_until INTEGER,                     -- NULL: until somebody says otherwise
    quiet_from  TEXT,                        -- HH:MM on the wall of the agent
    quiet_to    TEXT,
    telegram    INTEGER NOT NULL CHECK (telegram IN (0, 1)),
    webpush     INTEGER NOT NULL CHECK (webpush IN (0, 1)),
    email       INTEGER NOT NULL CHECK (email IN (0, 1))
) STRICT, WITHOUT ROWID;
