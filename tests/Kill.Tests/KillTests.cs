using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansWallet.Embedded.Audit;
using Xunit.Abstractions;

namespace OrleansWallet.Kill.Tests;

/// <summary>
/// The real server over HTTP, killed at random moments under load. After each start: nothing answered is lost,
/// nothing is done twice or by half, and every id is answered the same again.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Accounts = 50;
    private const int Opening = 100_000;
    private const int Callers = 8;
    private const string Transfer = "/v1/wallet/balance_transfer";
    private const string Transfers = "/v1/wallet/balance_transfers";

    // So low that a round of a second or two passes each of them.
    private static readonly string[] Options =
    [
        "--Wallet:SegmentBytesMax=1048576", "--Wallet:SnapshotEveryEvents=20000", "--Wallet:RecentTransactionsMax=8192",
        "--Wallet:BatchTransfersMax=10000",
    ];

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-kill-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task Killed_at_any_moment_it_keeps_all_it_answered_and_nothing_by_half()
    {
        var rounds = Setting("WALLET_KILL_ROUNDS", 30);
        var seed = Setting("WALLET_KILL_SEED", Environment.TickCount);
        output.WriteLine($"{rounds} rounds, seed {seed} (WALLET_KILL_ROUNDS, WALLET_KILL_SEED).");
        var random = new Random(seed);
        var all = new List<SentTransfer>();
        var (unanswered, done, notDone) = (0, 0, 0);
        var seen = new BackgroundWork(directory.FullName);
        // A slow machine does less in a round, and all that is done in the background must have been under way at some
        // kill: then it takes more rounds.
        for (var round = 0; round < rounds || (!seen.IsEverything && round < rounds * 3); round++)
        {
            // Some are killed on their way to readiness too.
            if (random.Next(4) == 0)
                await ServerUnderKill.StartAndKillAsync(
                    directory.FullName, TimeSpan.FromMilliseconds(random.Next(100, 800)), Options);
            await using var server = await ServerUnderKill.StartAsync(directory.FullName, Options);
            if (round == 0) all.AddRange(await FundAsync(server));
            var before = all.Where(sent => sent.Answer is null).ToList();
            var found = await CheckAsync(server, all, random);
            unanswered += before.Count;
            done += found;
            notDone += before.Count - found;
            all.AddRange(await LoadUntilKilledAsync(server, random, TimeSpan.FromMilliseconds(random.Next(10, 300))));
            seen.Look();
        }
        await using (var last = await ServerUnderKill.StartAsync(directory.FullName, Options))
            await CheckAsync(last, all, random, everything: true);
        var audit = LedgerAudit.Run(directory.FullName, new AuditOptions());
        Assert.Empty(audit.Faults);
        output.WriteLine(
            $"{all.Count} transfers; {unanswered} unanswered at a kill: {done} had been done, {notDone} not. "
            + $"Seen: {seen}.");
        Assert.True(seen.IsEverything, $"Not all of it happened: {seen}.");
        Assert.True(all.Count(sent => sent.Answer == "success") > rounds * 10);
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value : usual;

    private static async Task<List<SentTransfer>> FundAsync(ServerUnderKill server)
    {
        for (var i = 0; i < Accounts; i++)
        {
            var opening = new { account_id = SentTransfer.Account(i), currency = "USD" };
            var opened = await server.Http.PostAsJsonAsync("/v1/wallet/accounts", opening);
            Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        }
        var funding = Enumerable.Range(0, Accounts)
            .Select(i => new SentTransfer(Guid.NewGuid(), -1, i, Opening)).ToList();
        foreach (var portion in funding.Chunk(Accounts)) await SendManyAsync(server, portion);
        Assert.All(funding, sent => Assert.Equal("success", sent.Answer));
        return funding;
    }

    private static async Task<List<SentTransfer>> LoadUntilKilledAsync(
        ServerUnderKill server, Random random, TimeSpan delay)
    {
        var sent = new ConcurrentQueue<SentTransfer>();
        var seeds = Enumerable.Range(0, Callers).Select(_ => random.Next()).ToArray();
        var callers = seeds.Select((seed, caller) => Task.Run(() => CallAsync(server, sent, caller, seed))).ToArray();
        // Not to let something finish: the moment of the kill is what is random here.
        await Task.Delay(delay);
        await server.KillAsync();
        await Task.WhenAll(callers);
        return [.. sent];
    }

    // Half of the callers send one at a time, the others up to 100.
    private static async Task CallAsync(
        ServerUnderKill server, ConcurrentQueue<SentTransfer> all, int caller, int seed)
    {
        var random = new Random(seed);
        try
        {
            while (true)
            {
                var some = Enumerable.Range(0, caller % 2 == 0 ? 1 : random.Next(1, 100)).Select(_ => new SentTransfer(
                    Guid.NewGuid(), random.Next(Accounts), random.Next(Accounts), random.Next(1, 20_000))).ToArray();
                foreach (var one in some) all.Enqueue(one);
                if (some.Length == 1) await SendOneAsync(server, some[0]);
                else await SendManyAsync(server, some);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            // Killed in the middle: what wasn't answered stays so.
        }
    }

    private static async Task<bool> SendOneAsync(ServerUnderKill server, SentTransfer sent)
    {
        using var response = await server.Http.PostAsJsonAsync(Transfer, sent.ToJson());
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Note(sent, response.StatusCode switch
        {
            HttpStatusCode.OK => "success",
            HttpStatusCode.UnprocessableEntity => body.GetProperty("code").GetString(),
            _ => null,
        });
        return response.Headers.TryGetValues("Idempotent-Replayed", out var replayed) && replayed.Single() == "true";
    }

    private static async Task<bool[]> SendManyAsync(ServerUnderKill server, SentTransfer[] sent)
    {
        using var response = await server.Http.PostAsJsonAsync(Transfers, sent.Select(one => one.ToJson()));
        response.EnsureSuccessStatusCode();
        var items = (await response.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().ToArray();
        Assert.Equal(sent.Length, items.Length);
        for (var i = 0; i < items.Length; i++) Note(sent[i], SentTransfer.OutcomeIn(items[i]));
        return [.. items.Select(item => item.GetProperty("replayed").GetBoolean())];
    }

    // An answer may never change.
    private static void Note(SentTransfer sent, string? answer)
    {
        if (answer is null) return;
        if (sent.Answer is { } earlier) Assert.Equal(earlier, answer);
        sent.Answer = answer;
    }

    // Returns how many of those that were never answered had been done.
    private static async Task<int> CheckAsync(
        ServerUnderKill server, List<SentTransfer> all, Random random, bool everything = false)
    {
        foreach (var portion in all.Where(s => s.Answer is not null && (everything || random.Next(8) == 0)).Chunk(1000))
            Assert.All(await SendManyAsync(server, portion), Assert.True);
        var found = 0;
        foreach (var portion in all.Where(sent => sent.Answer is null).ToArray().Chunk(1000))
        {
            found += (await SendManyAsync(server, portion)).Count(replayed => replayed);
            Assert.All(await SendManyAsync(server, portion), Assert.True);
        }
        if (all.Count > 0) Assert.True(await SendOneAsync(server, all[random.Next(all.Count)]));
        await CheckBalancesAsync(server, all);
        return found;
    }

    private static async Task CheckBalancesAsync(ServerUnderKill server, List<SentTransfer> all)
    {
        var balances = new long[Accounts];
        foreach (var moved in all.Where(sent => sent.Answer == "success"))
        {
            if (moved.From >= 0) balances[moved.From] -= moved.Cents;
            balances[moved.To] += moved.Cents;
        }
        for (var i = 0; i < Accounts; i++)
        {
            var path = $"/v1/wallet/accounts/{SentTransfer.Account(i)}";
            var account = await server.Http.GetFromJsonAsync<JsonElement>(path);
            var balance = decimal.Parse(account.GetProperty("balance").GetString() ?? "", CultureInfo.InvariantCulture);
            Assert.Equal(balances[i], balance * 100);
            Assert.True(balance >= 0);
        }
        var ledger = await server.Http.GetFromJsonAsync<JsonElement>("/v1/wallet/ledger");
        Assert.Equal("0.00", ledger.GetProperty("totals").GetProperty("USD").GetString());
        Assert.Equal(all.Count(sent => sent.Answer == "success"), ledger.GetProperty("transfers").GetInt64());
    }
}
