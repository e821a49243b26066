namespace OrleansWallet.Ledger;

/// <summary>Money of one transfer between partitions, as one of the two knows it.</summary>
/// <param name="Partition">The other one.</param>
/// <param name="Number">The transfer's number in the channel.</param>
/// <param name="Amount">Its amount.</param>
public readonly record struct ChannelMoney(int Partition, long Number, Money Amount);

/// <summary>
/// What one partition adds to a reading of the whole ledger. <see cref="LedgerCut.Sum"/> brings several together.
/// </summary>
/// <param name="Number">Its number.</param>
/// <param name="AtMicros">All its records up to this time are in it, and no later ones.</param>
/// <param name="Totals">The sum of its balances by currency, money held included.</param>
/// <param name="Held">What its accounts pay to other partitions and was not settled here.</param>
/// <param name="Credited">
/// What its accounts got from other partitions, as far as it isn't known here to be settled there.
/// </param>
public sealed record PartitionCut(
    int Number, long AtMicros, IReadOnlyList<Money> Totals, IReadOnlyList<ChannelMoney> Held,
    IReadOnlyList<ChannelMoney> Credited);

/// <summary>The money of one currency in the whole ledger. Both together are zero.</summary>
/// <param name="Available">All balances, without what is held of them.</param>
/// <param name="UnderWay">What left its payer's available money and has not reached its payee.</param>
public readonly record struct LedgerTotal(Money Available, Money UnderWay)
{
    /// <summary>Zero in a sound ledger.</summary>
    public Money Sum => new(unchecked(Available.MinorUnits + UnderWay.MinorUnits), Available.Currency);
}

/// <summary>
/// A consistent reading of all partitions: it has every cause of what it has. Then a transfer is in one of three
/// states, and in each its amount counts once: held of the payer and not yet credited, it is under way; credited and
/// still held, it is the payee's (though the payer's balance has it too, what is available does not); settled, it has
/// left the payer's balance as well.
/// </summary>
public static class LedgerCut
{
    /// <summary>
    /// The totals of the whole ledger by currency, from the readings of all partitions, each once. They are a
    /// consistent cut if all were made at one <see cref="PartitionCut.AtMicros"/> (<see cref="Partition.TryCut"/>).
    /// Sums are modulo 2^64, so no order of adding up makes a difference.
    /// </summary>
    public static IReadOnlyList<LedgerTotal> Sum(IReadOnlyCollection<PartitionCut> cuts)
    {
        var available = new SortedDictionary<Currency, long>();
        var underWay = new SortedDictionary<Currency, long>();
        var credited = cuts
            .SelectMany(cut => cut.Credited.Select(money => (Payer: money.Partition, Payee: cut.Number, money.Number)))
            .ToHashSet();
        foreach (var cut in cuts)
        {
            foreach (var total in cut.Totals) Add(available, total);
            foreach (var held in cut.Held)
            {
                Add(available, new Money(-held.Amount.MinorUnits, held.Amount.Currency));
                if (!credited.Contains((cut.Number, held.Partition, held.Number))) Add(underWay, held.Amount);
            }
        }
        return
        [
            .. available.Select(total => new LedgerTotal(
                new Money(total.Value, total.Key), new Money(underWay.GetValueOrDefault(total.Key), total.Key))),
        ];
    }

    private static void Add(SortedDictionary<Currency, long> totals, Money money) =>
        totals[money.Currency] = unchecked(totals.GetValueOrDefault(money.Currency) + money.MinorUnits);
}
