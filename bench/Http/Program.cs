using System.Diagnostics;
using OrleansWallet.Api;
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
            var constant = await MeasureAsync(
                address, connections, ConstantEndpoint.Path, "application/json", 1, false);
            var single = await MeasureAsync(
                address, connections, "/v1/wallet/balance_transfer", "application/json", 1, false);
            // The first round warms up.
            if (round > 0)
                Console.WriteLine($"| {connections:n0} | {constant:n0} | {single:n0} | {single / constant:0.00} |");
        }
    }
    Console.WriteLine();
    Console.WriteLine($"| batches of {perBatch:n0}, 8 connections | transfers/s |");
    Console.WriteLine("| --- | ---: |");
    foreach (var (type, asArray) in new[] { ("application/json", true), ("application/x-ndjson", false) })
    {
        for (var round = 0; round < 3; round++)
        {
            var many = await MeasureAsync(address, 8, "/v1/wallet/balance_transfers", type, perBatch, asArray);
            if (round > 0) Console.WriteLine($"| {type} | {many:n0} |");
        }
    }
    await app.StopAsync();
}
finally
{
    directory.Delete(recursive: true);
}

static string Body(string from, string to, string amount = "0.01") =>
    $$"""{"from_account":"{{from}}","to_account":"{{to}}","amount":"{{amount}}",""" +
    $$""" "currency":"USD","transaction_id":"{{Sender.Marker}}"} """;

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
        address, "/v1/wallet/balance_transfers", "application/json",
        [.. Enumerable.Range(0, accounts).Select(i =>
            Body("settlement:USD", $"account-{i}", "1000000.00"))], asArray: true);
    var asked = 0;
    await sender.RunAsync(() => asked++ > 0);
}

async Task<double> MeasureAsync(
    Uri address, int connections, string path, string type, int transfers, bool asArray)
{
    var random = new Random(connections);
    var senders = new Sender[connections];
    for (var i = 0; i < connections; i++)
    {
        senders[i] = await Sender.OpenAsync(address, path, type, [.. Enumerable.Range(0, transfers).Select(_ =>
        {
            var from = random.Next(accounts);
            return Body($"account-{from}", $"account-{(from + 1 + random.Next(accounts - 1)) % accounts}");
        })], asArray);
    }
    var isOver = false;
    var clock = Stopwatch.StartNew();
    var running = senders.Select(sender => Task.Run(() => sender.RunAsync(() => Volatile.Read(ref isOver)))).ToArray();
    await Task.Delay(TimeSpan.FromSeconds(seconds));
    Volatile.Write(ref isOver, true);
    var answered = (await Task.WhenAll(running)).Sum();
    var took = clock.Elapsed.TotalSeconds;
    foreach (var sender in senders) sender.Dispose();
    return answered / took;
}
