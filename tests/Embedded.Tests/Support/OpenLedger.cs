using System.Collections.Concurrent;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>A wallet on a disk of ours, and what it told its operator.</summary>
internal sealed class OpenLedger : IAsyncDisposable
{
    public static readonly Currency Usd = Currency.Parse("USD");
    public static readonly Currency Jpy = Currency.Parse("JPY");
    public static readonly AccountId Treasury = AccountId.Settlement(Usd);

    private OpenLedger(EmbeddedWallet wallet, FaultyStorage storage, ConcurrentQueue<string> notices, SteppedTime time)
    {
        Wallet = wallet;
        Storage = storage;
        Notices = notices;
        Time = time;
    }

    public EmbeddedWallet Wallet { get; }

    public FaultyStorage Storage { get; }

    public ConcurrentQueue<string> Notices { get; }

    /// <summary>How much each notice should trouble an operator.</summary>
    public required IReadOnlyDictionary<string, NoticeLevel> Levels { get; init; }

    public SteppedTime Time { get; }

    public static async Task<OpenLedger> OpenAsync(
        FaultyDisk disk, EmbeddedOptions? options = null, FaultPlan? plan = null, SteppedTime? time = null)
    {
        var storage = new FaultyStorage(disk, plan);
        var notices = new ConcurrentQueue<string>();
        time ??= new SteppedTime();
        var levels = new ConcurrentDictionary<string, NoticeLevel>();
        var wallet = await EmbeddedWallet.OpenAsync(
            () => storage, options ?? Tiny.Options, time, (level, text) =>
            {
                levels[text] = level;
                notices.Enqueue(text);
            });
        return new OpenLedger(wallet, storage, notices, time) { Levels = levels };
    }

    /// <summary>Opens accounts and gives each a sum from the treasury.</summary>
    public async Task FundAsync(int accounts, long minorUnits = 1_000_000)
    {
        for (var i = 0; i < accounts; i++)
        {
            Assert.Equal(Rejection.None, (await Wallet.OpenAccountAsync(Account(i), Usd)).Rejection);
            var funding = Transfer(Treasury, Account(i), minorUnits, IdOf(-1 - i));
            Assert.Equal(Rejection.None, (await Wallet.TransferAsync(funding)).Rejection);
        }
    }

    /// <summary>Sends many at once, however they fare.</summary>
    public async Task<TransferOutcome[]> SendAsync(IReadOnlyList<Transfer> transfers)
    {
        var outcomes = new TransferOutcome[transfers.Count];
        await Wallet.TransferManyAsync(transfers.ToArray(), outcomes);
        return outcomes;
    }

    public async Task<long> BalanceAsync(int account) =>
        (await Wallet.FindAccountAsync(Account(account), AsOf.Now)).Account?.Balance.MinorUnits
        ?? throw new InvalidOperationException($"There is no account {account}.");

    public static AccountId Account(int number) => AccountId.Parse($"account-{number}");

    /// <summary>A transaction id that depends on nothing but a number.</summary>
    public static TransactionId IdOf(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[8..], number * 0x5851F42D4C957F2D + 1);
        return new TransactionId(new Guid(bytes));
    }

    public static Transfer Transfer(AccountId from, AccountId to, long minorUnits, TransactionId id) =>
        new(id, from, to, new Money(minorUnits, Usd));

    public static Transfer Transfer(int from, int to, long minorUnits, long id) =>
        Transfer(Account(from), Account(to), minorUnits, IdOf(id));

    public ValueTask DisposeAsync() => Wallet.DisposeAsync();
}
