-- What was decided about calls of tools, and what people have answered: each row is sealed with the one before it. `words` can be
-- erased with the conversation that they were said in; their digest stays, and a row of its own says that they were.
CREATE TABLE audit (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key        TEXT    NOT NULL UNIQUE,  -- the same decision twice is one
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('call', 'answer', 'grant', 'erased')),
    verdict    TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    session_id TEXT    NOT NULL,         -- empty: of no conversation
    turn_id    TEXT    NOT NULL,         -- empty: of no turn
    digest     TEXT    NOT NULL,         -- SHA-256 of `words`
    words      TEXT,                     -- JSON: what it was about
    hash       TEXT    NOT NULL          -- SHA-256 of the hash before it and of all the above but `words`
) STRICT;
CREATE INDEX audit_of_session ON audit (session_id, seq);
