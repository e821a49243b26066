using System.Net.Sockets;
using Npgsql;

namespace OrleansWallet.Storage.Postgres;

/// <summary>What an exception of the driver means to this program.</summary>
internal static class PostgresFaults
{
    /// <summary>Whether an exception says that the database failed, and not that this program is wrong.</summary>
    public static bool IsFailure(Exception e) =>
        e is NpgsqlException or TimeoutException or IOException or SocketException or OperationCanceledException;

    /// <summary>Whether the connection was at fault, so that another may do.</summary>
    public static bool IsLostConnection(Exception e) => e switch
    {
        PostgresException refused => refused.SqlState[..2] is "57" or "08" && refused.SqlState != "57014",
        NpgsqlException failed => failed.InnerException is not TimeoutException,
        IOException or SocketException => true,
        _ => false,
    };

    /// <summary>What the callers are told.</summary>
    public static Exception Explain(Exception e, string place) => e switch
    {
        StorageSetupException or StateUnavailableException => e,
        PostgresException { SqlState: "28P01" or "28000" } => new StorageSetupException(
            $"{place} refuses the user: {e.Message} Correct user and password in the connection string.", e),
        PostgresException { SqlState: "3D000" } => new StorageSetupException(
            $"{place} doesn't exist. Create it, or correct the connection string.", e),
        PostgresException { SqlState: "42501" or "3F000" } => new StorageSetupException(
            $"{place} refuses a statement: {e.Message} Grant the user its schema, tables included.", e),
        PostgresException { SqlState: "25006" } => new StateUnavailableException(
            $"{place} is read-only, perhaps a standby: connect to the primary.", e),
        PostgresException refused => new StateUnavailableException(
            $"{place} refuses: {refused.MessageText} ({refused.SqlState}).", e),
        OperationCanceledException or TimeoutException or NpgsqlException { InnerException: TimeoutException } =>
            new StateUnavailableException($"{place} didn't answer in time: {e.Message}", e),
        _ => new StateUnavailableException($"{place} can't be reached: {e.Message}", e),
    };
}
