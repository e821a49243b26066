using System.Collections.Concurrent;
using OrleansWallet.Embedded.Journal;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Answers the reads that go back through the journal, up to a thousand reads of the disk each, on a few threads of
/// its own: on the thread pool they would hold up the answers of transfers that are durable already. No caller's code
/// runs on these threads, so the journal can be closed when they have ended, whatever the callers do.
/// </summary>
internal sealed class PastReads : IDisposable
{
    /// <summary>How many may wait; over it the answer is "overloaded".</summary>
    public const int WaitingMax = 8192;

    /// <summary>How many are answered at a time; the other half of the processors is for the transfers.</summary>
    public static int AtOnceMax { get; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    private readonly BlockingCollection<(Request Request, JournalPoint After)> waiting = [];
    private readonly Thread[] threads = new Thread[AtOnceMax];

    public PastReads()
    {
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(AnswerAll) { IsBackground = true, Name = $"wallet past reads {i + 1}" };
            threads[i].Start();
        }
    }

    /// <summary>Whether as many wait as may.</summary>
    public bool IsFull => waiting.Count >= WaitingMax;

    /// <summary>Answers this request; its batch is durable.</summary>
    public void Post(Request request, JournalPoint after) => waiting.Add((request, after));

    /// <summary>Answers all that was posted, and ends. Nothing is posted after it.</summary>
    public void Stop()
    {
        waiting.CompleteAdding();
        foreach (var thread in threads) thread.Join();
    }

    public void Dispose() => waiting.Dispose();

    private void AnswerAll()
    {
        foreach (var (request, after) in waiting.GetConsumingEnumerable()) request.Answer(after);
    }
}
