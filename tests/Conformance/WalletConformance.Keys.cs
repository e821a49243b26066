using System.Text;
using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// Keys and what they may do.
public abstract partial class WalletConformance
{
    private static readonly string[] AllKeys =
    [
        .. Key(0, "key-transfer", "transfer"), .. Key(1, "key-read", "read"), .. Key(2, "key-operate", "operate"),
        .. Key(3, "key-treasury", "transfer", "treasury"),
        .. Key(4, "key-all", "transfer", "read", "operate", "treasury"), .. Key(5, "key-only-treasury", "treasury"),
    ];

    [Fact]
    public async Task Without_a_known_key_every_resource_is_closed_and_the_service_open()
    {
        await using var server = await edition.StartAsync(AllKeys);
        foreach (var key in new[] { null, "key-unknown", "KEY-ALL", "key-all2", new string('k', 2000) })
        {
            using var client = new WalletClient(server, key);
            foreach (var (method, path) in Resources)
            {
                var reply = (await client.SendAsync(method, path)).Is(401);
                if (method != HttpMethod.Head) reply.IsProblem(401, "unauthenticated");
                Assert.Equal("Bearer", reply.Headers.WwwAuthenticate.Single().Scheme);
            }
            foreach (var path in new[] { "/healthz", "/readyz", "/openapi/v1.json", "/" })
                (await client.GetAsync(path)).Is(200);
        }
    }

    [Theory]
    [InlineData("Basic a2V5LWFsbA==")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("key-all")]
    [InlineData("Bearer key-all,key-all")]
    public async Task Other_forms_of_authorization_are_refused(string header)
    {
        await using var server = await edition.StartAsync(AllKeys);
        using var raw = await RawConnection.OpenAsync(server);
        await raw.SendAsync($"GET {WholeLedger} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {header}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadUntilAsync("}"));
    }

    [Fact]
    public async Task A_key_opens_what_its_scope_says_and_nothing_else()
    {
        await using var server = await edition.StartAsync(AllKeys);
        (string Key, string Scopes)[] keys =
        [
            ("key-transfer", "transfer"), ("key-read", "read"), ("key-operate", "operate"),
            ("key-only-treasury", ""), ("key-all", "transfer read operate"),
        ];
        foreach (var (key, scopes) in keys)
        {
            using var client = new WalletClient(server, key);
            foreach (var (method, path) in Resources)
            {
                var needed = path.EndsWith("freeze") ? "operate" : method == HttpMethod.Post ? "transfer" : "read";
                var reply = await client.SendAsync(method, path);
                if (scopes.Contains(needed))
                {
                    Assert.True(reply.Status is not (401 or 403), $"{key} {method} {path}: {reply.Status}");
                    continue;
                }
                reply.Is(403);
                if (method != HttpMethod.Head) reply.IsProblem(403, "forbidden");
                Assert.Contains($"scope=\"{needed}\"", reply.Headers.WwwAuthenticate.Single().Parameter);
            }
        }
    }

    [Fact]
    public async Task Only_treasury_moves_money_out_of_a_settlement_account()
    {
        await using var server = await edition.StartAsync(AllKeys);
        using var treasury = new WalletClient(server, "key-treasury");
        using var all = new WalletClient(server, "key-all");
        using var plain = new WalletClient(server, "key-transfer");
        var (rich, poor) = (await treasury.NewAccountAsync("10"), await plain.NewAccountAsync());
        var (single, first, second) = (NewId(), NewId(), NewId());

        (await plain.TransferAsync("settlement:USD", poor, "1", id: single)).IsProblem(403, "forbidden");
        string[] batch =
        [
            TransferJson(rich, poor, "1", "USD", first), TransferJson("settlement:USD", poor, "1", "USD", second),
        ];
        (await plain.PostAsync(Many, $"[{string.Join(',', batch)}]")).IsProblem(403, "forbidden");
        (await plain.PostAsync(Many, string.Join('\n', batch), Lines)).IsProblem(403, "forbidden");
        foreach (var id in new[] { single, first, second })
            (await all.FindTransferAsync(id)).IsProblem(404, "not_found");

        (await plain.TransferAsync(rich, "settlement:USD", "1")).Is(200);
        (await treasury.PostAsync(Many, $"[{string.Join(',', batch)}]")).Is(200);
        Assert.Equal("2.00", await all.BalanceAsync(poor));
    }

