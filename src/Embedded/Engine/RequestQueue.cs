using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// What waits for the ledger's thread: many callers push, one thread takes, in order. Bounded by the requests' weight.
/// </summary>
/// <remarks>
/// A ring of slots. A caller claims the next slot by moving the tail on and then fills it; the taker stops at a slot
/// that is claimed but not filled. The slots lie side by side, so the taker can have requests fetched, which other
/// cores wrote, before it comes to them.
/// </remarks>
internal sealed class RequestQueue
{
    private const int PrefetchDistance = 8;

    private readonly long weightMax;
    private readonly int requestWeightMax;
    private readonly Slot[] slots;
    private readonly long mask;
    private Counter tail;
    private Counter head;
    private Counter extraWeight;
    private long taking;
    private int closed;

    /// <summary>An empty queue for so much weight, and so much of a single request.</summary>
    public RequestQueue(int weightMax, int requestWeightMax)
    {
        this.weightMax = weightMax;
        this.requestWeightMax = requestWeightMax;
        slots = new Slot[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)weightMax)];
        mask = slots.Length - 1;
    }

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

    /// <summary>How much waits.</summary>
    public long Weight => WeightAt(Volatile.Read(ref tail.Value));

    /// <summary>Whether a request can be taken just now.</summary>
    public bool IsEmpty => Volatile.Read(ref slots[taking & mask].Request) is null;

    /// <summary>Whether every slot that was claimed was also taken.</summary>
    public bool IsDrained => Volatile.Read(ref tail.Value) == taking;

    /// <summary>Whether requests are refused.</summary>
    public bool IsClosed => Volatile.Read(ref closed) != 0;

    /// <summary>Queues a request. Any thread.</summary>
    public Pushed TryPush(Request request)
    {
        if (IsClosed) return Pushed.Closed;
        // A request takes one slot; what it weighs beyond that is counted apart, and few do.
        var extra = request.Weight - 1;
        // It would fit into no batch, and hold up for ever what comes after it.
        if (extra >= requestWeightMax) return Pushed.Full;
        if (extra > 0) Interlocked.Add(ref extraWeight.Value, extra);
        var seen = Volatile.Read(ref tail.Value);
        while (true)
        {
            if (WeightAt(seen) >= weightMax)
            {
                if (extra > 0) Interlocked.Add(ref extraWeight.Value, -extra);
                return Pushed.Full;
            }
            var found = Interlocked.CompareExchange(ref tail.Value, seen + 1, seen);
            if (found == seen) break;
            seen = found;
        }
        Volatile.Write(ref slots[seen & mask].Request, request);
        return Pushed.Queued;
    }

    /// <summary>The oldest request, left in the queue; null where none can be taken. One thread.</summary>
    public Request? Peek()
    {
        Prefetch(ref slots[(taking + PrefetchDistance) & mask].Request);
        return Volatile.Read(ref slots[taking & mask].Request);
    }

    /// <summary>Takes the request last peeked at. Its room is given back by <see cref="Release"/>.</summary>
    public void Take(Request request)
    {
        slots[taking & mask].Request = null;
        taking++;
        if (request.Weight > 1) Interlocked.Add(ref extraWeight.Value, 1 - request.Weight);
    }

    /// <summary>Gives back the room of what was taken.</summary>
    public void Release() => Volatile.Write(ref head.Value, taking);

    /// <summary>Refuses what comes from now on.</summary>
    public void Close() => Interlocked.Exchange(ref closed, 1);

    /// <summary>Refuses all that waits. Any thread, once the ledger's takes no more.</summary>
    public void RefuseAll(string reason)
    {
        lock (slots)
        {
            while (!IsDrained)
            {
                if (Peek() is not { } request)
                {
                    // Claimed, and about to be filled.
                    Thread.Yield();
                    continue;
                }
                Take(request);
                Release();
                request.Refuse(reason);
            }
        }
    }

    private long WeightAt(long tailSeen) =>
        tailSeen - Volatile.Read(ref head.Value) + Volatile.Read(ref extraWeight.Value);

    // The object itself is fetched, by the address in the slot; should it move just now, that helps nobody and hurts
    // nobody.
    private static unsafe void Prefetch(ref Request? slot)
    {
        if (Sse.IsSupported) Sse.Prefetch0((void*)Unsafe.As<Request?, nint>(ref slot));
    }

    private struct Slot
    {
        public Request? Request;
    }

    // Callers write the tail and the taker the head; each on cache lines of its own.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counter
    {
        [FieldOffset(128)]
        public long Value;
    }
}
