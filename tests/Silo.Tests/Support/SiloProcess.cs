using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace OrleansWallet.Silo.Tests;

/// <summary>The built host of the cluster edition as a process of its own, at free ports, in whichever role.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private const string ListeningAt = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> output;
    private readonly Task<string> errors;
    private readonly ConcurrentQueue<string> log = new();
    private bool isDisposed;

    private SiloProcess(Process process, string name)
    {
        this.process = process;
        Name = name;
        errors = process.StandardError.ReadToEndAsync();
        output = ReadOutputAsync();
    }

    /// <summary>What it was started as.</summary>
    public string Name { get; }

    /// <summary>What it has logged until now.</summary>
    public IEnumerable<string> Log => log;

    /// <summary>Whether it has ended, by itself or otherwise.</summary>
    public bool HasEnded => process.HasExited;

    /// <summary>Starts it; later settings win over earlier ones.</summary>
    public static SiloProcess Start(params string[] settings) => StartIn(Path.GetTempPath(), settings);

    /// <summary>Starts it in a directory, below which its data lies where no setting says otherwise.</summary>
    public static SiloProcess StartIn(string workingDirectory, params string[] settings)
    {
        var server = Path.Combine(AppContext.BaseDirectory, "OrleansWallet.Silo.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", server, "--urls=http://127.0.0.1:0", .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_")).ToArray())
            start.Environment.Remove(name);
        return new SiloProcess(
            Process.Start(start) ?? throw new InvalidOperationException("No process."), string.Join(' ', settings));
    }

    /// <summary>Where it listens, once it does.</summary>
    public Task<Uri> AddressAsync() => listening.Task.WaitAsync(Patience);

    /// <summary>Waits until it says that it is ready, and returns where it listens.</summary>
    public async Task<Uri> ReadyAsync()
    {
        await WaitForReadinessAsync(HttpStatusCode.OK);
        return await AddressAsync();
    }

    /// <summary>Waits until it answers so when it is asked whether it is ready, and returns what it says.</summary>
    public async Task<string> WaitForReadinessAsync(HttpStatusCode status)
    {
        var address = await AddressAsync();
        if (address.Host == "0.0.0.0") address = new UriBuilder(address) { Host = "127.0.0.1" }.Uri;
        using var http = new HttpClient { BaseAddress = address, Timeout = Patience };
        // No connection of this may count among those that a test is about.
        http.DefaultRequestHeaders.ConnectionClose = true;
        var last = "";
        await Until.TrueAsync(async () =>
        {
            if (HasEnded)
                throw new InvalidOperationException($"It ended, {process.ExitCode}: {await errors}{await output}");
            using var answer = await http.GetAsync("/readyz");
            last = await answer.Content.ReadAsStringAsync();
            return answer.StatusCode == status;
        }, Patience, () => $"/readyz is not {status}: {last}");
        return last;
    }

    /// <summary>Sends it a signal, named without SIG.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Ends it as the power would: nothing is flushed, nothing said.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Ends it as an init system does, and sees to it that it ended in order.</summary>
    public async Task StopAsync()
    {
        Signal("TERM");
        var (exitCode, told, complaints) = await EndAsync();
        Assert.True((exitCode, complaints) == (0, ""), $"Exit code {exitCode}. {complaints}{told}");
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed) return;
        isDisposed = true;
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<string> ReadOutputAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            log.Enqueue(line);
            var place = line.IndexOf(ListeningAt, StringComparison.Ordinal);
            if (place >= 0) listening.TrySetResult(new Uri(line[(place + ListeningAt.Length)..]));
        }
        await process.WaitForExitAsync();
        listening.TrySetException(new InvalidOperationException(
            $"It did not start, exit code {process.ExitCode}: {await errors}{string.Join('\n', log)}"));
        return string.Join('\n', log);
    }
}
