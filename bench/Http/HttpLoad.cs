using System.Diagnostics;

namespace OrleansWallet.Bench.Http;

/// <summary>
/// Transfers of 0.01 between accounts of a spread, over connections that each send their next request when they have
/// the answer. Each sends the same transfers again and again, with new ids.
/// </summary>
internal sealed class HttpLoad : IDisposable
{
    public const string OnePath = "/v1/wallet/balance_transfer";
    public const string ManyPath = "/v1/wallet/balance_transfers";
    public const string Json = "application/json";

    private readonly List<Sender> senders = [];

    /// <summary>What the server said when it last refused a whole request; null: it never did.</summary>
    public string? Refusal => senders.Select(sender => sender.Refusal).FirstOrDefault(text => text is not null);

    /// <summary>Opens the connections, each with a request of so many transfers.</summary>
    public static async Task<HttpLoad> OpenAsync(
        Uri address, string path, string type, int connections, int transfers, AccountPicker picker)
    {
        var load = new HttpLoad();
        var random = FastRandom.Fresh();
        for (var i = 0; i < connections; i++)
        {
            var bodies = new string[transfers];
            foreach (ref var body in bodies.AsSpan())
            {
                var (from, to) = picker.Pick(ref random);
                body = Body($"account-{from}", $"account-{to}");
            }
            // Many go as an array where they are JSON, and one a line otherwise.
            load.senders.Add(await Sender.OpenAsync(address, path, type, bodies, path == ManyPath && type == Json));
        }
        return load;
    }

    /// <summary>One transfer in JSON, with a place for its id.</summary>
    public static string Body(string from, string to, string amount = "0.01") =>
        $$"""{"from_account":"{{from}}","to_account":"{{to}}","amount":"{{amount}}",""" +
        $$""" "currency":"USD","transaction_id":"{{Sender.Marker}}"} """;

    /// <summary>Sends until the time is up. Returns how many transfers did not succeed.</summary>
    public async Task<long> RunAsync(Measurement measurement)
    {
        var lost = 0L;
        await measurement.RunAsync(() => Task.WhenAll(senders.Select(sender => Task.Run(async () =>
        {
            var done = 0L;
            while (!measurement.IsOver)
            {
                var begun = Stopwatch.GetTimestamp();
                var succeeded = await sender.SendAsync();
                measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
                done += succeeded;
                if (succeeded < sender.Transfers) Interlocked.Add(ref lost, sender.Transfers - succeeded);
            }
            measurement.AddCount(done);
        }))));
        return lost;
    }

    public void Dispose()
    {
        foreach (var sender in senders) sender.Dispose();
    }
}
