using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>A transfer that left its payer's partition and isn't settled.</summary>
internal struct OutgoingTransfer : INumbered
{
    public TransactionId Id;
    public AccountId From;
    public AccountId To;
    public int FromNumber;
    public long Amount;
    public PhaseStatus Phase;

    public readonly bool IsThere => Phase.Protocol != 0;
}

/// <summary>A transfer as its payee's partition knows it, until it hears that the payer's has settled it.</summary>
internal struct IncomingTransfer : INumbered
{
    public TransactionId Id;
    // Of a promise only: the credit's record names the payer.
    public AccountId From;
    public int ToNumber;
    public long Amount;
    public CreditStatus Status;
    public Rejection Rejection;

    public readonly bool IsThere => Status != CreditStatus.None;
}

/// <summary>
/// What a partition knows of transfers to and from others. Each pair of partitions has a channel each way, whose
/// transfers the payer's side numbers 1, 2, 3 … Nothing of a settled transfer is kept: memory is bounded by what is
/// under way.
/// </summary>
internal sealed class Channels(Membership membership)
{
    private readonly NumberWindow<OutgoingTransfer>?[] outgoing =
        new NumberWindow<OutgoingTransfer>?[membership.Partitions];
    private readonly NumberWindow<IncomingTransfer>?[] incoming =
        new NumberWindow<IncomingTransfer>?[membership.Partitions];
    private readonly Dictionary<TransactionId, (int Payee, long Number)> underWay = new(new SeededIds());

    public Membership Membership => membership;

    /// <summary>What is held of payers' balances.</summary>
    public ReservedAmounts Held { get; } = new();

    /// <summary>What is promised to payees.</summary>
    public ReservedAmounts Promised { get; } = new();

    public int UnderWayCount => underWay.Count;

    public NumberWindow<OutgoingTransfer> To(int payee) => outgoing[payee] ??= new();

    public NumberWindow<IncomingTransfer> From(int payer) => incoming[payer] ??= new();

    public bool TryFind(TransactionId id, out int payee, out long number)
    {
        var known = underWay.TryGetValue(id, out var at);
        (payee, number) = at;
        return known;
    }

    public void Reserve(int payee, long number, in OutgoingTransfer transfer)
    {
        To(payee).Put(number, transfer);
        underWay.Add(transfer.Id, (payee, number));
        Held.Add(transfer.FromNumber, transfer.Amount);
    }

    public void Settle(int payee, long number)
    {
        ref readonly var transfer = ref To(payee)[number];
        underWay.Remove(transfer.Id);
        Held.Subtract(transfer.FromNumber, transfer.Amount);
        To(payee).Settle(number);
    }

    /// <summary>All that is known of a transfer from another partition; what was promised before is no more.</summary>
    public void Take(int payer, long settledBelow, long number, in IncomingTransfer transfer)
    {
        var channel = From(payer);
        if (channel.Has(number) && channel[number].Status == CreditStatus.Promised)
            Promised.Subtract(channel[number].ToNumber, channel[number].Amount);
        if (transfer.Status == CreditStatus.Promised) Promised.Add(transfer.ToNumber, transfer.Amount);
        channel.SettleBelow(settledBelow);
        channel.Put(number, transfer);
    }

    /// <summary>The channels to others that were ever used, by number.</summary>
    public IEnumerable<(int Partition, NumberWindow<OutgoingTransfer> Channel)> Outgoing => Used(outgoing);

    /// <summary>The channels from others that were ever used, by number.</summary>
    public IEnumerable<(int Partition, NumberWindow<IncomingTransfer> Channel)> Incoming => Used(incoming);

    private static IEnumerable<(int, NumberWindow<T>)> Used<T>(NumberWindow<T>?[] all) where T : struct, INumbered
    {
        for (var partition = 0; partition < all.Length; partition++)
            if (all[partition] is { Next: > 1 } channel) yield return (partition, channel);
    }

    // Callers choose the ids: a seed of this process, so that nobody can choose ids that collide.
    private sealed class SeededIds : IEqualityComparer<TransactionId>
    {
        public bool Equals(TransactionId one, TransactionId other) => one.Value == other.Value;

        public int GetHashCode(TransactionId id)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<TransactionId>(in id)));
            return hash.ToHashCode();
        }
    }
}
