using System.Diagnostics;

namespace OrleansWallet.Kill.Tests;

/// <summary>The built server as a process of its own, at a free port, to be killed at any moment.</summary>
internal sealed class ServerUnderKill : IAsyncDisposable
{
    private const string ListeningAt = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Task<string> errors;

    private ServerUnderKill(Process process, Task<string> errors, HttpClient http)
    {
        this.process = process;
        this.errors = errors;
        Http = http;
    }

    public HttpClient Http { get; }

    /// <summary>What it wrote on its way to readiness.</summary>
    public required IReadOnlyList<string> Output { get; init; }

    /// <summary>Starts it on a data directory and waits until it is ready.</summary>
    public static Task<ServerUnderKill> StartAsync(string dataDirectory, params string[] options) =>
        StartAsync([], dataDirectory, options);

    /// <summary>The same under another program, which the first words are.</summary>
    public static async Task<ServerUnderKill> StartAsync(string[] under, string dataDirectory, string[] options)
    {
        var process = Run(dataDirectory, options, under);
        var errors = process.StandardError.ReadToEndAsync();
        var output = new List<string>();
        Uri? address = null;
        while (address is null)
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            if (line is null)
                throw new InvalidOperationException($"It did not start: {await errors.WaitAsync(Patience)}");
            output.Add(line);
            var place = line.IndexOf(ListeningAt, StringComparison.Ordinal);
            if (place >= 0) address = new Uri(line[(place + ListeningAt.Length)..]);
        }
        _ = process.StandardOutput.ReadToEndAsync();
        var http = new HttpClient { BaseAddress = address, Timeout = Patience };
        var running = new ServerUnderKill(process, errors, http) { Output = output };
        var ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
        Assert.True(ready.IsSuccessStatusCode, await ready.Content.ReadAsStringAsync());
        return running;
    }

    /// <summary>Starts it and kills it after a while, wherever it is by then.</summary>
    public static async Task StartAndKillAsync(string dataDirectory, TimeSpan after, params string[] options)
    {
        using var process = Run(dataDirectory, options);
        var errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        await Task.Delay(after);
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await errors.WaitAsync(Patience));
    }

    /// <summary>Ends it as the power would: SIGKILL, nothing is flushed, nothing said.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await errors.WaitAsync(Patience));
    }

    /// <summary>Asks it to stop, as an init system does, and waits for its end.</summary>
    /// <param name="isTraced">Whether it runs under another program, which does not hand the signal on.</param>
    public async Task<(int ExitCode, string Errors)> TerminateAsync(bool isTraced = false)
    {
        var id = isTraced ? $"$(cat /proc/{process.Id}/task/{process.Id}/children)" : $"{process.Id}";
        using var kill = Process.Start("sh", ["-c", $"kill -TERM {id}"]);
        await kill.WaitForExitAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await errors.WaitAsync(Patience));
    }

    public async ValueTask DisposeAsync()
    {
        // What it runs under goes first, and would leave it behind.
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync().WaitAsync(Patience);
        process.Dispose();
        Http.Dispose();
    }

    private static Process Run(string dataDirectory, string[] options, params string[] under)
    {
        var server = Path.Combine(AppContext.BaseDirectory, "OrleansWallet.Api.dll");
        string[] args =
        [
            .. under.Skip(1), .. under.Length > 0 ? ["dotnet"] : Array.Empty<string>(), "exec", server, "--urls=http://127.0.0.1:0", $"--Wallet:DataDirectory={dataDirectory}", .. options,
        ];
        var start = new ProcessStartInfo(under.FirstOrDefault() ?? "dotnet", args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_")).ToArray())
            start.Environment.Remove(name);
        return Process.Start(start) ?? throw new InvalidOperationException("No process.");
    }
}
