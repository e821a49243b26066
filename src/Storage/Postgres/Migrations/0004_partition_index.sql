-- A run of a partition's index of transaction ids. Its row comes first, without a header, so that what is left of a
-- run that was never completed is found again; it gets the header when all of its pages are there, and is never
-- changed after that. The sequence is that of the journal's batch it was made at. Where it is condemned, no snapshot
-- needs it, and its pages are deleted some at a time.
CREATE TABLE partition_index_run (
    sequence  bigint NOT NULL CHECK (sequence >= 0),
    run       uuid NOT NULL,
    partition smallint NOT NULL CHECK (partition >= 0),
    condemned boolean NOT NULL DEFAULT false,
    header    bytea,
    PRIMARY KEY (partition, run)
) WITH (vacuum_truncate = off);

-- A page of a run: added, read by its number, deleted with the others of its run. Pages hold random bytes, which don't
-- compress, and two of 4 KB fit in a block: kept in the row, a page is one read.
CREATE TABLE partition_index_page (
    run       uuid NOT NULL,
    page      integer NOT NULL CHECK (page >= 0),
    partition smallint NOT NULL CHECK (partition >= 0),
    payload   bytea NOT NULL,
    PRIMARY KEY (partition, run, page)
) WITH (
    fillfactor = 100,
    toast_tuple_target = 4080,
    autovacuum_vacuum_scale_factor = 0.1,
    vacuum_truncate = off,
    toast.vacuum_truncate = off
);

ALTER TABLE partition_index_page ALTER COLUMN payload SET STORAGE EXTERNAL;

-- The runs that a snapshot's index consists of.
ALTER TABLE partition_snapshot ADD COLUMN runs uuid[] NOT NULL DEFAULT '{}';
