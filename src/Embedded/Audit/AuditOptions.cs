using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Embedded.Audit;

/// <summary>What an audit checks beyond the journal itself, and where it may put what doesn't fit in memory.</summary>
public sealed record AuditOptions
{
    /// <summary>
    /// Whether every transaction id is checked to have one outcome. It costs about a tenth more time, and 16 bytes of
    /// <see cref="TemporaryDirectory"/> for each id.
    /// </summary>
    public bool ChecksUniqueness { get; init; } = true;

    /// <summary>Where the hashes of transaction ids go that don't fit in memory; nothing is left there.</summary>
    [Required]
    public string TemporaryDirectory { get; init; } = Path.GetTempPath();

    /// <summary>How many bytes of hashes are held in memory before they go to the temporary directory.</summary>
    [Range(1 << 12, 1L << 34)]
    public long UniquenessBufferBytes { get; init; } = 64L << 20;
}
