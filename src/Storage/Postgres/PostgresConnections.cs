using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace OrleansWallet.Storage.Postgres;

/// <summary>How this program connects to PostgreSQL.</summary>
public static class PostgresConnections
{
    private const string ApplicationName = "orleans-wallet";

    private const int LargeBufferBytes = 64 << 10;

    // Without statistics, as in a new database, the planner may choose to read the whole table, and would keep to it
    // while the table grows. There is one right plan here: through the key's index, row by row.
    private const string OnePlan = """
        SET enable_seqscan = off;
        SET enable_hashjoin = off;
        SET enable_mergejoin = off;
        SET plan_cache_mode = force_generic_plan;
        SET jit = off;
        """;

    // A pooled connection is used for the same few statements all its life: it is neither reset nor do they need to be
    // planned again. A lost peer is noticed by probes, not after the system's quarter of an hour.
    private static readonly (string Name, string Value)[] Defaults =
    [
        ("No Reset On Close", "true"),
        ("Max Auto Prepare", "20"),
        ("Auto Prepare Min Usages", "2"),
        ("Tcp Keepalive", "true"),
        ("Application Name", ApplicationName),
    ];

    /// <summary>A connection string with this program's settings wherever it says nothing itself.</summary>
    /// <exception cref="StorageSetupException">It is no connection string.</exception>
    public static string Tuned(string connectionString)
    {
        var builder = Parse(connectionString);
        foreach (var (name, value) in Defaults) SetWhereAbsent(builder, name, value);
        return builder.ConnectionString;
    }

    /// <summary>Connections for short commands over few rows: stores, loads, and the schema.</summary>
    internal static NpgsqlDataSource ForCommands(string connectionString, StateStoreOptions options)
    {
        // Beside the lanes there are the probe, the counter, the facts, and one to spare for each.
        var pool = options.WritersMax + options.LoadersMax + 4;
        return Create(connectionString, options.CommandSeconds, pool, OnePlan);
    }

    /// <summary>Connections for the partitions' journal, whose rows are large.</summary>
    internal static NpgsqlDataSource ForPartitions(string connectionString, int commandSeconds, int poolMax)
    {
        var parsed = Parse(connectionString);
        foreach (var name in new[] { "Write Buffer Size", "Read Buffer Size" })
            SetWhereAbsent(parsed, name, Text(LargeBufferBytes));
        return Create(parsed.ConnectionString, commandSeconds, poolMax, OnePlan);
    }

    /// <summary>Connections for snapshots, in a pool of their own: they may be held for long.</summary>
    internal static NpgsqlDataSource ForSnapshots(string connectionString, StateStoreOptions options) =>
        Create(connectionString, options.CommandSeconds, options.SnapshotsMax, "SET jit = off;");

    /// <summary>Where a database is, for messages; never with the password.</summary>
    internal static string PlaceOf(NpgsqlDataSource source)
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        return $"The PostgreSQL database {settings.Database} at {settings.Host}:{settings.Port}";
    }

    private static NpgsqlDataSource Create(
        string connectionString, int commandSeconds, int poolMax, string settings)
    {
        var parsed = Parse(Tuned(connectionString));
        SetWhereAbsent(parsed, "Timeout", Text(commandSeconds));
        SetWhereAbsent(parsed, "Command Timeout", Text(commandSeconds));
        SetWhereAbsent(parsed, "Maximum Pool Size", Text(poolMax));
        try
        {
            var builder = new NpgsqlDataSourceBuilder(parsed.ConnectionString);
            builder.UsePhysicalConnectionInitializer(
                connection => Prepare(connection, settings), connection => PrepareAsync(connection, settings));
            return builder.ConnectionStringBuilder.Host?.Contains(',', StringComparison.Ordinal) == true
                ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
                : builder.Build();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException)
        {
            throw new StorageSetupException($"The PostgreSQL connection string can't be used: {e.Message}", e);
        }
    }

    private static void Prepare(NpgsqlConnection connection, string settings)
    {
        using var command = new NpgsqlCommand(settings + DurabilityQuery, connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        RequireDurable(reader, connection);
    }

    private static async Task PrepareAsync(NpgsqlConnection connection, string settings)
    {
        await using var command = new NpgsqlCommand(settings + DurabilityQuery, connection);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        RequireDurable(reader, connection);
    }

    private const string DurabilityQuery =
        " SELECT current_setting('synchronous_commit'), current_setting('fsync');";

    private static void RequireDurable(NpgsqlDataReader reader, NpgsqlConnection connection)
    {
        // "local" and "remote_write" would answer before a synchronous standby has it on its disk.
        var (commit, fsync) = (reader.GetString(0), reader.GetString(1));
        var fault = commit is not ("on" or "remote_apply") ? $"synchronous_commit {commit}"
            : fsync == "off" ? "fsync off" : null;
        if (fault is null) return;
        throw new StorageSetupException(
            $"The PostgreSQL database {connection.Database} at {connection.Host}:{connection.Port} has {fault}: it "
            + "could lose transfers that were answered. Turn it on, for the server, the database and this user.");
    }

    private static DbConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = connectionString };
        }
        catch (ArgumentException e)
        {
            throw new StorageSetupException(
                "The PostgreSQL connection string can't be read; it looks like "
                + "Host=…;Username=…;Password=…;Database=….", e);
        }
    }

    private static void SetWhereAbsent(DbConnectionStringBuilder builder, string name, string value)
    {
        var wanted = Normal(name);
        if (builder.Keys.Cast<string>().All(key => Normal(key) != wanted)) builder[name] = value;
    }

    // Npgsql takes "NoResetOnClose" for "No Reset On Close", in any case.
    private static string Normal(string name) =>
        name.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
