-- Messages in which something is asked, until they say what became of it.
CREATE TABLE questions (
    chat       INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    approval   TEXT    NOT NULL,
    user       TEXT    NOT NULL,           -- who is asked
    at         INTEGER NOT NULL,
    PRIMARY KEY (chat, message_id)
) STRICT, WITHOUT ROWID;
