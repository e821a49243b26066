using System.Text.Json;
using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// The ledger as a whole, the service's own routes, and what isn't there.
public abstract partial class WalletConformance
{
    [Fact]
    public async Task The_ledger_counts_what_was_done_and_its_totals_are_zero()
    {
        await using var server = await edition.StartAsync();
        using var own = new WalletClient(server);
        var empty = (await own.GetAsync(WholeLedger)).Is(200);
        Assert.Equal(("0", "0", "{}"), (empty["accounts"], empty["transfers"], empty["totals"]));

        var (dollars, other) = (await own.NewAccountAsync("10"), await own.NewAccountAsync());
        await own.NewAccountAsync("7.001", "KWD");
        await own.NewAccountAsync("7", "JPY");
        (await own.TransferAsync(dollars, other, "3.21")).Is(200);
        (await own.TransferAsync(dollars, other, "1000")).Is(422);
        (await own.FreezeAsync(other)).Is(200);

        var ledger = (await own.GetAsync($"{WholeLedger}?fresh=true")).Is(200);
        Assert.Equal(("4", "4"), (ledger["accounts"], ledger["transfers"]));
        Assert.Equal("""{"JPY":"0","KWD":"0.000","USD":"0.00"}""", ledger["totals"]);
        Assert.True(ledger.Json.GetProperty("sequence").GetInt64() > empty.Json.GetProperty("sequence").GetInt64());
        Assert.Equal(["sequence", "accounts", "transfers", "totals"], ledger.Members.Except(["digest"]));
    }

    [Fact]
    public async Task Money_is_conserved_under_load_and_every_cut_shows_it()
    {
        await using var server = await edition.StartAsync();
        using var own = new WalletClient(server);
        var accounts = new List<string>();
        for (var i = 0; i < 8; i++) accounts.Add(await own.NewAccountAsync("100"));
        var transfers = Task.WhenAll(Enumerable.Range(0, 400).Select(i =>
            own.TransferAsync(accounts[i % 8], accounts[(i * 3 + 1) % 8], $"{i % 37 + 1}")));
        do
        {
            var ledger = (await own.GetAsync($"{WholeLedger}?fresh=true")).Is(200);
            Assert.Equal("""{"USD":"0.00"}""", ledger["totals"]);
        }
        while (!transfers.IsCompleted);
        Assert.All(await transfers, reply => Assert.True(reply.Status is 200 or 422, reply.Text));

        var balances = await Task.WhenAll(accounts.Select(own.BalanceAsync));
        Assert.All(balances, balance => Assert.DoesNotContain('-', balance));
        Assert.Equal(800m, balances.Sum(decimal.Parse));
        Assert.Equal("-800.00", await own.BalanceAsync("settlement:USD"));
    }

