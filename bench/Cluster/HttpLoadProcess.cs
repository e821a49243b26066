using System.Diagnostics;
using System.Text.Json;
using OrleansWallet.Bench.Http;

namespace OrleansWallet.Bench;

/// <summary>What a load over HTTP is to send, and for how long.</summary>
/// <param name="Port">Where the front end listens.</param>
/// <param name="Connections">How many connections send at the same time.</param>
/// <param name="Batch">How many transfers are in a request; 1: it is no batch.</param>
/// <param name="Accounts">How many accounts there are.</param>
/// <param name="Seconds">How long it is measured; as long again before it, to warm up.</param>
internal sealed record HttpLoadOrder(int Port, int Connections, int Batch, int Accounts, int Seconds);

/// <summary>
/// The load over HTTP as a process of its own: this program again, with the order in its arguments. It says on its
/// output when it begins, and what it came to.
/// </summary>
internal static class HttpLoadProcess
{
    /// <summary>The first argument of the program as such a process.</summary>
    public const string Verb = "http-load";

    private const string Begun = "begun";

    /// <summary>Starts the process and waits for what it comes to.</summary>
    public static async Task<LoadResult> StartAsync(HttpLoadOrder order, Action begins)
    {
        using var process = Process.Start(StartInfo(order))
            ?? throw new InvalidOperationException("The load's process didn't start.");
        try
        {
            if (await process.StandardOutput.ReadLineAsync() == Begun)
            {
                begins();
                if (await process.StandardOutput.ReadLineAsync() is { } line
                    && JsonSerializer.Deserialize<LoadResult>(line) is { } result)
                    return result;
            }
            throw new InvalidOperationException("The load's process ended early; it has said why.");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string order)
    {
        var (port, connections, batch, accounts, seconds) = JsonSerializer.Deserialize<HttpLoadOrder>(order)
            ?? throw new ArgumentException("There is no order in it.", nameof(order));
        using var load = await HttpLoad.OpenAsync(
            new Uri($"http://127.0.0.1:{port}"), batch > 1 ? HttpLoad.ManyPath : HttpLoad.OnePath, HttpLoad.Json,
            connections, batch, new AccountPicker(accounts, Spread.Uniform));
        var result = await LoadResult.MeasureAsync(seconds, load.RunAsync, () => Console.WriteLine(Begun));
        Console.WriteLine(JsonSerializer.Serialize(result));
        if (load.Refusal is { } refusal) await Console.Error.WriteLineAsync(refusal);
        return 0;
    }

    private static ProcessStartInfo StartInfo(HttpLoadOrder order)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no path.");
        string[] arguments = [Verb, JsonSerializer.Serialize(order)];
        // Run as "dotnet program.dll", the path is that of dotnet.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            arguments = [typeof(HttpLoadProcess).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        // It allocates next to nothing, and shares the cores with what it measures.
        start.Environment["DOTNET_gcServer"] = "0";
        return start;
    }
}
