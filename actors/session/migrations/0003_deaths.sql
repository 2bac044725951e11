-- A turn that kills the process does so each time in the same way; one that was merely on the processor when it was
-- killed from outside was there by chance. So deaths count against the step and against what was being done for it.
CREATE TABLE deaths (
    turn_id  TEXT NOT NULL REFERENCES turns (id),
    progress INTEGER NOT NULL,  -- how far the turn was
    doing    TEXT NOT NULL,     -- what its code was doing; empty when its conversation crashed
    count    INTEGER NOT NULL,
    PRIMARY KEY (turn_id, progress, doing)
) STRICT, WITHOUT ROWID;
