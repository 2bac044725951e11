-- Times are microseconds since 1970, UTC. Of keys, cookies and the like only hashes are here.

CREATE TABLE users (
    id                 TEXT NOT NULL PRIMARY KEY COLLATE NOCASE
                       CHECK (length(id) BETWEEN 1 AND 64 AND id NOT GLOB '*[^A-Za-z0-9_-]*'),  -- names a folder
    email              TEXT UNIQUE COLLATE NOCASE,
    display_name       TEXT,
    role               TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('admin', 'user')),
    is_active          INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    filesystem_enabled INTEGER NOT NULL DEFAULT 0 CHECK (filesystem_enabled IN (0, 1)),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source       TEXT NOT NULL CHECK (source IN ('generated', 'environment')),
    prefix       TEXT NOT NULL,             -- first characters of a generated key, to tell it by; else empty
    key_hash     TEXT NOT NULL UNIQUE,      -- 'sha256:…' of a generated key, '$argon2id$…' of a chosen one
    label        TEXT,
    expires_at   INTEGER,
    expiry_told  INTEGER NOT NULL DEFAULT 0 CHECK (expiry_told IN (0, 1)),
    revoked_at   INTEGER,
    revoked_by   TEXT,                      -- empty: because the variable it came from is gone, or has another
    last_used_at INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX api_keys_of_user ON api_keys (user_id);

-- A browser that is signed in. It shows two secrets, both of which were made for it.
CREATE TABLE devices (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key_id       TEXT REFERENCES api_keys (id),  -- that it was signed in with, and ends with; NULL: by a link
    cookie_hash  TEXT NOT NULL UNIQUE,
    page_hash    TEXT NOT NULL,
    label        TEXT NOT NULL,
    address      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    expiry_told  INTEGER NOT NULL DEFAULT 0 CHECK (expiry_told IN (0, 1)),
    revoked_at   INTEGER
) STRICT;

CREATE INDEX devices_of_user ON devices (user_id);
CREATE INDEX devices_of_key ON devices (key_id);

CREATE TABLE telegram_links (
    user_id     TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    telegram_id INTEGER UNIQUE,
    username    TEXT UNIQUE,                -- lower case, without @
    linked_at   INTEGER NOT NULL,
    CHECK (telegram_id IS NOT NULL OR username IS NOT NULL)
) STRICT;

CREATE TABLE audit (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    user_id TEXT NOT NULL,                  -- who did it; empty: this program itself, or nobody knows
    proof   TEXT NOT NULL,
    event   TEXT NOT NULL,
    subject TEXT NOT NULL,                  -- whom it is about
    detail  TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;
