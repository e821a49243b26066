using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>For writers whose batches all come by themselves.</summary>
internal sealed class NoneTogether : IWriteTogether
{
    public Task<bool> TryWriteAsync(List<PartitionAppend> appends) =>
        throw new InvalidOperationException("Nothing was to be written together.");

    public Task<PartitionFencedException> FindFencedAsync(List<PartitionAppend> appends) =>
        throw new InvalidOperationException("Nothing was to be written together.");
}
