using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;

namespace OrleansWallet.Partitions.Tests.Support;

/// <summary>All partitions of a ledger in this process, over a database of their own.</summary>
internal sealed class TestPartitions : IAsyncDisposable
{
    public static readonly Currency Usd = Currency.Parse("USD");
    public static readonly AccountId Bank = AccountId.Settlement(Usd);

    private readonly string database;
    private PartitionJournals journals;
    private LocalPartitions local = new();
    private PartitionServices services = null!;

    private TestPartitions(string database, PartitionJournals journals, PartitionOptions options) =>
        (this.database, this.journals, Options) = (database, journals, options);

    public PartitionOptions Options { get; }

    public System.Collections.Concurrent.ConcurrentQueue<string> Notices { get; } = new();

    public PartitionedWallet Wallet { get; private set; } = null!;

    public LocalPartitions Local => local;

    public int Count => journals.PartitionCount;

    public static async Task<TestPartitions> StartAsync(
        PostgresServer server, int partitions, PartitionOptions? options = null)
    {
        var database = await server.Running.CreateDatabaseAsync();
        var started = new TestPartitions(
            database, await OpenAsync(database, partitions), options ?? new PartitionOptions());
        await started.StartHostsAsync();
        return started;
    }

    /// <summary>Begins anew over the same database, as another process would after this one was killed.</summary>
    public async Task CrashAsync()
    {
        var count = Count;
        // The old hosts are left as they are: nobody stops a process that was killed, or one that hangs.
        journals = await OpenAsync(database, count);
        local = new LocalPartitions();
        await StartHostsAsync();
    }

    public async Task<AccountId[]> FundAsync(int count, long cents)
    {
        var accounts = Enumerable.Range(0, count).Select(i => AccountId.Parse($"a{i}")).ToArray();
        await Task.WhenAll(accounts.Select(async account =>
        {
            Assert.Equal(Rejection.None, (await Wallet.OpenAccountAsync(account, Usd)).Rejection);
            var funded = await Wallet.TransferAsync(Transfer(Bank, account, cents));
            Assert.Equal(Rejection.None, funded.Rejection);
        }));
        return accounts;
    }

    public static Transfer Transfer(AccountId from, AccountId to, long cents) =>
        new(new TransactionId(Guid.NewGuid()), from, to, new Money(cents, Usd));

    public async Task<long> BalanceAsync(AccountId account) =>
        (await Wallet.FindAccountAsync(account, AsOf.Now)).Account?.Balance.MinorUnits
        ?? throw new InvalidOperationException($"{account} isn't there.");

    public Task<long> CountAsync(string table) => NumberAsync($"SELECT count(*) FROM {table}");

    public async Task<long> NumberAsync(string query)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(query);
        return await command.ExecuteScalarAsync() is long number
            ? number
            : throw new InvalidOperationException($"{query} gives no number.");
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await local.DisposeAsync();
        await journals.DisposeAsync();
    }

    private static Task<PartitionJournals> OpenAsync(string database, int partitions) => PartitionJournals.OpenAsync(
        [new PartitionServer(0, partitions - 1, database)], new PartitionStoreOptions { PartitionCount = partitions });

    /// <summary>Starts those partitions anew that have ended by themselves.</summary>
    public async Task ReviveAsync()
    {
        foreach (var host in local.All.Cast<PartitionHost>().Where(host => host.Ended.IsCompleted))
        {
            await local.StartAsync(host.Number, services);
            TakeWallet();
        }
    }

    private async Task StartHostsAsync()
    {
        services = new PartitionServices(journals, journals, journals, local, Options, TimeProvider.System, Notices.Enqueue);
        await Task.WhenAll(Enumerable.Range(0, Count).Select(number => local.StartAsync(number, services)));
        TakeWallet();
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Wallet))]
    private void TakeWallet() => Wallet = new PartitionedWallet(
            local.All, Options, queueTransfersMax: 65_536, TimeSpan.FromSeconds(10), static () => new Readiness(true, null),
            TimeProvider.System);
}
