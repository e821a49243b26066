using Npgsql;

namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// Lets one transaction at a time decide which snapshots and runs of a partition stay: each sees what the one before
/// has done.
/// </summary>
internal static class PartitionLock
{
    // Any fixed number does, as long as nothing else in the database locks it: the letters "OrlI".
    private const int LockClass = 0x4F72_6C49;

    /// <summary>The command that takes the lock, first in its transaction, to whose end it lasts.</summary>
    public static NpgsqlBatchCommand Command(int partition)
    {
        var command = new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1, $2)");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = LockClass });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = partition });
        return command;
    }
}
