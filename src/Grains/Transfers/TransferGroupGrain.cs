using Orleans.Concurrency;

namespace OrleansWallet.Grains;

/// <summary>
/// Several transfers as one transaction: first their records are locked, then their accounts, each in the order of
/// the keys, then each is decided in its turn. So an account in all of them costs two writes, not two a transfer.
/// </summary>
[StatelessWorker, Reentrant]
public sealed class TransferGroupGrain(TransferProcess process, Transactions transactions, IGrainFactory grains)
    : Grain, ITransferGroupGrain
{
    /// <inheritdoc/>
    public Task<TransferAnswer[]> Transfer(TransferOrder[] orders)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orders.Length, ITransferGroupGrain.TransfersMax);
        return transactions.RunAsync(() => SettleAsync(orders));
    }

    private async Task<TransferAnswer[]> SettleAsync(TransferOrder[] orders)
    {
        var known = new Dictionary<Guid, TransferRecord>();
        foreach (var id in orders.Select(order => order.Id).Distinct().Order())
            if (await grains.GetGrain<ITransferGrain>(id).Lock() is { } record) known.Add(id, record);
        var keys = orders.Where(order => !known.ContainsKey(order.Id)).SelectMany(process.KeysOf).Distinct();
        foreach (var key in keys.Order(StringComparer.Ordinal)) await grains.GetGrain<IAccountGrain>(key).Lock();

        var answers = new TransferAnswer[orders.Length];
        var made = new List<TransferRecord>();
        for (var i = 0; i < orders.Length; i++)
        {
            if (known.TryGetValue(orders[i].Id, out var earlier))
            {
                answers[i] = earlier.AnswerAgain(orders[i]);
                continue;
            }
            var record = await process.MoveAsync(orders[i]);
            answers[i] = new TransferAnswer(record.Rejection, Replayed: false, record.Sequence);
            known.Add(record.Order.Id, record);
            made.Add(record);
        }
        await Task.WhenAll(made.Select(record => grains.GetGrain<ITransferGrain>(record.Order.Id).Record(record)));
        return answers;
    }
}
