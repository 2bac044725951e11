-- One address is of one user, and a user has one.
CREATE TABLE addresses (user TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE, set_at INTEGER NOT NULL) STRICT;
-- How far each mailbox was read.
CREATE TABLE mailboxes (mailbox TEXT PRIMARY KEY, validity INTEGER NOT NULL, uid INTEGER NOT NULL) STRICT;
-- What came in and was none for the agent.
CREATE TABLE left_alone (
    reason TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL, detail TEXT NOT NULL
) STRICT;
-- Mails that were taken, for the headers of what answers them.
CREATE TABLE threads (
    key TEXT PRIMARY KEY, message_id TEXT NOT NULL, subject TEXT NOT NULL, refs TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX threads_by_age ON threads (at);
