using OrleansWallet.Api;
using OrleansWallet.Bench;
using OrleansWallet.Bench.Http;

// Usage: [seconds] [connections…]. Each figure is transfers a second over loopback, client and server in one process.
var seconds = args.Length > 0 ? int.Parse(args[0]) : 5;
int[] counts = args.Length > 1 ? [.. args[1..].Select(int.Parse)] : [64, 512, 4096];
const int accounts = 10_000;
const int perBatch = 5_000;

var directory = Directory.CreateTempSubdirectory("wallet-bench-");
try
{
    await using var app = EmbeddedServer.Build(
    [
        "--urls=http://127.0.0.1:0", $"--Wallet:DataDirectory={directory}", "--Logging:LogLevel:Default=Warning",
        "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
    ]);
    ConstantEndpoint.Map(app);
    await app.StartAsync();
    var address = new Uri(app.Urls.First());
    await PrepareAsync(address);
    Console.WriteLine(
        $"{accounts:n0} accounts, {seconds} s each after a first round to warm up, the engine's own options. Every "
        + "transfer must succeed.");
    Console.WriteLine();
    Console.WriteLine("| connections | constant answer/s | wallet/s | ratio |");
    Console.WriteLine("| ---: | ---: | ---: | ---: |");
    foreach (var connections in counts)
    {
        for (var round = 0; round < 3; round++)
        {
            var constant = await MeasureAsync(address, connections, ConstantEndpoint.Path, HttpLoad.Json, 1);
            var single = await MeasureAsync(address, connections, HttpLoad.OnePath, HttpLoad.Json, 1);
            // The first round warms up.
            if (round > 0)
                Console.WriteLine($"| {connections:n0} | {constant:n0} | {single:n0} | {single / constant:0.00} |");
        }
    }
    Console.WriteLine();
    Console.WriteLine($"| batches of {perBatch:n0}, 8 connections | transfers/s |");
    Console.WriteLine("| --- | ---: |");
    foreach (var type in new[] { HttpLoad.Json, "application/x-ndjson" })
    {
        for (var round = 0; round < 3; round++)
        {
            var many = await MeasureAsync(address, 8, HttpLoad.ManyPath, type, perBatch);
            if (round > 0) Console.WriteLine($"| {type} | {many:n0} |");
        }
    }
    await app.StopAsync();
}
finally
{
    directory.Delete(recursive: true);
}

static async Task PrepareAsync(Uri address)
{
    using var http = new HttpClient { BaseAddress = address };
    // Each waits for the disk, so many wait together.
    await Parallel.ForAsync(0, accounts, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, cancel) =>
    {
        using var body = new StringContent(
            $$"""{"account_id":"account-{{i}}","currency":"USD"}""", System.Text.Encoding.UTF8, "application/json");
        (await http.PostAsync("/v1/wallet/accounts", body, cancel)).EnsureSuccessStatusCode();
    });
    using var sender = await Sender.OpenAsync(
        address, HttpLoad.ManyPath, HttpLoad.Json,
        [.. Enumerable.Range(0, accounts).Select(i => HttpLoad.Body("settlement:USD", $"account-{i}", "1000000.00"))],
        asArray: true);
    if (await sender.SendAsync() != accounts) throw new IOException($"Not all were funded. {sender.Refusal}");
}

async Task<double> MeasureAsync(Uri address, int connections, string path, string type, int transfers)
{
    var picker = new AccountPicker(accounts, Spread.Uniform);
    using var load = await HttpLoad.OpenAsync(address, path, type, connections, transfers, picker);
    var measurement = new Measurement(TimeSpan.FromSeconds(seconds));
    // A rate of refusals would be a rate of something else.
    if (await load.RunAsync(measurement) is > 0 and var lost)
        throw new IOException($"{lost} transfers did not succeed. {load.Refusal}");
    return measurement.Count / measurement.Elapsed.TotalSeconds;
}
