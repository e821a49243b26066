using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// How one transfer goes, inside a transaction: both accounts in the order of their keys, so that no two transfers
/// wait for each other; each decides its side and takes it; where the other refuses, the first takes it back. So a
/// refusal commits together with the reads that it stands on, and no transaction is aborted for it.
/// </summary>
public sealed class TransferProcess(IGrainFactory grains, NodeClock clock, StripeCount stripes)
{
    /// <summary>
    /// Decides a transfer and moves its money. What comes back is to be recorded in the same transaction.
    /// </summary>
    public async Task<TransferRecord> MoveAsync(TransferOrder order)
    {
        var (from, to) = (AccountId.Parse(order.From), AccountId.Parse(order.To));
        var refusal = Decider.DecideAccounts(from, to);
        if (refusal != Rejection.None) return Refused(order, refusal, 0);
        var (payer, payee) = (NewSide(from, order, isDebit: true), NewSide(to, order, isDebit: false));
        var (first, second) =
            string.CompareOrdinal(payer.Key, payee.Key) < 0 ? (payer, payee) : (payee, payer);

        var sequence = await first.DecideAsync(clock.Next(0), apply: true);
        var later = await second.DecideAsync(sequence, apply: first.Refusal == Rejection.None);
        if (payer.NeedsAllStripes || payee.NeedsAllStripes)
        {
            await first.UndoAsync();
            await second.UndoAsync();
            await first.LockAllAsync();
            await second.LockAllAsync();
            later = await first.DecideAsync(later, apply: true);
            sequence = later;
            later = await second.DecideAsync(later, apply: first.Refusal == Rejection.None);
        }
        refusal = Rejections.First(payer.Refusal, payee.Refusal);
        if (refusal != Rejection.None)
        {
            await first.UndoAsync();
            return Refused(order, refusal, later);
        }
        if (later != sequence) await first.ResequenceAsync(later);
        await payer.ShareAnewAsync();
        await payee.ShareAnewAsync();
        return new TransferRecord(order, Rejection.None, later, payer.After, payee.After);
    }

    /// <summary>The keys of the grains that a transfer locks first.</summary>
    public IEnumerable<string> KeysOf(TransferOrder order)
    {
        yield return KeyOf(AccountId.Parse(order.From), order.Id);
        yield return KeyOf(AccountId.Parse(order.To), order.Id);
    }

    private TransferRecord Refused(TransferOrder order, Rejection refusal, long sequence) =>
        new(order, refusal, sequence > 0 ? sequence : clock.Next(0), null, null);

    private TransferSide NewSide(AccountId id, TransferOrder order, bool isDebit) =>
        new(grains, clock, stripes.Value, KeyOf(id, order.Id), id, order, isDebit);

    private string KeyOf(AccountId id, Guid transferId) =>
        SettlementStripes.Exists(id) ? SettlementStripes.KeyFor(id, transferId, stripes.Value) : id.Value;
}