    [Theory]
    [InlineData("?fresh=yes", "fresh")]
    [InlineData("?fresh=", "fresh")]
    [InlineData("?now=true", "now")]
    public async Task Other_questions_to_the_ledger_are_refused(string query, string fault) =>
        (await wallet.GetAsync($"{WholeLedger}{query}")).HasFaults(fault);

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/")]
    public async Task The_service_answers_that_it_is_well(string path)
    {
        var reply = (await wallet.GetAsync(path)).Is(200);
        Assert.Equal("application/json", reply.ContentHeaders.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_document_describes_every_route_with_its_problems()
    {
        var document = (await wallet.GetAsync("/openapi/v1.json")).Is(200).Json;
        var paths = document.GetProperty("paths");
        (string Path, string Method, string Statuses)[] expected =
        [
            ("/healthz", "get", "200 403"),
            ("/readyz", "get", "200 403 503"),
            (One, "post", "200 400 401 403 408 409 413 415 422 429 500 503"),
            (Many, "post", "200 400 401 403 408 413 415 429 500 503"),
            ("/v1/wallet/transfers/{transaction_id}", "get", "200 400 401 403 404 429 500 503"),
            (Accounts, "post", "200 201 400 401 403 408 409 413 415 429 500 503"),
            ($"{Accounts}/{{account_id}}", "get", "200 400 401 403 404 429 500 503"),
            ($"{Accounts}/{{account_id}}/entries", "get", "200 400 401 403 404 429 500 503"),
            ($"{Accounts}/{{account_id}}/freeze", "post", "200 400 401 403 404 408 429 500 503"),
            ($"{Accounts}/{{account_id}}/unfreeze", "post", "200 400 401 403 404 408 429 500 503"),
            (WholeLedger, "get", "200 400 401 403 429 500 503"),
        ];
        foreach (var (path, method, statuses) in expected)
        {
            var operation = paths.GetProperty(path).GetProperty(method);
            var responses = operation.GetProperty("responses").EnumerateObject().ToArray();
            Assert.Equal(statuses.Split(' '), responses.Select(response => response.Name).Order());
            Assert.All(responses, response => Assert.True(
                response.Value.GetProperty("content").EnumerateObject().First().Value.TryGetProperty("schema", out _)));
            Assert.Equal(path.StartsWith("/v1"), operation.TryGetProperty("security", out _));
            Assert.Equal(
                method == "post" && !path.EndsWith("freeze"), operation.TryGetProperty("requestBody", out _));
        }
        var schemes = document.GetProperty("components").GetProperty("securitySchemes");
        Assert.Equal("bearer", schemes.GetProperty("bearer").GetProperty("scheme").GetString());
        Assert.DoesNotContain(paths.EnumerateObject(), path => path.Value.TryGetProperty("head", out _));
    }

    [Fact]
    public async Task The_document_says_which_values_there_can_be()
    {
        var document = (await wallet.GetAsync("/openapi/v1.json")).Is(200).Json;
        var paths = document.GetProperty("paths");
        var entries = Parameters($"{Accounts}/{{account_id}}/entries");
        Assert.Equal(
            """{"maximum":1000,"minimum":1,"type":"integer","format":"int32","default":50}""", entries["limit"]);
        Assert.Contains("pattern", entries["account_id"]);
        var account = Parameters($"{Accounts}/{{account_id}}");
        Assert.Contains("\"date-time\"", account["at"]);
        Assert.Contains("\"int64\"", account["sequence"]);
        Assert.Contains("\"boolean\"", Parameters(WholeLedger)["fresh"]);
        Assert.Contains("\"uuid\"", Parameters("/v1/wallet/transfers/{transaction_id}")["transaction_id"]);

        Assert.Contains("Idempotent-Replayed", Answer(One, "200"));
        Assert.Contains("Idempotent-Replayed", Answer(One, "422"));
        Assert.Contains("Location", Answer(Accounts, "201"));
        Assert.Contains("Retry-After", Answer(One, "429"));
        var many = paths.GetProperty(Many).GetProperty("post");
        var answered = many.GetProperty("responses").GetProperty("200");
        foreach (var body in new[] { many.GetProperty("requestBody"), answered })
        {
            var content = body.GetProperty("content");
            Assert.Contains("\"array\"", $"{content.GetProperty(Json)}");
            Assert.DoesNotContain("\"array\"", $"{content.GetProperty(Lines)}");
        }

        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.Equal("""["open","frozen"]""", Member("AccountBody", "status", "enum"));
        Assert.Equal("""["debit","credit"]""", Member("EntryBody", "direction", "enum"));
        Assert.Equal("""["success","rejected"]""", Member("TransferBody", "status", "enum"));
        Assert.Equal("""["success","rejected","invalid"]""", Member("BatchAnswerBody", "status", "enum"));
        Assert.Equal("string", Member("TransferBody", "code", "type"));
        Assert.Equal("string", Member("LedgerBody", "digest", "type"));
        Assert.Equal("object", Member("ProblemBody", "errors", "type"));
        Assert.Equal("""["null","string"]""", Member("EntriesBody", "next_cursor", "type"));

        Dictionary<string, string> Parameters(string path) => paths.GetProperty(path).GetProperty("get")
            .GetProperty("parameters").EnumerateArray().ToDictionary(
                parameter => $"{parameter.GetProperty("name")}",
                parameter => Compact(parameter.GetProperty("schema")));
        string Answer(string path, string status) =>
            $"{paths.GetProperty(path).GetProperty("post").GetProperty("responses").GetProperty(status)}";
        string Member(string schema, string member, string what) =>
            Compact(schemas.GetProperty(schema).GetProperty("properties").GetProperty(member).GetProperty(what));
        static string Compact(JsonElement element) =>
            string.Concat(element.ToString().Where(letter => !char.IsWhiteSpace(letter)));
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/wallet")]
    [InlineData("/v1/wallet/nothing")]
    [InlineData("/v1/wallet/accounts/a/b/c")]
    [InlineData("/v2/wallet/ledger")]
    [InlineData("/favicon.ico")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/%2e%2e/etc/passwd")]
    public async Task An_unknown_route_is_not_found(string path)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
            (await wallet.SendAsync(method, path)).IsProblem(404, "not_found");
    }

    [Theory]
    [InlineData(One, "POST")]
    [InlineData(Many, "POST")]
    [InlineData(Accounts, "POST")]
    [InlineData(Accounts + "/a/freeze", "POST")]
    [InlineData(Accounts + "/a/unfreeze", "POST")]
    [InlineData(Accounts + "/a", "GET, HEAD")]
    [InlineData(Accounts + "/a/entries", "GET, HEAD")]
    [InlineData("/v1/wallet/transfers/x", "GET, HEAD")]
    [InlineData(WholeLedger, "GET, HEAD")]
    [InlineData("/healthz", "GET, HEAD")]
    [InlineData("/readyz", "GET, HEAD")]
    [InlineData("/openapi/v1.json", "GET, HEAD")]
    [InlineData("/", "GET, HEAD")]
    public async Task Another_method_is_refused_and_the_right_one_named(string path, string allowed)
    {
        foreach (var method in new[] { "PUT", "DELETE", "PATCH", "OPTIONS", allowed == "POST" ? "GET" : "POST" })
        {
            var reply = (await wallet.SendAsync(new HttpMethod(method), path)).IsProblem(405, "method_not_allowed");
            Assert.Equal(allowed.Split(", "), reply.ContentHeaders.Allow);
        }
    }

    [Theory]
    [InlineData("/healthz", 200)]
    [InlineData("/readyz", 200)]
    [InlineData(WholeLedger, 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData(Accounts + "/settlement:USD", 200)]
    [InlineData(Accounts + "/nobody", 404)]
    [InlineData("/nothing", 404)]
    [InlineData(One, 405)]
    public async Task Head_answers_as_get_without_a_body(string path, int status)
    {
        var reply = (await wallet.SendAsync(HttpMethod.Head, path)).Is(status);
        Assert.Empty(reply.Text);
    }

    [Fact]
    public async Task Answers_do_not_tell_what_serves_them()
    {
        var reply = await wallet.GetAsync("/healthz");
        Assert.False(reply.Headers.Contains("Server"));
        Assert.False(reply.Headers.Contains("X-Powered-By"));
    }
}
