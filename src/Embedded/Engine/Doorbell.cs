namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Lets one thread sleep until another has something for it. Ringing costs one read while the thread is awake.
/// </summary>
internal sealed class Doorbell
{
    private readonly object gate = new();
    private bool rung;
    private int listening;

    /// <summary>
    /// Says that the thread is about to sleep, for ring levels of at least <paramref name="level"/> (1 or more). It
    /// must then look once more for work, and call <see cref="Sleep"/> or <see cref="Stay"/>.
    /// </summary>
    public void Listen(int level) => Interlocked.Exchange(ref listening, level);

    /// <summary>Sleeps until it rings.</summary>
    public void Sleep()
    {
        // A plain wait: a SemaphoreSlim would spin first, and a core that spins is one that moves no money.
        lock (gate)
        {
            while (!rung) Monitor.Wait(gate);
            rung = false;
        }
    }

    /// <summary>Does not sleep after all.</summary>
    public void Stay()
    {
        // Somebody may have rung in between, or be just about to.
        if (Interlocked.Exchange(ref listening, 0) == 0) Sleep();
    }

    /// <summary>
    /// Whether the thread listens. What it is to find must be written before this is asked; the fence here sees to it
    /// that others see that write before the answer is read. Without it both could look before either writes, and the
    /// thread would sleep for ever.
    /// </summary>
    public bool IsListenedFor
    {
        get
        {
            Interlocked.MemoryBarrier();
            return Volatile.Read(ref listening) != 0;
        }
    }

    /// <summary>Wakes the thread if it listens at this level or below. Any thread.</summary>
    public void Ring(int level = int.MaxValue)
    {
        if (!IsListenedFor || Volatile.Read(ref listening) > level) return;
        if (Interlocked.Exchange(ref listening, 0) == 0) return;
        lock (gate)
        {
            rung = true;
            Monitor.Pulse(gate);
        }
    }
}
