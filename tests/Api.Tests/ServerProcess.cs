using System.Diagnostics;

namespace OrleansWallet.Api.Tests;

/// <summary>The built server as a process of its own, at a free port.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string ListeningAt = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Task<string> errors;
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> output;

    private ServerProcess(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        output = ReadOutputAsync();
    }

    public static ServerProcess Start(string workingDirectory, params string[] args)
    {
        var server = Path.Combine(AppContext.BaseDirectory, "OrleansWallet.Api.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", server, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_")).ToArray())
            start.Environment.Remove(name);
        return new ServerProcess(Process.Start(start) ?? throw new InvalidOperationException("No process."));
    }

    /// <summary>Where it listens, once it does.</summary>
    public Task<Uri> AddressAsync() => listening.Task.WaitAsync(Patience);

    /// <summary>Asks it to stop, as an init system does.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("sh", ["-c", $"kill -TERM {process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await output, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<string> ReadOutputAsync()
    {
        var lines = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            var place = line.IndexOf(ListeningAt, StringComparison.Ordinal);
            if (place >= 0) listening.TrySetResult(new Uri(line[(place + ListeningAt.Length)..]));
        }
        listening.TrySetException(new InvalidOperationException($"It ended: {string.Join('\n', lines)}"));
        return string.Join('\n', lines);
    }
}
