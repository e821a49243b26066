namespace OrleansWallet.Partitions;

/// <summary>Where a record lies in a partition's journal: its batch's number, and how far into its records.</summary>
internal static class RecordPlace
{
    /// <summary>A batch has fewer bytes of records than this.</summary>
    public const int BatchBytesLimit = 1 << OffsetBits;

    private const int OffsetBits = 24;

    /// <summary>The place of the first record of a batch.</summary>
    public static long FirstOf(long batch) => batch << OffsetBits;

    /// <summary>The number of the batch.</summary>
    public static long BatchOf(long place) => place >> OffsetBits;

    /// <summary>How many bytes of records are before it in its batch.</summary>
    public static int OffsetOf(long place) => (int)(place & (BatchBytesLimit - 1));
}
