-- What is booked beside answers has a key, so that it is booked once however often it is handed over; NULL: it has none.
ALTER TABLE usage ADD COLUMN key TEXT;
CREATE UNIQUE INDEX usage_by_key ON usage (key) WHERE key IS NOT NULL;
