namespace OrleansWallet.Ledger;

// Readings of the partition that make one of the whole ledger.
public sealed partial class Partition
{
    /// <summary>The partition as it stands, to be added to others' readings of the same moment.</summary>
    public PartitionCut Cut() => CutAt(LastAtMicros);

    /// <summary>
    /// The partition as of that time. False where something was recorded after it: ask all for a later one. Until the
    /// partition is taken up anew, all it records from now on is later. As with any answer, the reading may be shown
    /// only when everything in it is durable; if the partition was taken up anew before the whole reading was done, the
    /// reading is to be made again.
    /// </summary>
    public bool TryCut(long atMicros, out PartitionCut? cut)
    {
        cut = null;
        if (LastAtMicros > atMicros) return false;
        earliestMicros = Math.Max(earliestMicros, atMicros + 1);
        cut = CutAt(atMicros);
        return true;
    }

    private PartitionCut CutAt(long atMicros) => new(
        Between.Membership.Number, atMicros, Totals,
        [
            .. from to in Between.Outgoing
               from number in to.Channel.Numbers()
               select new ChannelMoney(to.Partition, number, AmountOf(to.Channel[number])),
        ],
        [
            .. from source in Between.Incoming
               from number in source.Channel.Numbers()
               where source.Channel[number].Status == CreditStatus.Credited
               select new ChannelMoney(source.Partition, number, AmountOf(source.Channel[number])),
        ]);

    private Money AmountOf(in IncomingTransfer transfer) =>
        new(transfer.Amount, Accounts[transfer.ToNumber].Account.Currency);
}
