using System.Collections.Concurrent;
using Orleans.Concurrency;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// The way from one partition to another, by their grains. What goes to partitions of one other silo travels together:
/// all that is asked while a thread comes to send it. Where a partition is, its last answer said; one that has moved is
/// asked by itself, and found by Orleans.
/// </summary>
public sealed class GrainPeers(IGrainFactory grains, PartitionGrainServices here) : IPartitionPeers
{
    // What travels together has so many items at most, some megabytes: far under what Orleans sends.
    private const int ItemsMax = 16_384;

    private readonly ConcurrentDictionary<int, string> siloOf = [];
    // Of one silo and one database server: what waits for a server that hangs keeps nothing else waiting.
    private readonly ConcurrentDictionary<(string Silo, int Server), Outbox> outboxes = [];

    /// <inheritdoc/>
    public Task<PeerReply> ExchangeAsync(int partition, PeerRequest request)
    {
        if (here.TryFind(partition, out var near)) return near.ExchangeAsync(request);
        var asked = new Asked(partition, request);
        if (siloOf.TryGetValue(partition, out var silo))
            outboxes.GetOrAdd(
                (silo, here.Value.Journal.ServerOf(partition)), static (_, peers) => new Outbox(peers.SendAsync), this)
                .Add(asked);
        else
            _ = SendAsync([asked]);
        return asked.Task;
    }

    private async Task SendAsync(List<Asked> together)
    {
        try
        {
            // Any of the silo's partitions takes what is for others.
            var carrier = grains.GetGrain<IPartitionGrain>(together[0].Partition);
            AddressedRequest[] requests =
                [.. together.Select(asked => new AddressedRequest(asked.Partition, asked.Request))];
            var answer = (await carrier.Exchange(new Immutable<AddressedRequest[]>(requests))).Value;
            for (var i = 0; i < together.Count; i++)
            {
                if (answer.Replies[i] is { } reply)
                {
                    siloOf[together[i].Partition] = answer.Silo;
                    together[i].TrySetResult(reply);
                    continue;
                }
                siloOf.TryRemove(together[i].Partition, out _);
                together[i].TrySetException(new PartitionUnavailableException(
                    $"Partition {together[i].Partition} didn't answer on {answer.Silo}."));
            }
        }
        catch (Exception e)
        {
            foreach (var asked in together)
            {
                siloOf.TryRemove(asked.Partition, out _);
                asked.TrySetException(e);
            }
        }
    }

    private sealed class Asked(int partition, PeerRequest request)
        : TaskCompletionSource<PeerReply>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int Partition => partition;

        public PeerRequest Request => request;

        public int Items => request.Orders.Length + request.Claims.Length + request.Questions.Length;
    }

    // What waits for one silo, until the thread pool comes to it.
    private sealed class Outbox(Func<List<Asked>, Task> send)
    {
        private readonly Lock gate = new();
        private List<Asked> waiting = [];

        public void Add(Asked asked)
        {
            lock (gate)
            {
                waiting.Add(asked);
                if (waiting.Count > 1) return;
            }
            ThreadPool.UnsafeQueueUserWorkItem(static outbox => outbox.SendAll(), this, preferLocal: false);
        }

        private void SendAll()
        {
            List<Asked> all;
            lock (gate) (all, waiting) = (waiting, []);
            for (var first = 0; first < all.Count;)
            {
                var (count, items) = (1, all[first].Items);
                while (first + count < all.Count && items + all[first + count].Items <= ItemsMax)
                    items += all[first + count++].Items;
                _ = send(all.GetRange(first, count));
                first += count;
            }
        }
    }
}
