CREATE TABLE layout (
    version TEXT NOT NULL,            -- what the passages were cut and indexed by; another one asks for a rebuild
    passages INTEGER NOT NULL         -- how many there are
) STRICT;
INSERT INTO layout VALUES ('', 0);

CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,        -- as people know the file
    stamp TEXT                        -- of the file when it was read; NULL asks for reading it again
) STRICT;

CREATE TABLE passages (
    id INTEGER PRIMARY KEY,           -- source << 20 | number in it, so that neighbours have neighbouring ids
    line_start INTEGER NOT NULL,
    line_end INTEGER NOT NULL,
    day TEXT,                         -- YYYY-MM-DD
    above TEXT NOT NULL,              -- headings, words of the name and day, as indexed
    text TEXT NOT NULL
) STRICT;

CREATE TABLE vectors (
    id INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL              -- one signed byte per dimension
) STRICT;

-- The text is not stored a second time. Marks are letters here: without them words of Thai or Hindi fall to pieces.
CREATE VIRTUAL TABLE word_index USING fts5 (
    text, above,
    content = '',
    tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
