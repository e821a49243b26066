using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests;

/// <summary>The checker of histories finds what it is there to find.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly AccountId A = AccountId.Parse("a");
    private static readonly AccountId B = AccountId.Parse("b");
    private static readonly Dictionary<AccountId, Observed> Start = new()
    {
        [A] = new Observed(A, 1, 100), [B] = new Observed(B, 1, 100),
    };

    // Two transfers from a to b, and a read after each.
    private static readonly Operation[] Good =
    [
        Transfer("first", 0, 2, 2, 90, 2, 110),
        Read("read first", 3, 4, 2, 90, 2, 110),
        Transfer("second", 5, 7, 3, 80, 3, 120),
        Read("read second", 8, 9, 3, 80, 3, 120),
    ];

    [Fact]
    public void A_good_history_passes() => Assert.Null(HistoryChecker.Check(Good, Start));

    [Fact]
    public void A_read_at_the_same_time_as_a_write_may_see_it_or_not()
    {
        Assert.Null(HistoryChecker.Check([Good[0], Good[2], Read("r", 5, 6, 2, 90, 2, 110)], Start));
        Assert.Null(HistoryChecker.Check([Good[0], Good[2], Read("r", 5, 6, 3, 80, 3, 120)], Start));
    }

    [Fact]
    public void A_stale_read_is_found() =>
        Finds("circle", [Good[0], Good[2], Read("stale", 8, 9, 2, 90, 2, 110)]);

    [Fact]
    public void A_read_from_the_future_is_found() =>
        Finds("circle", [Good[0], Good[2], Read("early", 3, 4, 3, 80, 3, 120)]);

    [Fact]
    public void A_read_of_one_side_only_is_found() =>
        Finds("circle", [Good[0], Good[2], Read("torn", 0, 9, 3, 80, 2, 110)]);

    [Fact]
    public void Two_reads_that_see_two_writes_in_different_orders_are_found() => Finds("circle",
    [
        Transfer("on a", 0, 9, 2, 90, null, 0), Transfer("on b", 0, 9, null, 0, 2, 110),
        Read("a before b", 0, 9, 2, 90, 1, 100), Read("b before a", 0, 9, 1, 100, 2, 110),
    ]);

    [Fact]
    public void A_lost_update_is_found() =>
        Finds("both wrote", [Good[0], Transfer("second", 5, 7, 2, 90, 3, 120)]);

    [Fact]
    public void A_lost_write_is_found() => Finds("no version", [Good[2]]);

    [Fact]
    public void Money_from_nowhere_is_found()
    {
        Finds("left", [Good[0], Transfer("second", 5, 7, 3, 81, 3, 120)]);
        Finds("never was", [Good[0], Read("r", 3, 4, 2, 91, 2, 110)]);
    }

    private static void Finds(string fault, Operation[] history) =>
        Assert.Contains(fault, HistoryChecker.Check(history, Start) ?? "", StringComparison.Ordinal);

    private static Operation Transfer(
        string name, int from, int to, long? versionA, long balanceA, long? versionB, long balanceB) => new(
            name, TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to), IsWrite: true,
            // The debited side stands first.
            [
                versionA is { } a ? new Observed(A, a, balanceA) : new Observed(AccountId.Parse("other"), 0, 0),
                .. versionB is { } b ? [new Observed(B, b, balanceB)] : Array.Empty<Observed>(),
            ], 10);

    private static Operation Read(
        string name, int from, int to, long versionA, long balanceA, long versionB, long balanceB) => new(
            name, TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to), IsWrite: false,
            [new Observed(A, versionA, balanceA), new Observed(B, versionB, balanceB)]);
}
