CREATE TABLE revisions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,              -- microseconds since 1970, UTC
    user_id TEXT NOT NULL,            -- who; empty for a change that was found in the file
    door TEXT NOT NULL,
    session TEXT NOT NULL,
    turn TEXT NOT NULL,
    action TEXT NOT NULL,
    key TEXT UNIQUE,                  -- of the call: the same once more changes nothing
    hash TEXT NOT NULL,               -- of the content; empty where there is no note any more
    size INTEGER NOT NULL,
    head INTEGER,                     -- bytes of the revision before that come before `body`; NULL: it is all there is
    tail INTEGER NOT NULL,            -- bytes of it that come behind
    body BLOB NOT NULL,               -- deflated
    pending INTEGER NOT NULL          -- 1 until it is known that the file has this content
) STRICT;
CREATE INDEX revisions_of_name ON revisions (name, seq);
