using System.Collections.Concurrent;

namespace OrleansWallet.Partitions.Tests.Support;

/// <summary>All partitions of a ledger in this process, and the way from one to the other.</summary>
internal sealed class LocalPartitions : IPartitionPeers, IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, PartitionHost> hosts = new();

    /// <summary>The partitions, in the order of their numbers.</summary>
    public IReadOnlyList<IPartition> All => [.. hosts.OrderBy(host => host.Key).Select(host => host.Value)];

    /// <summary>Starts a partition, or starts it anew.</summary>
    public async Task StartAsync(int number, PartitionServices services) =>
        hosts[number] = await PartitionHost.StartAsync(number, services with { Peers = this }).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<PeerReply> ExchangeAsync(int partition, PeerRequest request) =>
        hosts.TryGetValue(partition, out var host)
            ? host.ExchangeAsync(request)
            : Task.FromException<PeerReply>(
                new PartitionUnavailableException($"Partition {partition} has not started."));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts.Values) await host.DisposeAsync().ConfigureAwait(false);
    }
}
