using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>
/// A database in memory that deals with each batch as fate has it: writes it, fails and has not written it, fails and
/// has, or fails and writes it later, unless its sequence is taken by then.
/// </summary>
internal sealed class FatefulJournal(int[] fates)
{
    public const int Partitions = 4;
    private const int ActivationsMax = 10_000;
    private readonly List<PartitionBatch>[] written = [[], [], [], []];
    private readonly HashSet<int> inFlight = [];
    private readonly List<PartitionAppend> late = [];
    private int fate;

    /// <summary>What the writer calls.</summary>
    public async Task WriteAsync(List<PartitionAppend> group)
    {
        lock (written)
        {
            foreach (var append in group) Assert.True(inFlight.Add(append.Partition), "It is in two groups.");
        }
        await Task.Yield();
        lock (written)
        {
            foreach (var append in group)
            {
                inFlight.Remove(append.Partition);
                Deal(append, fates.Length == 0 ? 0 : fates[fate++ % fates.Length]);
            }
        }
    }

    /// <summary>A host of a partition, until so many of its batches were answered; these are its answer.</summary>
    public async Task<HashSet<ChainHash>> HostAsync(PartitionWriter writer, int partition, int batchCount)
    {
        var answered = new HashSet<ChainHash>();
        for (var activations = 1; answered.Count < batchCount; activations++)
        {
            Assert.InRange(activations, 1, ActivationsMax);
            var (point, begins) = Activate(partition);
            var appends = new List<(ChainHash Chain, Task Task)>();
            try
            {
                await PushAsync(writer, partition, point.Sequence, begins);
                for (var i = 0; i < Math.Min(3, batchCount - answered.Count); i++)
                {
                    var (bytes, after) = Batches.Records(point, 8);
                    appends.Add((after.Chain, PushAsync(writer, partition, after.Sequence, bytes)));
                    point = after;
                }
            }
            catch (Exception e) when (IsFailure(e))
            {
                // The next activation reads what is there.
            }
            foreach (var (chain, task) in appends)
            {
                try
                {
                    await task;
                    answered.Add(chain);
                }
                catch (Exception e) when (IsFailure(e))
                {
                    // The same.
                }
            }
        }
        return answered;
    }

    /// <summary>The chain's values behind each batch of records, which must follow from one another.</summary>
    public IEnumerable<ChainHash> ReadChecked(int partition)
    {
        var point = PartitionPoint.Start(Batches.LedgerId, partition);
        foreach (var stored in written[partition])
        {
            var batch = PartitionBatch.ReadNext(point, stored.Bytes.ToArray());
            point = batch.After;
            if (batch.Kind is PartitionBatchKind.Records) yield return point.Chain;
        }
    }

    private static bool IsFailure(Exception e) => e is StateUnavailableException or PartitionFencedException;

    private static Task PushAsync(PartitionWriter writer, int partition, long sequence, byte[] bytes)
    {
        var append = new PartitionAppend(partition, sequence, bytes);
        writer.Push(append);
        return append.Task;
    }

    private (PartitionPoint Point, byte[] Bytes) Activate(int partition)
    {
        lock (written)
        {
            var end = written[partition].Count == 0
                ? PartitionPoint.Start(Batches.LedgerId, partition) : written[partition][^1].After;
            var (bytes, after) = PartitionBatch.SealActivation(end, Guid.NewGuid());
            return (after, bytes);
        }
    }

    private void Deal(PartitionAppend append, int dealt)
    {
        var arrives = late.FindIndex(other => other.Partition == append.Partition);
        if (arrives >= 0 && dealt % 2 == 0)
        {
            Write(late[arrives]);
            late.RemoveAt(arrives);
        }
        switch (dealt)
        {
            case 8:
                append.Fail(new StateUnavailableException("Not written.", isOutcomeKnown: true));
                break;
            case 9:
                Write(append);
                append.Fail(new StateUnavailableException("Written, and not answered."));
                break;
            case 10 or 11:
                late.Add(append);
                append.Fail(new StateUnavailableException("On its way."));
                break;
            default:
                if (!Write(append)) append.Fail(new PartitionFencedException(append.Partition, append.Sequence));
                break;
        }
    }

    // The primary key. A gap is no business of the database's: it would show in the chain.
    private bool Write(PartitionAppend append)
    {
        if (written[append.Partition].Exists(batch => batch.Sequence == append.Sequence)) return false;
        written[append.Partition].Add(
            PartitionBatch.Read(append.Partition, append.Sequence, append.Payload.ToArray()));
        return true;
    }
}
