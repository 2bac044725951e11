-- A message can be answered again, or said in another way: the turn that does so follows what the first one followed. Nothing
-- is taken away; which of the versions a conversation goes on from is chosen.
ALTER TABLE turns ADD COLUMN parent INTEGER;   -- `seq` of the turn it follows, 0: none; NULL: the one before it in its conversation
ALTER TABLE sessions ADD COLUMN head INTEGER;  -- `seq` of the last turn of the chosen path; NULL: the newest

CREATE INDEX turns_forked ON turns (session_id, seq) WHERE parent IS NOT NULL;
