using Orleans.Concurrency;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// A partition, wherever its grain is: what front ends call. One inside a silo goes to those that are there directly.
/// </summary>
public sealed class PartitionProxy(
    IGrainFactory grains, int number, WalletClusterOptions options, ClusterReadiness readiness, TimeProvider time,
    PartitionGrainServices? here = null)
    : IPartition
{
    private const int QuickTries = 3;
    private static readonly TimeSpan FirstSign = TimeSpan.FromMilliseconds(750);
    private static readonly TimeSpan NextSign = TimeSpan.FromMilliseconds(2_500);

    private readonly PartitionWays ways = new(grains, number);

    /// <inheritdoc/>
    public async IAsyncEnumerable<TransferAnswers> TransferAsync(Transfer[] transfers, bool inOrder, TimeSpan patience)
    {
        var rest = new UnansweredTransfers(transfers);
        var (began, tries) = (time.GetTimestamp(), 0);
        while (rest.Count > 0)
        {
            var way = ways.Chosen;
            var firstSign = FirstSign * (1 << Math.Clamp(tries++ - QuickTries, 0, 2));
            await using var answers = (here is not null && here.TryFind(number, out var near)
                ? near.TransferAsync(rest.Send(), inOrder, patience)
                : TransferAsync(way, rest.Send(), inOrder, firstSign)).GetAsyncEnumerator();
            while (await NextAsync(answers, began, way) is { } some)
            {
                yield return rest.Take(some);
                if (some.IsLast) break;
            }
        }
    }

    // One that is at work gives a sign of it every second, if not answers. Without one, the way there may be broken:
    // then they are sent by way of another silo.
    private async IAsyncEnumerable<TransferAnswers> TransferAsync(
        int way, Transfer[] transfers, bool inOrder, TimeSpan firstSign)
    {
        ThrowIfNotJoined();
        var partition = ways.By(way);
        var some = await partition.Transfer(new Immutable<Transfer[]>(transfers), inOrder).WaitAsync(firstSign, time);
        yield return some.Answers;
        while (true)
        {
            some = await partition.MoreAnswers(some.Ticket).WaitAsync(NextSign, time);
            yield return some.Answers;
        }
    }

    // The next answers; null where they have to be asked for again.
    private async Task<TransferAnswers?> NextAsync(IAsyncEnumerator<TransferAnswers> answers, long began, int way)
    {
        try
        {
            return await answers.MoveNextAsync()
                ? answers.Current
                : throw new PartitionUnavailableException($"Partition {number} ended before its answers.");
        }
        catch (Exception e) when (ClusterFaults.IsPassing(e))
        {
            await PauseAsync(began, way, e);
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<bool[]> NeedOrderAsync(AccountTurnover[] accounts) =>
        CallAsync(async partition => (await partition.NeedOrder(new Immutable<AccountTurnover[]>(accounts))).Value);

    /// <inheritdoc/>
    public Task<AccountResult> OpenAsync(AccountId id, Currency currency) =>
        CallAsync(async partition => (await partition.Open(id.Value, currency.NumericCode)).ToResult());

    /// <inheritdoc/>
    public Task<AccountResult> SetFrozenAsync(AccountId id, bool frozen) =>
        CallAsync(async partition => (await partition.SetFrozen(id.Value, frozen)).ToResult());

    /// <inheritdoc/>
    public Task<AccountResult> FindAccountAsync(AccountId id, AsOf asOf)
    {
        var sequence = asOf.Sequence
            ?? (asOf.Time is { } moment ? HybridTime.LastOf(Partition.ToMicros(moment)) : null);
        return CallAsync(async partition => (await partition.FindAccount(id.Value, sequence)).ToResult());
    }

    /// <inheritdoc/>
    public Task<TransferView?> FindTransferAsync(TransactionId id) =>
        CallAsync(async partition => (await partition.FindTransfer(id.Value))?.ToView());

    /// <inheritdoc/>
    public Task<int> FindClaimantAsync(TransactionId id) => CallAsync(partition => partition.FindClaimant(id.Value));

    /// <inheritdoc/>
    public Task<PartitionReading?> ReadAsync(long atMicros) =>
        CallAsync(async partition => (await partition.Read(atMicros)).Value);

    /// <inheritdoc/>
    public Task<EntriesPage> ListEntriesAsync(AccountId id, int limit, string? cursor) => CallAsync(async partition =>
    {
        var page = await partition.ListEntries(id.Value, limit, cursor);
        return new EntriesPage(page.Rejection, [.. page.Entries.Select(line => line.ToView())], page.NextCursor);
    });

    // A partition that moves to another silo is away for a while. Asking again is harmless: ids dedupe.
    private async Task<TResult> CallAsync<TResult>(Func<IPartitionCalls, Task<TResult>> call)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var way = ways.Chosen;
            try
            {
                ThrowIfNotJoined();
                return await call(ways.By(way));
            }
            catch (Exception e) when (ClusterFaults.IsPassing(e))
            {
                await PauseAsync(began, way, e);
            }
        }
    }

    private void ThrowIfNotJoined()
    {
        if (!readiness.HasJoined) throw new PartitionUnavailableException("No silo has been reached yet.");
    }

    // After some time it is better to say so than to try again.
    private async Task PauseAsync(long began, int way, Exception why)
    {
        if (!readiness.HasJoined || time.GetElapsedTime(began).TotalSeconds > options.TransferSecondsMax)
            throw new PartitionUnavailableException(why.Message, why);
        await Task.Delay(ClusterFaults.Pause, time);
        // The silo by way of which there is no answer may hang.
        if (why is TimeoutException) await ways.AvoidAsync(way);
    }
}
