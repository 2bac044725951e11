-- Before there were users, whoever sent a message could call themselves anything. What was said then is the first admin's,
-- whose the agent was: else it would be nobody's, or that of the next one to be given such a name.
UPDATE sessions SET is_closed = 1
WHERE is_closed = 0 AND user_id <> 'admin' AND EXISTS (
    SELECT 1 FROM sessions AS other
    WHERE other.is_closed = 0 AND other.channel = sessions.channel AND other.channel_key = sessions.channel_key
      AND other.id <> sessions.id AND (other.user_id = 'admin' OR other.id < sessions.id)
);
UPDATE turns SET client_message_id = NULL
WHERE client_message_id IS NOT NULL AND user_id <> 'admin' AND EXISTS (
    SELECT 1 FROM turns AS other
    WHERE other.source = turns.source AND other.client_message_id = turns.client_message_id
      AND other.seq <> turns.seq AND (other.user_id = 'admin' OR other.seq < turns.seq)
);
UPDATE sessions SET user_id = 'admin' WHERE user_id <> 'admin';
UPDATE turns SET user_id = 'admin' WHERE user_id <> 'admin';
UPDATE usage SET user_id = 'admin' WHERE user_id <> 'admin';
