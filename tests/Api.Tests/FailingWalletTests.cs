using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api.Tests;

/// <summary>The front end over a wallet that refuses, fails, or is full; mounted as another host would.</summary>
public sealed class FailingWalletTests : IAsyncLifetime, IDisposable
{
    private const string One = "/v1/wallet/balance_transfer";
    private const string Many = "/v1/wallet/balance_transfers";

    private readonly FakeWallet wallet = new();
    private readonly CollectedLog log = new();
    private readonly HttpClient http = new();
    private WebApplication? app;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IWallet>(wallet).AddWalletApi(builder.Configuration);
        app = builder.Build();
        app.MapWalletApi();
        await app.StartAsync();
        http.BaseAddress = new Uri(app.Urls.First());
    }

    public async Task DisposeAsync()
    {
        if (app is not null) await app.DisposeAsync();
    }

    public void Dispose()
    {
        http.Dispose();
        log.Dispose();
    }

    [Theory]
    [InlineData(Rejection.Overloaded, HttpStatusCode.TooManyRequests, "overloaded")]
    [InlineData(Rejection.Unavailable, HttpStatusCode.ServiceUnavailable, "unavailable")]
    public async Task No_room_and_no_journal_are_told_with_when_to_come_again(
        Rejection rejection, HttpStatusCode status, string code)
    {
        wallet.Decide = _ => new TransferOutcome(rejection, false, 0);
        await IsProblemAsync(await PostAsync(One, Transfer()), status, code, hasRetryAfter: true);
        await IsProblemAsync(await PostAsync(Many, $"[{Transfer()},{{}}]"), status, code, hasRetryAfter: true);
    }

    [Fact]
    public async Task A_batch_with_one_unknown_outcome_is_unknown_as_a_whole()
    {
        var calls = 0;
        wallet.Decide = _ => new TransferOutcome(calls++ == 1 ? Rejection.Unavailable : Rejection.None, false, 0);
        var reply = await PostAsync(Many, $"[{Transfer()},{Transfer()},{Transfer()}]");
        await IsProblemAsync(reply, HttpStatusCode.ServiceUnavailable, "unavailable", hasRetryAfter: true);
    }

    [Theory]
    [InlineData("POST", One)]
    [InlineData("POST", Many)]
    [InlineData("POST", "/v1/wallet/accounts")]
    [InlineData("GET", "/v1/wallet/accounts/a")]
    [InlineData("GET", "/v1/wallet/accounts/a/entries")]
    [InlineData("POST", "/v1/wallet/accounts/a/freeze")]
    [InlineData("POST", "/v1/wallet/accounts/a/unfreeze")]
    [InlineData("GET", "/v1/wallet/transfers/01589980-2664-11ec-9621-0242ac130002")]
    [InlineData("GET", "/v1/wallet/ledger")]
    public async Task What_the_wallet_throws_has_its_answer_everywhere(string method, string path)
    {
        wallet.Failure = new WalletOverloadedException();
        await IsProblemAsync(await CallAsync(method, path), HttpStatusCode.TooManyRequests, "overloaded", true);

        wallet.Failure = new WalletUnavailableException("The disk is full.");
        var text = await IsProblemAsync(
            await CallAsync(method, path), HttpStatusCode.ServiceUnavailable, "unavailable", true);
        Assert.Contains("The disk is full.", text);
        Assert.Empty(log.Errors);

        wallet.Failure = new InvalidOperationException("secret at /var/lib/secret");
        text = await IsProblemAsync(
            await CallAsync(method, path), HttpStatusCode.InternalServerError, "internal", false);
        Assert.DoesNotContain("secret", text);
        var traceId = JsonDocument.Parse(text).RootElement.GetProperty("trace_id").GetString();
        Assert.Contains($"{traceId}", Assert.Single(log.Errors));
    }

    [Fact]
    public async Task A_malformed_request_never_reaches_the_wallet()
    {
        foreach (var body in new[] { "", "{", "{}", Transfer()[..^1], Transfer() + "x" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(One, body)).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(Many, $"[{Transfer()},{body}")).StatusCode);
        }
        Assert.Empty(wallet.Reached);
    }

    [Fact]
    public async Task A_problem_is_found_again_under_the_callers_trace_and_is_read_as_it_was_written()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/wallet/accounts/a?'<>=%C3%A4");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var reply = await http.SendAsync(request);
        var text = await IsProblemAsync(reply, HttpStatusCode.BadRequest, "invalid_request", hasRetryAfter: false);
        Assert.Contains("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"", text);
        Assert.Contains("\"errors\":{\"'<>\":[", text);
        Assert.Equal("nosniff", reply.Headers.GetValues("X-Content-Type-Options").Single());
        using var another = await http.GetAsync("/v1/wallet/accounts/a?b=");
        Assert.DoesNotContain("0af7651916cd43dd8448eb211c80319c", await another.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_wallet_that_is_not_ready_says_why()
    {
        wallet.Readiness = new Readiness(false, "The journal is being replayed.");
        var text = await IsProblemAsync(
            await http.GetAsync("/readyz"), HttpStatusCode.ServiceUnavailable, "unavailable", true);
        Assert.Contains("The journal is being replayed.", text);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz")).StatusCode);
        wallet.Readiness = new Readiness(true, null);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/readyz")).StatusCode);
    }

    [Fact]
    public async Task Every_final_rejection_can_be_answered_alone_and_in_a_batch()
    {
        foreach (var rejection in Enum.GetValues<Rejection>().Where(one => one.IsFinal()))
        {
            wallet.Decide = _ => new TransferOutcome(rejection, true, 1);
            var single = await PostAsync(One, Transfer());
            await IsProblemAsync(
                single, HttpStatusCode.UnprocessableEntity, Problems.CodeOf(rejection), hasRetryAfter: false);
            Assert.Equal("true", single.Headers.GetValues("Idempotent-Replayed").Single());
            var batch = await (await PostAsync(Many, $"[{Transfer()}]")).Content.ReadAsStringAsync();
            var end = $"\"status\":\"rejected\",\"code\":\"{Problems.CodeOf(rejection)}\",\"replayed\":true}}]";
            Assert.EndsWith(end, batch);
        }
    }

    private static string Transfer() => $$"""
        {"from_account":"a","to_account":"b","amount":"1","currency":"USD","transaction_id":"{{Guid.NewGuid()}}"}
        """;

    private Task<HttpResponseMessage> CallAsync(string method, string path) =>
        method == "GET" ? http.GetAsync(path) : PostAsync(path, path switch
        {
            One => Transfer(),
            Many => $"[{Transfer()}]",
            _ when path.EndsWith("freeze") => "",
            _ => """{"account_id":"a","currency":"USD"}""",
        });

    private Task<HttpResponseMessage> PostAsync(string path, string body) =>
        http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string> IsProblemAsync(
        HttpResponseMessage reply, HttpStatusCode status, string code, bool hasRetryAfter)
    {
        var text = await reply.Content.ReadAsStringAsync();
        Assert.Equal((status, "application/problem+json"), (reply.StatusCode, $"{reply.Content.Headers.ContentType}"));
        Assert.Equal(code, JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
        Assert.Equal(hasRetryAfter, reply.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.DoesNotContain("Exception", text);
        return text;
    }
}
