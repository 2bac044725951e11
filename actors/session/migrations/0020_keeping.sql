-- What a person does with conversations: keep some on top, put labels on them, delete them. One that is deleted is out of
-- sight at once, and gone a little later.
ALTER TABLE sessions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));
ALTER TABLE sessions ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';  -- JSON: list of words
ALTER TABLE sessions ADD COLUMN gone_at INTEGER;                    -- when it is to be gone for good; NULL: it stays
CREATE INDEX sessions_pinned ON sessions (user_id, last_message_at) WHERE pinned = 1;
CREATE INDEX sessions_labelled ON sessions (user_id, last_message_at) WHERE labels <> '[]';
CREATE INDEX sessions_going ON sessions (gone_at) WHERE gone_at IS NOT NULL;
DROP INDEX sessions_one_open;
CREATE UNIQUE INDEX sessions_one_open ON sessions (user_id, channel, channel_key) WHERE is_closed = 0 AND gone_at IS NULL;

-- The list, page by page, in the order in which it is shown.
DROP INDEX sessions_recent_of_user;
CREATE INDEX sessions_recent_of_user ON sessions (user_id, last_message_at DESC, id);

-- What is being written and not sent, as the page of another device finds it.
CREATE TABLE drafts (
    user_id TEXT    NOT NULL,
    place   TEXT    NOT NULL,  -- id of a conversation, or `new`
    text    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT, WITHOUT ROWID;

-- The words of messages of people and of the agent, by which they are found; the row of a step has its id. What tools got
-- and gave is not among them. Triggers keep it true whoever writes a step. Marks are letters here: without them words of
-- Thai or Hindi fall to pieces. Content that is damaged has no words and stands in nobody's way: only objects are looked into.
CREATE VIRTUAL TABLE message_words USING fts5 (text, tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'");

INSERT INTO message_words (rowid, text)
SELECT id, said FROM (
    SELECT id, (SELECT substr(group_concat(value ->> 'text', char(10)), 1, 100000)
                FROM json_each(CASE WHEN json_valid(content) THEN content ELSE '[]' END)
                WHERE CASE WHEN type = 'object' THEN kind = 'user' OR value ->> 'type' = 'text' END) AS said
    FROM steps WHERE kind IN ('user', 'assistant') AND json_valid(content)
) WHERE said <> '';

CREATE TRIGGER step_said AFTER INSERT ON steps WHEN new.kind IN ('user', 'assistant') AND json_valid(new.content)
BEGIN
    INSERT INTO message_words (rowid, text)
    SELECT new.id, said FROM (
        SELECT substr(group_concat(value ->> 'text', char(10)), 1, 100000) AS said FROM json_each(new.content)
        WHERE CASE WHEN type = 'object' THEN new.kind = 'user' OR value ->> 'type' = 'text' END
    ) WHERE said <> '';
END;

CREATE TRIGGER step_said_anew AFTER UPDATE OF content ON steps WHEN new.kind IN ('user', 'assistant')
BEGIN
    DELETE FROM message_words WHERE rowid = old.id;
    INSERT INTO message_words (rowid, text)
    SELECT new.id, said FROM (
        SELECT substr(group_concat(value ->> 'text', char(10)), 1, 100000) AS said
        FROM json_each(CASE WHEN json_valid(new.content) THEN new.content ELSE '[]' END)
        WHERE CASE WHEN type = 'object' THEN new.kind = 'user' OR value ->> 'type' = 'text' END
    ) WHERE said <> '';
END;

CREATE TRIGGER step_unsaid AFTER DELETE ON steps WHEN old.kind IN ('user', 'assistant')
BEGIN
    DELETE FROM message_words WHERE rowid = old.id;
END;
