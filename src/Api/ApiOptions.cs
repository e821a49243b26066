using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Api;

/// <summary>The front end's limits, section <c>Wallet</c>. What meets one is answered or cut off.</summary>
public sealed record ApiOptions : IValidatableObject
{
    /// <summary>The configuration section of all the wallet's options.</summary>
    public const string Section = "Wallet";

    /// <summary>The longest body, in bytes; a longer one is answered with 413.</summary>
    [Range(1024, 1 << 28)]
    public int BodyBytesMax { get; init; } = 4 << 20;

    /// <summary>The slowest a body may arrive, in bytes a second; a slower sender is cut off.</summary>
    [Range(1, 1 << 20)]
    public int BodyBytesPerSecondMin { get; init; } = 240;

    /// <summary>How long a body may be slower than that at its beginning, in seconds; more than 1.</summary>
    [Range(2, 3600)]
    public int BodyGraceSeconds { get; init; } = 5;

    /// <summary>How long a request's line and headers may take to arrive, in seconds.</summary>
    [Range(1, 3600)]
    public int HeaderSecondsMax { get; init; } = 15;

    /// <summary>The longest request headers, together, in bytes.</summary>
    [Range(1024, 1 << 20)]
    public int HeaderBytesMax { get; init; } = 16 << 10;

    /// <summary>How long an idle connection is kept, in seconds.</summary>
    [Range(1, 86_400)]
    public int KeepAliveSeconds { get; init; } = 120;

    /// <summary>How many connections there may be; over it new ones are closed at once.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>How long an orderly stop may take, in seconds; after that the process ends anyway.</summary>
    [Range(1, 3600)]
    public int ShutdownSecondsMax { get; init; } = 30;

    /// <summary>
    /// How much of that requests under way get to end, in seconds; then their connections are cut, and the rest is
    /// the ledger's, for what it was already given and for its snapshot.
    /// </summary>
    [Range(1, 3600)]
    public int DrainSecondsMax { get; init; } = 10;

    /// <summary>Tells what can't be meant together.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DrainSecondsMax < ShutdownSecondsMax) yield break;
        yield return new ValidationResult(
            $"Wallet:DrainSecondsMax ({DrainSecondsMax}) must be less than Wallet:ShutdownSecondsMax " +
            $"({ShutdownSecondsMax}): the ledger needs the rest to close.");
    }
}
