-- A conversation may carry out one call of another one's turn: it knows which, and on whose behalf in the end.
ALTER TABLE sessions ADD COLUMN caller_turn TEXT;     -- turn that made the call
ALTER TABLE sessions ADD COLUMN caller_step INTEGER;  -- number of the call among its steps
ALTER TABLE sessions ADD COLUMN origin TEXT;          -- turn that no other one called, from which this one comes in the end
ALTER TABLE sessions ADD COLUMN origin_session TEXT;  -- its conversation
ALTER TABLE sessions ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;  -- how many calls lie between
CREATE INDEX sessions_called ON sessions (caller_turn) WHERE caller_turn IS NOT NULL;
CREATE INDEX sessions_of_origin ON sessions (origin, used_tokens, used_usd) WHERE origin IS NOT NULL;
CREATE INDEX sessions_beside ON sessions (origin_session, used_tokens, used_usd) WHERE origin_session IS NOT NULL;
