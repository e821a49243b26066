using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>One side of a transfer, payer's or payee's, and how far it has come.</summary>
internal sealed class TransferSide(
    IGrainFactory grains, NodeClock clock, int stripes, string key, AccountId id, TransferOrder order, bool isDebit)
{
    private readonly string[] all = SettlementStripes.Exists(id)
        ? SettlementStripes.Keys(id, stripes) : [];
    private Account[]? together;

    /// <summary>The account.</summary>
    public AccountId Id => id;

    /// <summary>Which grain it is: of a settlement account, the transfer's own stripe, or the one with room.</summary>
    public string Key { get; private set; } = key;
    public Rejection Refusal { get; private set; }
    public AccountSideRecord? After { get; private set; }
    public bool NeedsAllStripes { get; private set; }

    private IAccountGrain Grain => grains.GetGrain<IAccountGrain>(Key);

    /// <summary>
    /// Decides, and applies where that is asked and nothing stands against it. Returns the event's number, the asked
    /// one or higher.
    /// </summary>
    public async Task<long> DecideAsync(long sequence, bool apply)
    {
        long? balance = together is null ? null : StripedAccount.Together(together).Balance;
        var leg = new Leg(order.Id, order.MinorUnits, order.Currency, sequence, !apply, balance);
        var result = isDebit ? await Grain.Debit(leg) : await Grain.Credit(leg);
        clock.Observe(result.Sequence);
        (Refusal, After, NeedsAllStripes) = (result.Rejection, result.Side, result.NeedsAllStripes);
        return result.Sequence;
    }

    /// <summary>Takes back what was applied, if anything was.</summary>
    public async Task UndoAsync()
    {
        if (After is null || Refusal != Rejection.None) return;
        await Grain.Undo(order.Id);
        After = null;
    }

    /// <summary>Moves what was applied up to a later number: the other side had seen a higher one.</summary>
    public Task ResequenceAsync(long sequence) => Grain.Resequence(order.Id, sequence);

    /// <summary>
    /// Has all stripes decide together, and the one with the most room take the event. They are locked already.
    /// </summary>
    public async Task TakeTogetherAsync()
    {
        together = new Account[all.Length];
        for (var i = 0; i < all.Length; i++)
        {
            var stripe = await grains.GetGrain<IAccountGrain>(all[i]).Lock()
                ?? throw new InvalidOperationException($"{all[i]} is no stripe here.");
            together[i] = stripe.ToAccount();
        }
        Key = all[StripedAccount.Roomiest(together, isDebit)];
    }

    /// <summary>Where all stripes decided together, shares out what room there is now.</summary>
    public async Task ShareAnewAsync()
    {
        if (together is null || After is null) return;
        together[Array.IndexOf(all, Key)].Balance = After.Balance;
        var shares = new StripeShare[all.Length];
        StripedAccount.Share(together, shares);
        for (var i = 0; i < all.Length; i++)
            await grains.GetGrain<IAccountGrain>(all[i])
                .SetShare(new StripeShareRecord(shares[i].Lowest, shares[i].Highest));
    }
}
