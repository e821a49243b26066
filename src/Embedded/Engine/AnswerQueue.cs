using System.Collections.Concurrent;
using OrleansWallet.Embedded.Journal;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Gives durable answers to their callers on the thread pool, a chunk at a time. A caller's own code runs there, as
/// the rest of its await; before a worker starts on a chunk it sees to it that another worker is on the way if there
/// is more, so a caller that blocks holds up nobody but its own chunk's rest.
/// </summary>
internal sealed class AnswerQueue(int requestsMax) : IThreadPoolWorkItem
{
    // Large chunks cost less. A batch that fits into one is shared among the processors all the same, as long as a
    // part is worth a worker's waking.
    private const int ChunkRequestsMin = 8;
    private const int ChunkRequestsMax = 256;
    private static readonly int PartsMin = Environment.ProcessorCount * 2;

    private readonly ConcurrentQueue<Work> queue = new();
    private readonly ConcurrentQueue<Request[]> spare = new();
    private int workersAsked;

    /// <summary>An empty array for a batch's requests.</summary>
    public Request[] TakeSpare() => spare.TryDequeue(out var array) ? array : new Request[requestsMax];

    /// <summary>Answers all these requests.</summary>
    public void Post(ArraySegment<Request> requests, JournalPoint after)
    {
        if (requests.Count == 0)
        {
            Recycle(requests);
            return;
        }
        queue.Enqueue(new Work(requests, after));
        AskForWorker();
    }

    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Exchange(ref workersAsked, 0);
        while (queue.TryPeek(out var work))
        {
            var first = Interlocked.Add(ref work.Taken, work.ChunkRequests) - work.ChunkRequests;
            if (first >= work.Requests.Count)
            {
                // All of it is taken, and whoever took the last chunk is about to remove it.
                Thread.Yield();
                continue;
            }
            var end = Math.Min(first + work.ChunkRequests, work.Requests.Count);
            if (end == work.Requests.Count) queue.TryDequeue(out _);
            if (!queue.IsEmpty) AskForWorker();
            for (var i = first; i < end; i++) work.Requests[i].Answer(work.After);
            if (Interlocked.Add(ref work.Answered, end - first) == work.Requests.Count) Recycle(work.Requests);
        }
    }

    private void AskForWorker()
    {
        if (Interlocked.Exchange(ref workersAsked, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Recycle(ArraySegment<Request> requests)
    {
        if (requests.Array is not { } array) return;
        Array.Clear(array, 0, requests.Count);
        spare.Enqueue(array);
    }

    private sealed class Work(ArraySegment<Request> requests, JournalPoint after)
    {
        public readonly ArraySegment<Request> Requests = requests;
        public readonly JournalPoint After = after;
        public readonly int ChunkRequests = Math.Clamp(requests.Count / PartsMin, ChunkRequestsMin, ChunkRequestsMax);
        public int Taken;
        public int Answered;
    }
}
