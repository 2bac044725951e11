-- Where words from outside came from that were in a conversation when a turn of it ended, as a JSON list; NULL: there were none.
ALTER TABLE turns ADD COLUMN outside TEXT;
