using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// How transfers go, inside a transaction. First each one's record is locked: known already, it is answered again. Then
/// both accounts in the order of their keys, so that no two transfers wait for each other; each decides its side and
/// takes it; where the other refuses, the first takes it back. Then the outcome is recorded. So a refusal commits
/// together with the reads that it stands on, and no transaction is aborted for it.
/// </summary>
public sealed class TransferProcess(IGrainFactory grains, NodeClock clock, StripeCount stripes)
{
    /// <summary>
    /// Settles transfers in their order. Several have all their accounts locked before the first is decided, each once;
    /// so an account in all of them costs two writes, not two a transfer.
    /// </summary>
    /// <param name="orders">The transfers.</param>
    /// <param name="together">
    /// The settlement accounts all of whose stripes must decide together. Where one more is found to, it is added here,
    /// and the transaction is to be run again: locks that are held already would be out of order. It takes amounts near
    /// the largest there are.
    /// </param>
    public async Task<TransferAnswer[]> SettleAsync(TransferOrder[] orders, HashSet<AccountId> together)
    {
        // The records join first, so one of them is the transaction's manager, and its write is the commit.
        if (orders is [var single] && together.Count == 0) return [await SettleAsync(single, together)];
        var known = new Dictionary<Guid, TransferRecord>();
        foreach (var id in orders.Select(order => order.Id).Distinct().Order())
            if (await grains.GetGrain<ITransferGrain>(id).Lock() is { } record) known.Add(id, record);
        if (orders.Length > 1 || together.Count > 0)
        {
            var keys = orders.Where(order => !known.ContainsKey(order.Id)).SelectMany(order => KeysOf(order, together))
                .Distinct();
            foreach (var key in keys.Order(StringComparer.Ordinal)) await grains.GetGrain<IAccountGrain>(key).Lock();
        }
        var answers = new TransferAnswer[orders.Length];
        var made = new List<TransferRecord>();
        for (var i = 0; i < orders.Length; i++)
        {
            if (known.TryGetValue(orders[i].Id, out var earlier))
            {
                answers[i] = earlier.AnswerAgain(orders[i]);
                continue;
            }
            var record = await MoveAsync(orders[i], together) ?? throw NewStartOver();
            answers[i] = new TransferAnswer(record.Rejection, Replayed: false, record.Sequence);
            known.Add(record.Order.Id, record);
            made.Add(record);
        }
        await Task.WhenAll(made.Select(record => grains.GetGrain<ITransferGrain>(record.Order.Id).Record(record)));
        return answers;
    }

    // The usual case in fewer calls: the record's grain, having joined, has the rest done.
    private async Task<TransferAnswer> SettleAsync(TransferOrder order, HashSet<AccountId> together)
    {
        var settled = await grains.GetGrain<ITransferGrain>(order.Id).Settle(order);
        together.UnionWith(settled.Together.Select(AccountId.Parse));
        return settled.Answer ?? throw NewStartOver();
    }

    /// <summary>
    /// Decides a transfer and moves its money. What comes back is to be recorded in the same transaction. Null where
    /// settlement accounts were added to <paramref name="together"/>, and the transaction must begin again.
    /// </summary>
    public async Task<TransferRecord?> MoveAsync(TransferOrder order, HashSet<AccountId> together)
    {
        var (from, to) = (AccountId.Parse(order.From), AccountId.Parse(order.To));
        var refusal = Decider.DecideAccounts(from, to);
        if (refusal != Rejection.None) return Refused(order, refusal, 0);
        var (payer, payee) = (NewSide(from, order, isDebit: true), NewSide(to, order, isDebit: false));
        foreach (var side in new[] { payer, payee })
            if (together.Contains(side.Id)) await side.TakeTogetherAsync();
        var (first, second) =
            string.CompareOrdinal(payer.Key, payee.Key) < 0 ? (payer, payee) : (payee, payer);

        var sequence = await first.DecideAsync(clock.Next(0), apply: true);
        var later = await second.DecideAsync(sequence, apply: first.Refusal == Rejection.None);
        if (payer.NeedsAllStripes || payee.NeedsAllStripes)
        {
            together.UnionWith(new[] { payer, payee }.Where(side => side.NeedsAllStripes).Select(side => side.Id));
            return null;
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

    // The keys of the grains that a transfer locks first.
    private IEnumerable<string> KeysOf(TransferOrder order, HashSet<AccountId> together) =>
        new[] { AccountId.Parse(order.From), AccountId.Parse(order.To) }.SelectMany(id =>
            together.Contains(id) ? SettlementStripes.Keys(id, stripes.Value) : [KeyOf(id, order.Id)]);

    private static StartOverException NewStartOver() =>
        new("All stripes of a settlement account must be locked first.");

    private TransferRecord Refused(TransferOrder order, Rejection refusal, long sequence) =>
        new(order, refusal, sequence > 0 ? sequence : clock.Next(0), null, null);

    private TransferSide NewSide(AccountId id, TransferOrder order, bool isDebit) =>
        new(grains, clock, stripes.Value, KeyOf(id, order.Id), id, order, isDebit);

    private string KeyOf(AccountId id, Guid transferId) =>
        SettlementStripes.Exists(id) ? SettlementStripes.KeyFor(id, transferId, stripes.Value) : id.Value;
}
