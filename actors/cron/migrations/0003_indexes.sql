-- Whole indexes: one that covers some states only helps queries that name just these.

DROP INDEX runs_due;
DROP INDEX runs_open;
CREATE INDEX runs_due ON runs (state, due_at);
CREATE INDEX runs_open ON runs (job, state);
