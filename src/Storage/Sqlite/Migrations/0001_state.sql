CREATE TABLE account (
    key     TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL CHECK (version > 0),
    state   BLOB NOT NULL,
    pending BLOB NOT NULL
) STRICT;

CREATE TABLE transfer (
    key     BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    version INTEGER NOT NULL CHECK (version > 0),
    state   BLOB NOT NULL,
    pending BLOB NOT NULL
) STRICT;

CREATE TABLE status_change (
    key     BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    version INTEGER NOT NULL CHECK (version > 0),
    state   BLOB NOT NULL,
    pending BLOB NOT NULL
) STRICT;

CREATE TABLE ledger_fact (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE ledger_counter (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;

-- What the readiness probe writes.
CREATE TABLE probe (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    checked_at TEXT NOT NULL
) STRICT;
