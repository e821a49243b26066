-- A row is written over and over, and only its key is indexed. The room left in each page takes the new version
-- beside the old one, so that an update touches no index. The bytes don't compress, and trying costs time.
CREATE TABLE account (
    key     text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    state   bytea NOT NULL,
    pending bytea NOT NULL
) WITH (fillfactor = 60);

CREATE TABLE transfer (
    key     uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    state   bytea NOT NULL,
    pending bytea NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE status_change (
    key     uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    state   bytea NOT NULL,
    pending bytea NOT NULL
) WITH (fillfactor = 70);

ALTER TABLE account ALTER COLUMN state SET STORAGE EXTERNAL, ALTER COLUMN pending SET STORAGE EXTERNAL;
ALTER TABLE transfer ALTER COLUMN state SET STORAGE EXTERNAL, ALTER COLUMN pending SET STORAGE EXTERNAL;
ALTER TABLE status_change ALTER COLUMN state SET STORAGE EXTERNAL, ALTER COLUMN pending SET STORAGE EXTERNAL;

CREATE TABLE ledger_fact (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE ledger_counter (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
) WITH (fillfactor = 50);

-- What the readiness probe writes.
CREATE TABLE probe (
    id         integer PRIMARY KEY CHECK (id = 1),
    checked_at timestamptz NOT NULL
) WITH (fillfactor = 50);