    [Fact]
    public async Task A_key_is_asked_for_before_the_body_is_read()
    {
        await using var server = await edition.StartAsync(AllKeys);
        using var raw = await RawConnection.OpenAsync(server);
        await raw.SendAsync(RawConnection.Post(One, 100));
        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadUntilAsync("}"));
    }

    [Fact]
    public async Task Without_keys_no_page_of_another_site_gets_in()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync(), NewId());
        var body = TransferJson(from, to, "1", "USD", id);
        (string Header, string Value)[] foreign =
        [
            ("Host", "evil.example"), ("Host", $"evil.example:{edition.Usual.Address.Port}"),
            ("Origin", "http://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
        ];
        foreach (var header in foreign)
            (await SendWithAsync(wallet, HttpMethod.Post, One, body, header)).IsProblem(403, "forbidden");
        (await SendWithAsync(wallet, HttpMethod.Get, WholeLedger, null, foreign[0])).IsProblem(403, "forbidden");
        (await wallet.FindTransferAsync(id)).Is(404);

        var own = edition.Usual.Address.GetLeftPart(UriPartial.Authority);
        (await SendWithAsync(wallet, HttpMethod.Post, One, body, ("Origin", own))).Is(200);
        (await SendWithAsync(wallet, HttpMethod.Get, WholeLedger, null, ("Origin", "http://evil.example"))).Is(200);
        (await SendWithAsync(wallet, HttpMethod.Get, WholeLedger, null, ("Host", "localhost"))).Is(200);
    }

    [Fact]
    public async Task With_a_key_a_request_may_come_from_anywhere()
    {
        await using var server = await edition.StartAsync(AllKeys);
        using var client = new WalletClient(server, "key-all");
        var account = $$"""{"account_id":"{{NewAccount()}}","currency":"USD"}""";
        (await SendWithAsync(client, HttpMethod.Post, Accounts, account, ("Host", "wallet.example"))).Is(201);
        (await SendWithAsync(client, HttpMethod.Post, Accounts, account, ("Origin", "https://shop.example"))).Is(200);
    }

    private static Task<Reply> SendWithAsync(
        WalletClient client, HttpMethod method, string path, string? body, (string Name, string Value) header)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, Json);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        return client.SendAsync(request);
    }

    [Fact]
    public async Task With_keys_a_server_may_listen_beyond_its_machine_and_without_it_refuses_to_start()
    {
        await using (var server = await edition.StartAsync([.. AllKeys, "--urls=http://0.0.0.0:0"]))
            Assert.NotEqual(0, server.Address.Port);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => edition.StartAsync("--urls=http://0.0.0.0:0"));
        Assert.Contains("Wallet:Keys", refused.Message);
    }

    private static (HttpMethod Method, string Path)[] Resources =>
    [
        (HttpMethod.Post, One), (HttpMethod.Post, Many), (HttpMethod.Post, Accounts),
        (HttpMethod.Get, $"{Accounts}/a"), (HttpMethod.Head, $"{Accounts}/a"),
        (HttpMethod.Get, $"{Accounts}/a/entries"),
        (HttpMethod.Post, $"{Accounts}/a/freeze"), (HttpMethod.Post, $"{Accounts}/a/unfreeze"),
        (HttpMethod.Get, $"/v1/wallet/transfers/{NewId()}"), (HttpMethod.Get, WholeLedger),
        (HttpMethod.Head, WholeLedger),
    ];
}
