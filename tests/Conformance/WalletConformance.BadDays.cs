using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// What networks and callers do on bad days.
public abstract partial class WalletConformance
{
    private const int HugeBytes = 100 << 20;

    [Fact]
    public async Task Half_a_request_and_a_hang_up_move_nothing()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var body = TransferJson(from, to, "1", "USD", id);
        for (var cut = 0; cut < body.Length; cut += 13)
        {
            using var raw = await RawConnection.OpenAsync(edition.Usual);
            await raw.SendAsync(RawConnection.Post(One, body.Length) + body[..cut]);
        }
        using (var raw = await RawConnection.OpenAsync(edition.Usual)) await raw.SendAsync("POST /v1/wal");
        Assert.Equal("10.00", await wallet.BalanceAsync(from));
        Assert.False((await wallet.TransferAsync(from, to, "1", id: id)).Is(200).IsReplayed);
    }

    [Fact]
    public async Task A_hang_up_before_the_answer_leaves_one_outcome_to_be_asked_for()
    {
        var (from, to) = (await wallet.NewAccountAsync("100"), await wallet.NewAccountAsync());
        var ids = NewIds(20);
        foreach (var id in ids)
        {
            using var raw = await RawConnection.OpenAsync(edition.Usual);
            var body = TransferJson(from, to, "1", "USD", id);
            await raw.SendAsync(RawConnection.Post(One, body.Length) + body);
        }
        foreach (var id in ids) (await wallet.TransferAsync(from, to, "1", id: id)).Is(200);
        Assert.Equal("80.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task A_body_in_single_bytes_is_read_like_any_other()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var body = TransferJson(from, to, "1", "USD", id);
        using var raw = await RawConnection.OpenAsync(edition.Usual);
        foreach (var letter in RawConnection.Post(One, body.Length) + body) await raw.SendAsync(letter.ToString());
        Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadUntilAsync("}"));

        await raw.SendAsync(Chunked(One));
        foreach (var letter in body) await raw.SendAsync($"1\r\n{letter}\r\n");
        await raw.SendAsync("0\r\n\r\n");
        Assert.Contains("Idempotent-Replayed: true", await raw.ReadUntilAsync("}"));
    }

    [Fact]
    public async Task Requests_sent_ahead_are_answered_in_order()
    {
        var (from, to, ids) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewIds(50));
        using var raw = await RawConnection.OpenAsync(edition.Usual);
        var bodies = ids.Select(id => TransferJson(from, to, "0.1", "USD", id));
        await raw.SendAsync(string.Concat(bodies.Select(body => RawConnection.Post(One, body.Length) + body)));
        var answers = await raw.ReadUntilAsync("}", ids.Length);
        var places = ids.Select(id => answers.IndexOf(id, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public async Task A_slow_sender_is_cut_off()
    {
        // Which is cut off first tells the limits from the usual ones (5 and 15 s), however slow the machine is. The
        // server looks once a second, so two of them are between.
        await using var server = await edition.StartAsync("--Wallet:BodyGraceSeconds=2", "--Wallet:HeaderSecondsMax=4");
        var watch = Stopwatch.StartNew();
        using var slowBody = await RawConnection.OpenAsync(server);
        using var slowHeaders = await RawConnection.OpenAsync(server);
        await slowBody.SendAsync(RawConnection.Post(One, 1000) + "{");
        await slowHeaders.SendAsync("GET /healthz HTTP/1.1\r\nHost:");
        var (body, headers) = (slowBody.ReadToCloseAsync(), slowHeaders.ReadToCloseAsync());
        Assert.Same(body, await Task.WhenAny(body, headers));
        var answers = await Task.WhenAll(body, headers);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 14);
        Assert.All(answers, answer => Assert.True(
            answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 "), answer));
    }

    [Fact]
    public async Task An_idle_connection_is_closed_in_time()
    {
        await using var server = await edition.StartAsync("--Wallet:KeepAliveSeconds=3");
        using var raw = await RawConnection.OpenAsync(server);
        await raw.SendAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadToCloseAsync());
    }

    [Fact]
    public async Task Connections_over_the_limit_are_closed_and_the_others_served()
    {
        const string LastChunk = "\r\n0\r\n\r\n";
        await using var server = await edition.StartAsync("--Wallet:ConnectionsMax=3");
        var served = new List<RawConnection>();
        for (var i = 0; i < 3; i++)
        {
            served.Add(await RawConnection.OpenAsync(server));
            await served[i].SendAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", await served[i].ReadUntilAsync(LastChunk));
        }
        using (var refused = await RawConnection.OpenAsync(server)) Assert.Empty(await refused.ReadToCloseAsync());
        await served[0].SendAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await served[0].ReadUntilAsync(LastChunk));
        foreach (var connection in served) connection.Dispose();
    }

    [Fact]
    public async Task Thousands_of_connections_at_once_are_served()
    {
        var count = Math.Min(10_000, (OpenFilesMax() - 1_000) / 2);
        if (count < 10_000) Output.WriteLine($"{count} connections: the open-files limit leaves no room for more.");
        var pairs = new (string From, string To)[64];
        foreach (ref var pair in pairs.AsSpan()) pair = (NewAccount(), NewAccount());
        await Task.WhenAll(pairs.Select(async pair =>
        {
            foreach (var account in new[] { pair.From, pair.To }) (await wallet.OpenAsync(account)).Is(201);
            (await wallet.TransferAsync("settlement:USD", pair.From, $"{count}")).Is(200);
        }));
        var connections = new RawConnection[count];
        try
        {
            for (var i = 0; i < count; i++) connections[i] = await RawConnection.OpenAsync(edition.Usual);
            await Task.WhenAll(connections.Select((connection, i) =>
            {
                var (from, to) = pairs[i % pairs.Length];
                var body = TransferJson(from, to, "1", "USD", NewId());
                return connection.SendAsync(RawConnection.Post(One, body.Length) + body);
            }));
            var answers = await Task.WhenAll(connections.Select(connection => connection.ReadUntilAsync("}")));
            Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 200 ", answer));
        }
        finally
        {
            foreach (var connection in connections) connection?.Dispose();
        }
        var received = await Task.WhenAll(pairs.Select(pair => wallet.BalanceAsync(pair.To)));
        Assert.Equal(count, received.Sum(balance => decimal.Parse(balance, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData(One, Json)]
    [InlineData(Many, Json)]
    [InlineData(Many, Lines)]
    [InlineData(Accounts, Json)]
    public async Task A_body_over_the_limit_is_too_large(string path, string contentType)
    {
        var fits = new byte[4 << 20];
        fits.AsSpan().Fill((byte)' ');
        // A line of spaces is a line, and invalid by itself.
        (await wallet.PostAsync(path, fits, contentType)).Is(contentType == Lines ? 200 : 400);
        var reply = await wallet.PostAsync(path, [.. fits, (byte)' '], contentType);
        Assert.Contains("4194304", reply.IsProblem(413, "too_large")["detail"]);
    }

    [Theory]
    [InlineData(One, false)]
    [InlineData(One, true)]
    [InlineData(Many, false)]
    [InlineData(Many, true)]
    public async Task A_huge_body_is_too_large_long_before_its_end(string path, bool isChunked)
    {
        using var raw = await RawConnection.OpenAsync(edition.Usual);
        await raw.SendAsync(isChunked ? Chunked(path) : RawConnection.Post(path, HugeBytes));
        var answer = raw.ReadToCloseAsync();
        var sent = 0;
        var piece = new byte[64 << 10];
        try
        {
            for (; sent < HugeBytes && !answer.IsCompleted; sent += piece.Length)
            {
                if (isChunked) await raw.SendAsync($"{piece.Length:x}\r\n");
                await raw.SendAsync(piece);
                if (isChunked) await raw.SendAsync("\r\n");
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The server has closed: that is what the test waits for.
        }
        var text = await answer;
        Assert.StartsWith("HTTP/1.1 413 ", text);
        Assert.Contains("\"too_large\"", text);
        Assert.True(sent < HugeBytes, "The server took all of it.");
        (await wallet.GetAsync("/healthz")).Is(200);
    }

    [Theory]
    [InlineData(One)]
    [InlineData(Many)]
    [InlineData(Accounts)]
    public async Task Leave_to_send_a_body_over_the_limit_is_not_given(string path)
    {
        using var raw = await RawConnection.OpenAsync(edition.Usual);
        await raw.SendAsync(RawConnection.Post(path, 5 << 20, "Expect: 100-continue\r\n"));
        var answer = await raw.ReadUntilAsync("}");
        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains("\"too_large\"", answer);
    }

    [Fact]
    public async Task Leave_to_send_a_body_within_the_limit_is_given()
    {
        var (from, to) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync());
        var body = TransferJson(from, to, "1", "USD", NewId());
        using var raw = await RawConnection.OpenAsync(edition.Usual);
        await raw.SendAsync(RawConnection.Post(One, body.Length, "Expect: 100-continue\r\n"));
        Assert.StartsWith("HTTP/1.1 100 ", await raw.ReadUntilAsync("\r\n\r\n"));
        await raw.SendAsync(body);
        Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadUntilAsync("}"));
    }

    [Fact]
    public async Task Deep_nesting_costs_nothing()
    {
        var deep = new string('[', 1 << 20);
        (await wallet.PostAsync(One, $$"""{"amount":{{deep}}""")).IsProblem(400, "invalid_request");
        (await wallet.PostAsync(Many, deep)).IsProblem(400, "invalid_request");
        var lines = (await wallet.PostAsync(Many, $"{deep}\n{deep}", Lines)).Is(200);
        Assert.Equal(2, Elements(lines).Length);
    }

    [Fact]
    public async Task A_body_full_of_faults_has_an_answer_of_modest_size()
    {
        var members = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"{new string('m', 20)}{i}\":0"));
        var reply = (await wallet.PostAsync(One, $"{{{members}}}")).IsProblem(400, "invalid_request");
        Assert.InRange(reply.Text.Length, 100, 16_000);
        var name = new string('n', 1 << 20);
        reply = (await wallet.PostAsync(One, $"{{\"{name}\":0}}")).IsProblem(400, "invalid_request");
        Assert.InRange(reply.Text.Length, 100, 16_000);
    }

    [Fact]
    public async Task Bytes_that_are_no_http_are_refused_and_the_server_lives()
    {
        foreach (var nonsense in new[] { "\0\0\0\0", "GET / HTTP/9.9", "hello", "\u0016\u0003\u0001" })
        {
            using var raw = await RawConnection.OpenAsync(edition.Usual);
            await raw.SendAsync(Encoding.Latin1.GetBytes(nonsense + "\r\n\r\n"));
            var answer = await raw.ReadToCloseAsync();
            Assert.Matches(@"^(HTTP/1\.1 [45]|\z)", answer);
        }
        (await wallet.GetAsync("/healthz")).Is(200);
    }

    [Fact]
    public async Task Headers_over_the_limit_are_refused()
    {
        using var raw = await RawConnection.OpenAsync(edition.Usual);
        await raw.SendAsync($"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {new string('x', 20_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431 ", await raw.ReadToCloseAsync());
    }

    private static string Chunked(string path) =>
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n";

    private static int OpenFilesMax()
    {
        const string limits = "/proc/self/limits";
        if (!File.Exists(limits)) return 10_000;
        var line = File.ReadLines(limits).First(line => line.StartsWith("Max open files"));
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], out var max) ? max : 1 << 20;
    }
}
