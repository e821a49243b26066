namespace OrleansWallet.Cli.Tests;

/// <summary>What a command line came to.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The value on the line of the output that begins with a word.</summary>
    public string this[string name] => Output.Split('\n')
        .First(line => line.StartsWith(name + " ", StringComparison.Ordinal))[name.Length..].Trim();
}

/// <summary>Runs the tool in this process, as its Main does.</summary>
internal static class CommandLine
{
    public static async Task<CommandResult> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await WalletCommand.RunAsync(args, output, error);
        return new CommandResult(exitCode, output.ToString(), error.ToString());
    }
}
