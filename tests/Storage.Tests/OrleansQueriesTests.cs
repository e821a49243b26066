using System.Data;
using Npgsql;
using OrleansWallet.Storage.Postgres;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests;

// Each query as the providers of Orleans send it: by its name, with the parameters and columns they know.
[Collection(PostgresCollection.Name)]
public sealed class OrleansQueriesTests(PostgresServer server) : IAsyncLifetime
{
    private const int Active = 3;
    private const int Dead = 6;
    private static readonly DateTime Now = new(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private NpgsqlDataSource? source;

    public async Task InitializeAsync()
    {
        if (PrivatePostgres.WhyMissing is not null) return;
        source = NpgsqlDataSource.Create(PostgresConnections.Tuned(await server.Running.CreateDatabaseAsync()));
        await PostgresSchema.MigrateAsync(source);
    }

    public async Task DisposeAsync()
    {
        if (source is not null) await source.DisposeAsync();
    }

    [PostgresFact]
    public async Task A_change_of_the_members_needs_the_tables_version_and_raises_it()
    {
        Assert.True(await AskAsync("InsertMembershipVersionKey", Cluster));
        Assert.False(await AskAsync("InsertMembershipVersionKey", Cluster));
        Assert.False(await InsertAsync(silo: 1, version: 1));
        Assert.True(await InsertAsync(silo: 1, version: 0));
        Assert.False(await InsertAsync(silo: 2, version: 0));
        Assert.False(await InsertAsync(silo: 1, version: 1));
        Assert.True(await InsertAsync(silo: 2, version: 1));

        Assert.False(await UpdateAsync(silo: 1, version: 1, Dead));
        Assert.False(await UpdateAsync(silo: 3, version: 2, Dead));
        Assert.True(await UpdateAsync(silo: 1, version: 2, Dead));

        var members = await RowsAsync("MembershipReadAllKey", Cluster);
        Assert.All(members, row => Assert.Equal(3, row["Version"]));
        Assert.Equal(
            [(1, Dead), (2, Active)], members.Select(row => ((int)row["Generation"], (int)row["Status"])).Order());
    }

    [PostgresFact]
    public async Task Of_eight_changes_on_one_version_one_is_made()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);

        var made = await Task.WhenAll(Enumerable.Range(1, 8).Select(silo => InsertAsync(silo, version: 0)));

