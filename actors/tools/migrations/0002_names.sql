-- Names that the agent has given files and folders of home, or said, while nobody else may have been behind them.
CREATE TABLE names (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
