using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWallet.Api;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>What callers over HTTP meet while the engine's queue is full. Here its disk can be told to wait.</summary>
public sealed class FullQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_full_queue_is_answered_with_when_to_come_again_and_keeps_nothing_of_what_it_refused()
    {
        var gate = new Gate(operation => operation is { Kind: DiskOperationKind.Sync, Path: [.., 'l'] });
        var options = Tiny.JournalOnly with { QueueTransfersMax = 64, BatchTransfersMax = 200 };
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), options, gate.Plan);
        await ledger.FundAsync(2);
        await using var app = await ServeAsync(ledger.Wallet);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        gate.Close();
        var taken = new List<Task<HttpResponseMessage>>();
        taken.Add(PostAsync(http, "balance_transfer", Transfer(Guid.NewGuid())));
        await gate.Reached;
        // What is taken waits for the disk: more of them than batch and queue hold, and one at least is answered.
        for (var i = 0; i <= options.BatchTransfersMax + options.QueueTransfersMax; i++)
            taken.Add(PostAsync(http, "balance_transfer", Transfer(Guid.NewGuid())));
        await Task.WhenAny(taken).WaitAsync(Patience);
        var ids = Enumerable.Range(0, 64).Select(_ => Guid.NewGuid()).ToArray();
        using var many = await PostAsync(http, "balance_transfers", $"[{string.Join(',', ids.Select(Transfer))}]");
        await IsOverloadedAsync(many);
        gate.Open();

        var answers = await Task.WhenAll(taken).WaitAsync(Patience);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
            await IsOverloadedAsync(answer);
        var moved = answers.Count(answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(1_000_000 + moved, await ledger.BalanceAsync(1));
        foreach (var id in ids) Assert.Null(await ledger.Wallet.FindTransferAsync(new TransactionId(id)));
        using var again = await PostAsync(http, "balance_transfer", Transfer(ids[0]));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.False(again.Headers.Contains("Idempotent-Replayed"));
        foreach (var answer in answers) answer.Dispose();
    }

    private static async Task<WebApplication> ServeAsync(IWallet wallet)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(wallet).AddWalletApi(builder.Configuration);
        var app = builder.Build();
        app.MapWalletApi();
        await app.StartAsync();
        return app;
    }

    private static string Transfer(Guid id) => $$"""
        {"from_account":"account-0","to_account":"account-1","amount":"0.01","currency":"USD","transaction_id":"{{id}}"}
        """;

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string body) =>
        http.PostAsync($"/v1/wallet/{path}", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task IsOverloadedAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("overloaded", problem.GetProperty("code").GetString());
    }
}
