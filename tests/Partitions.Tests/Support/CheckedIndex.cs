using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Tests.Support;

/// <summary>An index, and a dictionary of what it should have.</summary>
internal sealed class CheckedIndex
{
    public const int Partition = 2;

    private readonly Random random;
    private readonly Dictionary<TransactionId, long> expected = [];
    private long sequence;

    public CheckedIndex(IPartitionIndex pages, IdIndexKind kind, int filterBytesMax, int seed)
    {
        random = new Random(seed);
        Key = NewGuid();
        Settings = new IdIndexSettings(Partition, kind, pages, 1_000, filterBytesMax, seed * 400);
        Index = new IdIndex(Settings, Key);
        Manifest = new IdIndexManifest(kind, Key, []);
    }

    public Guid Key { get; }

    public IdIndexSettings Settings { get; }

    public IdIndex Index { get; private set; }

    /// <summary>What the last update was.</summary>
    public IdIndexManifest Manifest { get; private set; }

    public ICollection<TransactionId> Ids => expected.Keys;

    public TransactionId NewId() => new(NewGuid());

    public void Add(int count)
    {
        for (var i = 0; i < count; i++) Add(NewId());
    }

    public void Add(TransactionId id)
    {
        var value = random.NextInt64(random.Next(2) == 0 ? 64 : long.MaxValue - 1);
        expected.Add(id, value);
        Index.Add(id, value);
    }

    public Task WriteAsync() => WriteAsync(() => Task.CompletedTask);

    /// <summary>Sets the table aside, has it written while something else is done, and adopts that.</summary>
    public async Task WriteAsync(Func<Task> meanwhile)
    {
        var update = Index.SetAside();
        var writing = Task.Run(() => update.WriteAsync(++sequence));
        await meanwhile();
        await writing;
        Index.Adopt(update);
        Manifest = update.Manifest;
    }

    /// <summary>Takes the index up anew, as of the last update, by way of a snapshot's image.</summary>
    public async Task ReopenAsync(IdIndexSettings? settings = null)
    {
        using var image = new MemoryStream();
        Manifest.WriteTo(image);
        image.Position = 0;
        var manifest = IdIndexManifest.ReadFrom(image, Settings.Kind);
        Index = await IdIndex.OpenAsync(settings ?? Settings, manifest);
    }

    /// <summary>Checks ids that are there, all or some, and others that aren't; answers how many had to be asked.</summary>
    public async Task<(int Known, int Unknown)> CheckAsync(int most = int.MaxValue)
    {
        var known = expected.Keys.ToArray();
        if (known.Length > most) known = random.GetItems(known, most);
        TransactionId[] unknown = [.. Enumerable.Range(0, known.Length).Select(_ => NewId())];
        var asked = new List<TransactionId>();
        var counts = (Known: 0, Unknown: 0);
        foreach (var id in known)
        {
            Index.Prefetch(id);
            var finding = Index.Find(id, out var value);
            if (finding == IdFinding.Found) Assert.Equal(expected[id], value);
            else Assert.Equal(IdFinding.MustAsk, finding);
            if (finding == IdFinding.MustAsk) asked.Add(id);
        }
        counts.Known = asked.Count;
        foreach (var id in unknown)
        {
            var finding = Index.Find(id, out _);
            Assert.NotEqual(IdFinding.Found, finding);
            if (finding == IdFinding.MustAsk) asked.Add(id);
        }
        counts.Unknown = asked.Count - counts.Known;
        var answers = await Index.AskAsync(asked);
        Assert.Equal(Index.Version, answers.Version);
        Assert.Equal(asked.Select(id => expected.TryGetValue(id, out var value) ? value : (long?)null), answers.Values);
        return counts;
    }

    private Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
