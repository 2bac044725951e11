CREATE TABLE applied (               -- calls whose revisions are no longer kept: the same once more changes nothing
    key TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,              -- as in revisions; empty too where the note's history was purged
    size INTEGER NOT NULL
) STRICT;
CREATE INDEX applied_in_order ON applied (seq);
