namespace OrleansWallet.Cli;

/// <summary>What the process ends with; scripts go by these, so they never change their meaning.</summary>
internal static class ExitCode
{
    /// <summary>Done, and all is right.</summary>
    public const int Good = 0;
    /// <summary>Damage was found, or a check failed.</summary>
    public const int Bad = 1;
    /// <summary>The command line can't be understood.</summary>
    public const int Usage = 2;
    /// <summary>The directory can't be read, or the server can't be reached.</summary>
    public const int Unreachable = 3;
    /// <summary>There is no such account, or none at that moment.</summary>
    public const int NotFound = 4;
    /// <summary>It was interrupted, and came to no result.</summary>
    public const int Interrupted = 130;
}
