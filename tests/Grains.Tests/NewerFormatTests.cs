using Orleans.Transactions;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using OrleansWallet.Storage;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>A row that a newer release wrote: the error says so, and nothing is written over it.</summary>
public sealed class NewerFormatTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly byte[] Newer = [2, 1, 2, 3];
    private WalletCluster? started;

    private WalletCluster Cluster => started ?? throw new InvalidOperationException("It was not started.");

    public async Task InitializeAsync() => started = await WalletCluster.StartAsync(new TestSettings { Silos = 2 });

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    [Fact]
    public async Task An_account_of_a_newer_format_is_refused_by_name_and_left_alone()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, 100);
        await Cluster.Store.StoreAsync(StateKind.Account, new StoredState("newer", 1, Newer, Newer));
        var newer = AccountId.Parse("newer");

        await FailsAsync(async () => await Cluster.Wallet.OpenAccountAsync(newer, Ids.Usd));
        await FailsAsync(async () => await Cluster.Wallet.FindAccountAsync(newer, AsOf.Now));
        await FailsAsync(async () => await Cluster.Wallet.SetFrozenAsync(newer, true));
        await FailsAsync(async () => await Cluster.Wallet.TransferAsync(Ids.Transfer(accounts[0], newer, 1)));
        await FailsAsync(async () => await Cluster.Wallet.TransferAsync(Ids.Transfer(newer, accounts[0], 1)));

        var row = await Cluster.Store.LoadAsync(StateKind.Account, "newer");
        Assert.NotNull(row);
        Assert.Equal(1, row.Version);
        Assert.Equal(Newer, row.State.ToArray());
        // The others go on, with what they had: nothing was taken from the one side.
        var outcome = await Cluster.Wallet.TransferAsync(Ids.Transfer(accounts[0], accounts[1], 100));
        Assert.Equal(Rejection.None, outcome.Rejection);
    }

    [Fact]
    public async Task A_transfer_of_a_newer_format_is_refused_and_left_alone()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, 100);
        var transfer = Ids.Transfer(accounts[0], accounts[1], 1);
        await Cluster.Store.StoreAsync(StateKind.Transfer, new StoredState(transfer.Id.ToString(), 1, Newer, Newer));

        await FailsAsync(async () => await Cluster.Wallet.TransferAsync(transfer));
        await FailsAsync(async () => await Cluster.Wallet.FindTransferAsync(transfer.Id));

        Assert.Equal(1, (await Cluster.Store.LoadAsync(StateKind.Transfer, transfer.Id.ToString()))?.Version);
        var again = await Cluster.Wallet.TransferAsync(transfer with { Id = Ids.New() });
        Assert.Equal(Rejection.None, again.Rejection);
    }

    [Fact]
    public async Task An_audit_over_a_newer_format_says_so_instead_of_leaving_it_out()
    {
        await Ids.FundAsync(Cluster.Wallet, 1, 100);
        await Cluster.Store.StoreAsync(StateKind.Account, new StoredState("newer", 1, Newer, Newer));
        await FailsAsync(async () => await Cluster.Wallet.ReadLedgerAsync(fresh: true));
    }

    [Fact]
    public void A_newer_format_is_told_from_this_one_by_its_first_byte()
    {
        var codec = Cluster.Service<StateCodec<AccountState>>();
        var row = new StoredState(
            "a", 1, codec.Write(new AccountState()), codec.Write(new ProtocolRecord<AccountState>()));
        Assert.Null(codec.ReadState(row).Record);
        Assert.Empty(codec.ReadProtocol(row).Prepared);
        foreach (var bytes in new byte[][] { Newer, [], [0], [255, 1] })
        {
            var fault = Assert.Throws<StateFormatException>(() => codec.ReadState(row with { State = bytes }));
            Assert.Contains("'a'", fault.Message, StringComparison.Ordinal);
            Assert.Throws<StateFormatException>(() => codec.ReadProtocol(row with { Pending = bytes }));
        }
    }

    private async Task FailsAsync(Func<Task> call)
    {
        var thrown = await Record.ExceptionAsync(call);
        output.WriteLine($"{thrown?.GetType().Name}: {thrown?.Message}");
        var fault = thrown is OrleansTransactionAbortedException { InnerException: { } inner } ? inner : thrown;
        var format = Assert.IsType<StateFormatException>(fault);
        Assert.Contains("has format 2", format.Message, StringComparison.Ordinal);
    }
}
