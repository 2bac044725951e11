-- A model that was wanted in a conversation and is not offered any more, of which the person has been told.
ALTER TABLE sessions ADD COLUMN missing_model TEXT;
