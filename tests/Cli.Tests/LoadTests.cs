using OrleansWallet.Cli.Load;

namespace OrleansWallet.Cli.Tests;

public sealed class LoadTests : IDisposable
{
    private readonly TemporaryDirectory temporary = new();

    private string Data => temporary.Sub("data");

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData("--batch 1 --spread uniform", "USD")]
    [InlineData("--batch 70 --spread zipf", "JPY")]
    [InlineData("--batch 70 --ndjson --spread hot", "KWD")]
    public async Task A_load_against_a_real_server_comes_out_right(string how, string currency)
    {
        await using var server = await TestServer.StartAsync(Data);

        var result = await LoadAsync($"{server.Url}", $"{how} --transfers 420 --accounts 50 --currency {currency}");

        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Equal("good", result["verdict"]);
        Assert.Equal("420, of which replayed 0", result["success"]);
        Assert.Contains("420 transfers more than before, 420 expected", result["ledger"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_seed_again_is_all_replayed_and_moves_nothing_also_in_batches()
    {
        await using var server = await TestServer.StartAsync(Data);
        await LoadAsync($"{server.Url}", "--seed 9 --transfers 200 --accounts 20");

        var result = await LoadAsync($"{server.Url}", "--seed 9 --transfers 200 --accounts 20 --batch 100");

        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Equal("200, of which replayed 200", result["success"]);
        Assert.Contains("0 transfers more than before, 0 expected", result["ledger"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_counted_by_their_code_and_are_no_fault()
    {
        await using var server = await TestServer.StartAsync(Data);

        var result = await LoadAsync($"{server.Url}", "--transfers 200 --accounts 5 --fund 3");

        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Contains("insufficient_funds", result["rejected"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task A_request_whose_answer_is_lost_is_sent_again_and_counted_once(int batch)
    {
        await using var server = await TestServer.StartAsync(Data);
        var answers = 0;
        await using var proxy = new TamperingProxy(
            server.Url, text => IsTransferAnswer(text) && Interlocked.Increment(ref answers) % 20 == 0 ? null : text);

        var result = await LoadAsync(proxy.Url, $"--transfers {batch * 60} --accounts 20 --batch {batch}");

        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.DoesNotContain(" 0 after a broken", result["sent again"], StringComparison.Ordinal);
        Assert.DoesNotContain("replayed 0", result["success"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_of_a_seed_used_before_is_looked_up_in_the_ledger()
    {
        await using var server = await TestServer.StartAsync(Data);
        await LoadAsync($"{server.Url}", "--seed 3 --transfers 30 --accounts 20");
        var answers = 0;
        await using var proxy = new TamperingProxy(
            server.Url, text => IsTransferAnswer(text) && Interlocked.Increment(ref answers) % 20 == 0 ? null : text);

        var result = await LoadAsync(proxy.Url, "--seed 3 --transfers 90 --accounts 20");

        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Contains("60 transfers more than before, 60 expected", result["ledger"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_answered_as_overloaded_is_sent_again_with_the_same_id()
    {
        await using var server = await TestServer.StartAsync(Data);
        var answers = 0;
        await using var proxy = new TamperingProxy(
            server.Url, text => IsTransferAnswer(text) && Interlocked.Increment(ref answers) == 5
                ? text.Replace("HTTP/1.1 200 ", "HTTP/1.1 429 ", StringComparison.Ordinal)
                : text);

        var result = await LoadAsync(proxy.Url, "--transfers 40 --accounts 20");

        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.StartsWith("1 after \"overloaded\"", result["sent again"], StringComparison.Ordinal);
        Assert.Equal("40, of which replayed 1", result["success"]);
    }

    [Theory]
    [InlineData("\"USD\":\"0.00\"", "\"USD\":\"0.01\"", "sum to 0.01")]
    [InlineData("\"balance\":\"1", "\"balance\":\"2", "minor units")]
    [InlineData("\"replayed\":false}", "\"replayed\":true }", "replayed")]
    [InlineData("\"status\":\"success\"", "\"status\":\"invalid\"", "invalid")]
    public async Task A_server_that_answers_wrongly_is_found_out(string right, string wrong, string says)
    {
        await using var server = await TestServer.StartAsync(Data);
        var (funded, sending) = (false, false);
        await using var proxy = new TamperingProxy(server.Url, text =>
        {
            // From the first transfer's answer on, so that the load gets that far; one connection, so one thread.
            sending |= funded && text.Contains("\"replayed\"", StringComparison.Ordinal);
            funded |= text.Contains("\"digest\"", StringComparison.Ordinal);
            return sending ? text.Replace(right, wrong, StringComparison.Ordinal) : text;
        });

        var result = await LoadAsync(proxy.Url, "--transfers 40 --accounts 20 --batch 20 --fund 1500", connections: 1);

        Assert.Equal(ExitCode.Bad, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Equal("WRONG", result["verdict"]);
    }

    [Fact]
    public async Task A_key_is_sent_and_a_missing_one_is_told_in_one_line()
    {
        var key = KeyCommand.NewKey();
        await using var server = await TestServer.StartAsync(
            Data, "--Wallet:Keys:0:Name", "load", "--Wallet:Keys:0:Sha256", KeyCommand.HashOf(key),
            "--Wallet:Keys:0:Scopes:0", "transfer", "--Wallet:Keys:0:Scopes:1", "read", "--Wallet:Keys:0:Scopes:2",
                "treasury",
            "--Wallet:Keys:0:Scopes:3", "operate");

        var without = await LoadAsync($"{server.Url}", "--transfers 10 --accounts 5");
        var with = await LoadAsync($"{server.Url}", $"--transfers 10 --accounts 5 --key {key}");

        Assert.Equal(ExitCode.Bad, without.ExitCode);
        Assert.Contains("--key", without.Error, StringComparison.Ordinal);
        Assert.Single(without.Error.Trim().Split('\n'));
        Assert.Equal(ExitCode.Good, with.ExitCode);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_in_one_line()
    {
        // Nothing listens on a port that was just given back.
        var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var result = await LoadAsync($"http://127.0.0.1:{port}", "--transfers 10 --accounts 5 --patience 1");

        Assert.Equal(ExitCode.Unreachable, result.ExitCode);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task An_interrupted_load_ends_and_still_checks()
    {
        await using var server = await TestServer.StartAsync(Data);
        using var interrupt = new CancellationTokenSource();
        await using var proxy = new TamperingProxy(server.Url, text =>
        {
            if (IsTransferAnswer(text)) interrupt.Cancel();
            return text;
        });
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await WalletCommand.RunAsync(
            ["load", "--url", proxy.Url, "--seconds", "600", "--accounts", "5", "--connections", "2"], output, error,
            interrupt.Token);

        Assert.Equal("", error.ToString());
        Assert.Equal(ExitCode.Good, exitCode);
        Assert.Contains("verdict     good", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_gives_the_same_transfers_again_and_no_id_twice()
    {
        foreach (var spread in Enum.GetValues<Spread>())
        {
            var settings = new LoadSettings { Url = new Uri("http://x"), Accounts = 30, Seed = 4, Spread = spread };
            var other = new LoadPlan(settings);
            var one = Enumerable.Range(0, 50).Select(i => other.Transfer(i)).ToList();
            var plan = new LoadPlan(settings);
            var all = Enumerable.Range(0, 5000).Select(i => plan.Transfer(i)).ToList();

            Assert.Equal(one, all.Take(50));
            Assert.Equal(all.Count, all.Select(t => t.Id).Concat(Enumerable.Range(0, 30).Select(
                plan.FundingId)).Distinct().Count() - 30);
            Assert.All(all, t => Assert.True(t.From != t.To && t.From is >= 0 and < 30 && t.To is >= 0 and < 30));
            Assert.All(all, t => Assert.InRange(t.MinorUnits, 100, 999));
        }
    }

    [Fact]
    public void Quantiles_of_latencies_are_right_to_a_few_percent()
    {
        var histogram = new LatencyHistogram();
        var perMicro = System.Diagnostics.Stopwatch.Frequency / 1_000_000;
        for (var micros = 1; micros <= 100_000; micros++) histogram.Add(micros * perMicro);

        foreach (var share in new[] { 0.5, 0.95, 0.99, 0.999 })
            Assert.InRange(histogram.Quantile(share).TotalMicroseconds, 100_000 * share, 100_000 * share * 1.04);
        Assert.InRange(histogram.Quantile(1).TotalMicroseconds, 99_999, 100_001);
    }

    private static Task<CommandResult> LoadAsync(string url, string options, int connections = 3) =>
        CommandLine.RunAsync(
        ["load", "--url", url, "--connections", $"{connections}", .. options.Split(' ',
            StringSplitOptions.RemoveEmptyEntries)]);

    private static bool IsTransferAnswer(string text) =>
        text.Contains("\"Status\":\"success\"", StringComparison.Ordinal)
        || (text.Contains("\"replayed\":", StringComparison.Ordinal)
            && text.Split("transaction_id").Length - 1 == 10);
}
