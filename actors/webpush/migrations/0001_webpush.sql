-- The key that push services know this agent by. Whoever has it can push to its subscribers, if they know them.
CREATE TABLE vapid (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    private BLOB    NOT NULL
) STRICT;

-- Browsers that have subscribed. Times are microseconds since 1970, UTC.
CREATE TABLE subscriptions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user       TEXT    NOT NULL,
    endpoint   TEXT    NOT NULL UNIQUE,         -- where its push service takes what is for it
    p256dh     BLOB    NOT NULL,                -- its public key, a point on P-256
    auth       BLOB    NOT NULL,                -- what it has in common with us
    page       TEXT    NOT NULL,                -- origin of the page that it has subscribed in
    credential TEXT    NOT NULL,                -- key or device that it was signed in with; empty for the operator
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX subscriptions_user ON subscriptions (user, created_at);
