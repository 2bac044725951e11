-- What a conversation has used is asked for before every completion, so it is not added up anew each time; nor is what
-- a user has used on a day looked up row by row.
ALTER TABLE sessions ADD COLUMN used_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN used_usd REAL NOT NULL DEFAULT 0.0;
UPDATE sessions SET (used_tokens, used_usd) = (
    SELECT coalesce(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0), total(cost_usd)
    FROM usage WHERE session_id = sessions.id
);
CREATE INDEX usage_of_user ON usage (
    user_id, at, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd
);
