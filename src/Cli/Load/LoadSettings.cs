using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Load;

/// <summary>How a load chooses its accounts.</summary>
internal enum Spread
{
    /// <summary>Each account as often as any other.</summary>
    Uniform,
    /// <summary>By Zipf's law with exponent 1: the n-th account a n-th as often as the first.</summary>
    Zipf,
    /// <summary>Payer and payee are both of ten accounts.</summary>
    Hot,
}

/// <summary>What <c>wallet load</c> was asked to do.</summary>
internal sealed record LoadSettings
{
    /// <summary>Where the wallet listens.</summary>
    public required Uri Url { get; init; }

    /// <summary>The API key; null to send none.</summary>
    public string? Key { get; init; }

    /// <summary>How many accounts are opened and funded.</summary>
    public int Accounts { get; init; } = 1000;

    /// <summary>How many transfers are sent at most.</summary>
    public long Transfers { get; init; } = long.MaxValue;

    /// <summary>How long transfers are begun at most.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.MaxValue;

    /// <summary>How many connections there are, each with one request at a time.</summary>
    public int Connections { get; init; } = 32;

    /// <summary>How many transfers go in one request; 1 sends them one by one.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Whether batches go as lines instead of an array.</summary>
    public bool AsLines { get; init; }

    /// <summary>The currency of all accounts.</summary>
    public Currency Currency { get; init; } = Currency.Parse("USD");

    /// <summary>What each account is given from the settlement account, in minor units.</summary>
    public long FundMinorUnits { get; init; } = 100_000_000;

    /// <summary>How accounts are chosen.</summary>
    public Spread Spread { get; init; } = Spread.Uniform;

    /// <summary>What account ids, transaction ids, choices and amounts follow from.</summary>
    public uint Seed { get; init; }

    /// <summary>How long one request is tried again before the run is given up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
