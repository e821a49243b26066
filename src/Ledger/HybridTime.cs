namespace OrleansWallet.Ledger;

/// <summary>
/// A sequence number where no single order of all events exists: a hybrid logical clock's reading. Above, the
/// microseconds since 2020 (53 bits, until the year 2305), below, the number of the node that gave it (10 bits). It
/// is never below what was seen before, so an effect's number is above its cause's on any machine, and two nodes
/// never give the same one. Source of the algorithm: S. Kulkarni et al., "Logical Physical Clocks", 2014.
/// </summary>
public static class HybridTime
{
    /// <summary>How many nodes can be told apart.</summary>
    public const int NodesMax = 1 << NodeBits;

    private const int NodeBits = 10;
    private const long NodeMask = NodesMax - 1;
    private static readonly long EpochMicros =
        Partition.ToMicros(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>The next reading of a node: above <paramref name="seen"/>, and not before its clock's time.</summary>
    public static long Next(long seen, long nowMicros, int node)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)node, (uint)NodesMax);
        return Math.Max(nowMicros - EpochMicros, (seen >> NodeBits) + 1) << NodeBits | (long)(uint)node;
    }

    /// <summary>
    /// The reading of a node's event of that microsecond, where it has no two in one: what <see cref="Next"/> gives.
    /// </summary>
    public static long Of(long atMicros, int node) => (atMicros - EpochMicros) << NodeBits | (long)(uint)node;

    /// <summary>The node that gave a reading.</summary>
    public static int NodeOf(long sequence) => (int)(sequence & NodeMask);

    /// <summary>When a reading's event was recorded, in microseconds since 1970.</summary>
    public static long MicrosOf(long sequence) => (sequence >> NodeBits) + EpochMicros;

    /// <summary>The highest reading of a microsecond: all events recorded then or before have no higher one.</summary>
    public static long LastOf(long micros) =>
        micros < EpochMicros ? 0 : (micros - EpochMicros) << NodeBits | NodeMask;
}
