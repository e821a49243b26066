namespace OrleansWallet.Cli.Load;

/// <summary>The load can't go on; the message is one line for the operator.</summary>
internal sealed class LoadException(string message, int exitCode) : Exception(message)
{
    /// <summary>What the process ends with.</summary>
    public int ExitCode => exitCode;
}
