-- What a message has called up by its name, and what the model got instead of its words.
ALTER TABLE turns ADD COLUMN called TEXT;
ALTER TABLE turns ADD COLUMN expansion TEXT;
