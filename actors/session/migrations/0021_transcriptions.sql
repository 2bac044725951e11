-- What was spoken is put into words at a price. SQLite changes no CHECK, so the table is built anew.
CREATE TABLE new_usage (
    id                 INTEGER NOT NULL PRIMARY KEY,
    session_id         TEXT NOT NULL,  -- empty: of no conversation
    turn_id            TEXT NOT NULL,  -- empty: of no turn
    user_id            TEXT NOT NULL,
    purpose            TEXT NOT NULL CHECK (purpose IN (
        'completion', 'compaction', 'flush', 'review', 'skill', 'embedding', 'transcription', 'failed'
    )),
    model              TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_usd           REAL,
    at                 INTEGER NOT NULL,
    key                TEXT
) STRICT;
INSERT INTO new_usage SELECT * FROM usage;
DROP TABLE usage;
ALTER TABLE new_usage RENAME TO usage;
CREATE INDEX usage_of_turn ON usage (session_id, turn_id);
CREATE INDEX usage_recent ON usage (at);
CREATE INDEX usage_of_user ON usage (
    user_id, at, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
);
CREATE UNIQUE INDEX usage_by_key ON usage (key) WHERE key IS NOT NULL;
