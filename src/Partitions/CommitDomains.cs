using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>
/// Which of a process's partitions share a <see cref="CommitDomain"/>: those on one database server, in as many domains
/// as the options say. A partition that once ended a domain has its own from then on, so that it can't trouble others
/// again.
/// </summary>
internal sealed class CommitDomains(IPartitionJournal journal, PartitionOptions options, Action<string> notice)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(int Server, int Loop), CommitDomain> domains = [];
    private readonly HashSet<int> alone = [];

    /// <summary>The domain that a partition belongs to, begun anew where the one before has ended.</summary>
    public CommitDomain Of(int partition)
    {
        lock (gate)
        {
            var loop = alone.Contains(partition)
                ? options.PartitionLoops + partition
                : partition % options.PartitionLoops;
            var key = (journal.ServerOf(partition), loop);
            if (!domains.TryGetValue(key, out var domain) || domain.Ended.IsCompleted)
                domains[key] = domain = new CommitDomain(journal, options, SetApart, notice);
            return domain;
        }
    }

    private void SetApart(int partition)
    {
        lock (gate) alone.Add(partition);
    }
}
