using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Storage;

/// <summary>The limits of a state store. Every queue, group and pool has its own here.</summary>
public sealed record StateStoreOptions
{
    /// <summary>How many rows go to the database together at most.</summary>
    [Range(1, 1 << 16)]
    public int GroupRowsMax { get; init; } = 1024;

    /// <summary>How many bytes go to the database together at most; a larger row goes alone.</summary>
    [Range(1, 1 << 28)]
    public int GroupBytesMax { get; init; } = 4 << 20;

    /// <summary>How many stores may wait, and how many loads; over it the answer is "overloaded".</summary>
    [Range(1, 1 << 24)]
    public int WaitingMax { get; init; } = 65_536;

    /// <summary>How many groups of stores may be under way at once. SQLite always has one.</summary>
    [Range(1, 16)]
    public int WritersMax { get; init; } = 2;

    /// <summary>How many groups of loads may be under way at once. SQLite always has one.</summary>
    [Range(1, 16)]
    public int LoadersMax { get; init; } = 2;

    /// <summary>How many snapshots may be open at once; another one waits, as long as a command may take.</summary>
    [Range(1, 64)]
    public int SnapshotsMax { get; init; } = 8;

    /// <summary>How long one command may take, in seconds.</summary>
    [Range(1, 600)]
    public int CommandSeconds { get; init; } = 10;

    /// <summary>How long the database may take to prove that it can be written, in seconds.</summary>
    [Range(1, 60)]
    public int CheckSeconds { get; init; } = 2;

    internal StateStoreOptions Checked()
    {
        Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        return this;
    }
}
