-- Which model answers in a conversation and how much it thinks, where somebody has chosen; NULL: as configured.
ALTER TABLE sessions ADD COLUMN model TEXT;
ALTER TABLE sessions ADD COLUMN effort TEXT CHECK (effort IN ('low', 'medium', 'high'));
-- One that takes the place of another behind the same key goes on with its choice.
CREATE INDEX sessions_by_key ON sessions (user_id, channel, channel_key, created_at);
