-- A batch of a partition's records. Rows are added at the end and, once archived, deleted at the beginning; none is
-- ever changed. The key is the fence: of two writers of one sequence, the second fails. The bytes are kept as they
-- come, as they hardly compress. The pages that deleting frees are wanted again soon, so vacuum comes often, and gives
-- none of them back to the system, for which it would have to lock the table.
CREATE TABLE partition_journal (
    sequence  bigint NOT NULL CHECK (sequence > 0),
    partition smallint NOT NULL CHECK (partition >= 0),
    payload   bytea NOT NULL,
    PRIMARY KEY (partition, sequence)
) WITH (
    fillfactor = 100,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_threshold = 2000,
    vacuum_truncate = off,
    toast.autovacuum_vacuum_scale_factor = 0.05,
    toast.autovacuum_vacuum_threshold = 20000,
    toast.vacuum_truncate = off
);

ALTER TABLE partition_journal ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Many batches in one row, compressed before they come here. A row is added, and never changed or deleted.
CREATE TABLE partition_archive (
    first_sequence bigint NOT NULL CHECK (first_sequence > 0),
    last_sequence  bigint NOT NULL CHECK (last_sequence >= first_sequence),
    partition      smallint NOT NULL CHECK (partition >= 0),
    payload        bytea NOT NULL,
    PRIMARY KEY (partition, last_sequence)
) WITH (fillfactor = 100);

ALTER TABLE partition_archive ALTER COLUMN payload SET STORAGE EXTERNAL;

-- A snapshot is there when it has its row, which is written last.
CREATE TABLE partition_snapshot (
    sequence  bigint NOT NULL CHECK (sequence > 0),
    partition smallint NOT NULL CHECK (partition >= 0),
    snapshot  uuid NOT NULL,
    header    bytea NOT NULL,
    PRIMARY KEY (partition, sequence)
);

CREATE TABLE partition_snapshot_chunk (
    sequence  bigint NOT NULL CHECK (sequence > 0),
    snapshot  uuid NOT NULL,
    chunk     integer NOT NULL CHECK (chunk >= 0),
    partition smallint NOT NULL CHECK (partition >= 0),
    payload   bytea NOT NULL,
    PRIMARY KEY (partition, sequence, snapshot, chunk)
) WITH (
    fillfactor = 100,
    vacuum_truncate = off,
    toast.autovacuum_vacuum_scale_factor = 0.1,
    toast.vacuum_truncate = off
);

ALTER TABLE partition_snapshot_chunk ALTER COLUMN payload SET STORAGE EXTERNAL;
