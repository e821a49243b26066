using System.CommandLine;
using OrleansWallet.Cli.Load;

namespace OrleansWallet.Cli;

/// <summary>The command <c>wallet</c>: its subcommands, and what becomes of errors.</summary>
internal static class WalletCommand
{
    private static readonly TimeSpan InterruptedRunMax = TimeSpan.FromSeconds(60);

    /// <summary>Runs a command line and gives the exit code.</summary>
    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, CancellationToken cancel = default)
    {
        var root = new RootCommand("Tools for a wallet: check its ledger, derive the past again, measure it, make "
            + "keys.")
        {
            VerifyCommand.Create(),
            ReplayCommand.Create(),
            LoadCommand.Create(),
            KeyCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // The parser lists what an option takes on lines of their own.
            var faults = string.Join(" ", parsed.Errors.Select(e => e.Message));
            await error.WriteLineAsync(
                string.Join(" ", faults.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
            await error.WriteLineAsync("Ask `wallet --help`, or a command with --help, what it takes.");
            return ExitCode.Usage;
        }
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = InterruptedRunMax,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancel);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (Embedded.DataDirectoryException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.Unreachable;
        }
    }
}
