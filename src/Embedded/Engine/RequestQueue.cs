namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// What waits for the ledger's thread: many callers push, one thread takes all there is at once. Bounded by the
/// requests' weight.
/// </summary>
/// <remarks>A stack linked through the requests, which the taker turns round: one atomic operation on each side.</remarks>
internal sealed class RequestQueue(int weightMax)
{
    private Request? top;
    private int weight;
    private int closed;

    /// <summary>How much waits.</summary>
    public int Weight => Volatile.Read(ref weight);

    /// <summary>Whether anything waits.</summary>
    public bool IsEmpty => Volatile.Read(ref top) is null;

    /// <summary>Whether requests are refused.</summary>
    public bool IsClosed => Volatile.Read(ref closed) != 0;

    /// <summary>What became of an attempt to queue a request.</summary>
    public enum Pushed
    {
        /// <summary>It waits.</summary>
        Queued,
        /// <summary>There is no room.</summary>
        Full,
        /// <summary>No more is taken.</summary>
        Closed,
    }

    /// <summary>Queues a request. If it was, and the queue was closed meanwhile, the caller must drain it.</summary>
    public Pushed TryPush(Request request)
    {
        if (IsClosed) return Pushed.Closed;
        var mine = request.Weight;
        if (Interlocked.Add(ref weight, mine) > weightMax)
        {
            Interlocked.Add(ref weight, -mine);
            return Pushed.Full;
        }
        var seen = Volatile.Read(ref top);
        while (true)
        {
            request.Next = seen;
            var found = Interlocked.CompareExchange(ref top, request, seen);
            if (ReferenceEquals(found, seen)) return Pushed.Queued;
            seen = found;
        }
    }

    /// <summary>Takes all that waits, oldest first, linked by <see cref="Request.Next"/>.</summary>
    public Request? TakeAll()
    {
        if (IsEmpty) return null;
        var newest = Interlocked.Exchange(ref top, null);
        Request? oldest = null;
        while (newest is not null)
        {
            var older = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = older;
        }
        return oldest;
    }

    /// <summary>Says that so much was carried out and no longer waits.</summary>
    public void Release(int taken) => Interlocked.Add(ref weight, -taken);

    /// <summary>Refuses what comes from now on.</summary>
    public void Close() => Interlocked.Exchange(ref closed, 1);
}