        Assert.Single(made, isMade => isMade);
        Assert.Single(await RowsAsync("MembershipReadAllKey", Cluster));
    }

    [PostgresFact]
    public async Task Members_are_read_with_the_version_also_where_there_are_none()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);
        var none = Assert.Single(await RowsAsync("MembershipReadAllKey", Cluster));
        Assert.Equal((0, DBNull.Value), (none["Version"], none["StartTime"]));
        await InsertAsync(silo: 1, version: 0);

        var other = Assert.Single(await RowsAsync("MembershipReadRowKey", [Cluster, .. Address(2)]));
        var found = Assert.Single(await RowsAsync("MembershipReadRowKey", [Cluster, .. Address(1)]));

        Assert.Equal((1, DBNull.Value), (other["Version"], other["StartTime"]));
        Assert.Equal(("10.0.0.1", 11111, 1), (found["Address"], found["Port"], found["Generation"]));
        Assert.Equal(("silo", "host", Active), (found["SiloName"], found["HostName"], found["Status"]));
        Assert.Equal((30000, Now, Now), (found["ProxyPort"], found["StartTime"], found["IAmAliveTime"]));
        Assert.Equal(DBNull.Value, found["SuspectTimes"]);
    }

    [PostgresFact]
    public async Task A_sign_of_life_changes_no_version_and_gateways_are_those_of_a_status()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);
        await InsertAsync(silo: 1, version: 0);
        await InsertAsync(silo: 2, version: 1);
        await UpdateAsync(silo: 2, version: 2, Dead);

        await RowsAsync("UpdateIAmAlivetimeKey", [Cluster, .. Address(1), ("IAmAliveTime", Now.AddMinutes(1))]);

        var member = Assert.Single(await RowsAsync("MembershipReadRowKey", [Cluster, .. Address(1)]));
        Assert.Equal((3, Now.AddMinutes(1)), (member["Version"], member["IAmAliveTime"]));
        var gateway = Assert.Single(await RowsAsync("GatewaysQueryKey", Cluster, ("Status", Active)));
        Assert.Equal(("10.0.0.1", 30000, 1), (gateway["Address"], gateway["ProxyPort"], gateway["Generation"]));
    }

    [PostgresFact]
    public async Task Silent_members_are_removed_unless_they_are_active()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);
        await InsertAsync(silo: 1, version: 0);
        await InsertAsync(silo: 2, version: 1);
        await UpdateAsync(silo: 2, version: 2, Dead);

        await RowsAsync("CleanupDefunctSiloEntriesKey", Cluster, ("IAmAliveTime", Now));
        Assert.Equal(2, (await RowsAsync("MembershipReadAllKey", Cluster)).Count);
        await RowsAsync("CleanupDefunctSiloEntriesKey", Cluster, ("IAmAliveTime", Now.AddSeconds(1)));
        Assert.Equal(1, Assert.Single(await RowsAsync("MembershipReadAllKey", Cluster))["Generation"]);

        await RowsAsync("DeleteMembershipTableEntriesKey", Cluster);
        Assert.Empty(await RowsAsync("MembershipReadAllKey", Cluster));
    }

    [PostgresFact]
    public async Task Reminders_are_found_by_grain_by_name_and_by_stretch_of_the_ring()
    {
        Assert.Equal(0, await RemindAsync("a", hash: -100));
        Assert.Equal(0, await RemindAsync("b", hash: 100));
        Assert.Equal(1, await RemindAsync("b", hash: 100));

        async Task<string> FoundAsync(string query, int begin, int end)
        {
            var rows = await RowsAsync(query, Service, ("BeginHash", begin), ("EndHash", end));
            return string.Concat(rows.Select(row => row["GrainId"]).Order());
        }
        Assert.Equal("ab", await FoundAsync("ReadRangeRows1Key", -101, 100));
        Assert.Equal("b", await FoundAsync("ReadRangeRows1Key", -100, 100));
        Assert.Equal("", await FoundAsync("ReadRangeRows1Key", -100, 99));
        Assert.Equal("a", await FoundAsync("ReadRangeRows2Key", 100, -100));
        Assert.Equal("ab", await FoundAsync("ReadRangeRows2Key", 99, -100));
        Assert.Empty(await RowsAsync("ReadReminderRowKey", Service, ("GrainId", "a"), ("ReminderName", "none")));
        var row = Assert.Single(await RowsAsync("ReadReminderRowsKey", Service, ("GrainId", "b")));
        Assert.Equal(("b", "name", Now, 60_000L, 1),
            (row["GrainId"], row["ReminderName"], row["StartTime"], row["Period"], row["Version"]));

        (string, object?)[] reminder = [Service, ("GrainId", "b"), ("ReminderName", "name")];
        Assert.False(await AskAsync("DeleteReminderRowKey", [.. reminder, ("Version", 0)]));
        Assert.True(await AskAsync("DeleteReminderRowKey", [.. reminder, ("Version", 1)]));
        await RowsAsync("DeleteReminderRowsKey", Service);
        Assert.Empty(await RowsAsync("ReadReminderRowsKey", Service, ("GrainId", "a")));
    }

    [PostgresFact]
    public async Task A_grains_state_is_written_over_the_version_that_was_read_and_no_other()
    {
        foreach (var extension in new[] { null, "extension" })
        {
            Assert.Empty(await RowsAsync("ReadFromStorageKey", Grain(extension)));
            Assert.Empty(await WriteAsync(extension, 1, 1));
            Assert.Equal([1], await WriteAsync(extension, null, 1));
            Assert.Empty(await WriteAsync(extension, null, 9));
            Assert.Equal([2], await WriteAsync(extension, 1, 2));
            Assert.Empty(await WriteAsync(extension, 1, 9));
            var row = Assert.Single(await RowsAsync("ReadFromStorageKey", Grain(extension)));
            Assert.Equal(2, row["Version"]);
            Assert.Equal([2], (byte[])row["PayloadBinary"]);
        }
    }

    [PostgresFact]
    public async Task A_cleared_grain_keeps_its_version_and_a_deleted_one_begins_anew()
    {
        await WriteAsync(null, null, 1);
        Assert.Empty(await RowsAsync("ClearStorageKey", [.. Grain(null), ("GrainStateVersion", 7)]));
        var cleared = Assert.Single(await RowsAsync("ClearStorageKey", [.. Grain(null), ("GrainStateVersion", 1)]));
        Assert.Equal(2, cleared["NewGrainStateVersion"]);
        var row = Assert.Single(await RowsAsync("ReadFromStorageKey", Grain(null)));
        Assert.Equal((2, DBNull.Value), (row["Version"], row["PayloadBinary"]));
        Assert.Equal([3], await WriteAsync(null, 2, 1));

        Assert.Empty(await RowsAsync("DeleteStorageKey", [.. Grain(null), ("GrainStateVersion", 2)]));
        var deleted = Assert.Single(await RowsAsync("DeleteStorageKey", [.. Grain(null), ("GrainStateVersion", 3)]));
        Assert.Equal(4, deleted["NewGrainStateVersion"]);
        Assert.Equal([1], await WriteAsync(null, null, 1));
    }

    private static (string, object?) Cluster => ("DeploymentId", "cluster");

    private static (string, object?) Service => ("ServiceId", "service");

    private static (string, object?)[] Address(int silo) =>
        [("Address", "10.0.0.1"), ("Port", 11111), ("Generation", silo)];

    private static (string, object?)[] Grain(string? extension) =>
    [
        ("GrainIdHash", 1), ("GrainIdN0", 2L), ("GrainIdN1", 3L), ("GrainTypeHash", 4), ("GrainTypeString", "type"),
        ("GrainIdExtensionString", extension), Service,
    ];

    private Task<bool> InsertAsync(int silo, int version) => AskAsync("InsertMembershipKey", [
        Cluster, .. Address(silo), ("IAmAliveTime", Now), ("SiloName", "silo"), ("HostName", "host"),
        ("StartTime", Now), ("Status", Active), ("ProxyPort", 30000), ("Version", version)]);

    private Task<bool> UpdateAsync(int silo, int version, int status) => AskAsync("UpdateMembershipKey", [
        Cluster, .. Address(silo), ("IAmAliveTime", Now), ("Status", status), ("SuspectTimes", null),
        ("Version", version)]);

    private async Task<object> RemindAsync(string grain, int hash) => Assert.Single(await RowsAsync(
        "UpsertReminderRowKey", Service, ("GrainHash", hash), ("GrainId", grain), ("ReminderName", "name"),
        ("StartTime", Now), ("Period", 60_000)))["Version"];

    private async Task<IEnumerable<int>> WriteAsync(string? extension, int? version, byte payload)
    {
        var rows = await RowsAsync("WriteToStorageKey", [
            .. Grain(extension), ("GrainStateVersion", version), ("PayloadBinary", new[] { payload })]);
        return rows.Select(row => (int)row["NewGrainStateVersion"]);
    }

    private async Task<bool> AskAsync(string query, params (string Name, object? Value)[] values) =>
        (bool)Assert.Single(await RowsAsync(query, values)).Values.Single();

    private async Task<List<Dictionary<string, object>>> RowsAsync(
        string query, params (string Name, object? Value)[] values)
    {
        Assert.NotNull(source);
        await using var command = source.CreateCommand(await TextAsync(source, query));
        foreach (var (name, value) in values)
        {
            command.Parameters.Add(new NpgsqlParameter
            {
                ParameterName = name,
                Value = value ?? DBNull.Value,
                DbType = value switch
                {
                    DateTime => DbType.DateTime,
                    long => DbType.Int64,
                    byte[] => DbType.Binary,
                    int => DbType.Int32,
                    null when name == "GrainStateVersion" => DbType.Int32,
                    _ => DbType.String,
                },
            });
        }
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<Dictionary<string, object>>();
        while (await reader.ReadAsync())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(
                reader.GetName, reader.GetValue, StringComparer.OrdinalIgnoreCase));
        }
        return rows;
    }

    private static async Task<string> TextAsync(NpgsqlDataSource source, string query)
    {
        await using var command = source.CreateCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query });
        return Assert.IsType<string>(await command.ExecuteScalarAsync());
    }
}
