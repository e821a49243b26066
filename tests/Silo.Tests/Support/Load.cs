using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansWallet.Silo.Tests;

/// <summary>One request of one caller: when it was sent and ended, and how.</summary>
internal readonly record struct Attempt(int Caller, Guid Id, long Began, long Ended, Ending Ending)
{
    public TimeSpan Wait => Stopwatch.GetElapsedTime(Began, Ended);
}

/// <summary>
/// Many callers, each with one transfer at a time. What has no outcome is sent again under its id, to another front
/// end, until it has one.
/// </summary>
internal sealed class Load
{
    private const int PauseMsMax = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<Attempt> attempts = new();
    private readonly ConcurrentQueue<SentTransfer> sent = new();
    private readonly FrontEnd[] frontEnds;
    private readonly Books books;
    private readonly Func<int, Random, SentTransfer> draw;
    private readonly int[] served;
    private readonly Task[] callers;
    private volatile bool isEnding;
    private volatile bool hasGivenUp;

    private Load(
        FrontEnd[] frontEnds, Books books, int callers, int seed, Func<int, Random, SentTransfer> draw)
    {
        (this.frontEnds, this.books, this.draw) = (frontEnds, books, draw);
        served = new int[callers];
        this.callers =
            [.. Enumerable.Range(0, callers).Select(i => Task.Run(() => CallAsync(i, new Random(seed + i))))];
    }

    /// <summary>How many callers there are.</summary>
    public int Callers => callers.Length;

    /// <summary>All requests that have ended.</summary>
    public Attempt[] Attempts => [.. attempts];

    /// <summary>Starts the callers.</summary>
    public static Load Start(Books books, int callers, int seed, params FrontEnd[] frontEnds) =>
        new(frontEnds, books, callers, seed, (_, random) => books.Draw(random));

    /// <summary>Starts callers of which each, by its number, has transfers of its own kind.</summary>
    public static Load Start(
        Books books, int callers, int seed, Func<int, Random, SentTransfer> draw, params FrontEnd[] frontEnds) =>
        new(frontEnds, books, callers, seed, draw);

    /// <summary>Waits until each caller has had so many outcomes more.</summary>
    public async Task ServedAsync(int more)
    {
        var before = served.ToArray();
        await Until.TrueAsync(() =>
        {
            if (callers.FirstOrDefault(caller => caller.IsFaulted) is { Exception: { } fault }) throw fault;
            return Task.FromResult(before.Index().All(one => Volatile.Read(ref served[one.Index]) >= one.Item + more));
        }, Patience, () => $"Not all are served: {string.Join(' ', served.Zip(before, (now, then) => now - then))}");
    }

    /// <summary>Lets each caller end its transfer, and enters all of them in the books.</summary>
    public async Task EndAsync()
    {
        isEnding = true;
        await Task.WhenAll(callers).WaitAsync(Patience);
        books.Add(sent);
    }

    /// <summary>Ends without an outcome for what has none, since nobody is there to ask; enters all of it.</summary>
    public async Task GiveUpAsync()
    {
        hasGivenUp = true;
        await EndAsync();
    }

    private async Task CallAsync(int caller, Random random)
    {
        var at = caller;
        while (!isEnding)
        {
            var transfer = draw(caller, random);
            sent.Enqueue(transfer);
            while (!await TryAsync(caller, frontEnds[at % frontEnds.Length], transfer))
            {
                if (hasGivenUp) return;
                at++;
                // The pace of a patient caller; nothing waits for it.
                await Task.Delay(random.Next(PauseMsMax));
            }
            Interlocked.Increment(ref served[caller]);
        }
    }

    private async Task<bool> TryAsync(int caller, FrontEnd frontEnd, SentTransfer transfer)
    {
        var began = Stopwatch.GetTimestamp();
        var ending = await frontEnd.SendAsync(transfer);
        attempts.Enqueue(new Attempt(caller, transfer.Id, began, Stopwatch.GetTimestamp(), ending));
        return ending == Ending.Served;
    }
}
