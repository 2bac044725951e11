CREATE TABLE vault_entries (
    owner TEXT NOT NULL,              -- id of a user; empty for the agent
    key TEXT NOT NULL,                -- its name
    master_key TEXT NOT NULL,         -- fingerprint of the key that it is sealed with
    nonce BLOB NOT NULL,
    encrypted_value BLOB NOT NULL,
    allowed_hosts TEXT NOT NULL,      -- with spaces between
    created_at TEXT NOT NULL,         -- RFC 3339, UTC
    updated_at TEXT NOT NULL,
    last_read_at TEXT,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    action TEXT NOT NULL,
    key TEXT NOT NULL,                -- empty where all are meant
    owner TEXT NOT NULL,
    user_id TEXT NOT NULL,            -- empty for the agent itself
    why TEXT NOT NULL
) STRICT;
