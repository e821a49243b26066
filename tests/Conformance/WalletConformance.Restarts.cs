using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// What a restart leaves as it was: everything that was ever answered.
public abstract partial class WalletConformance
{
    [Fact]
    public async Task After_a_restart_all_reads_answer_as_before()
    {
        await using var server = await edition.StartAsync();
        string[] paths;
        string[] before;
        Reply ledger;
        using (var client = new WalletClient(server))
        {
            var (rich, poor) = (await client.NewAccountAsync("10"), await client.NewAccountAsync());
            var frozen = await client.NewAccountAsync("3", "JPY");
            var (first, second, refused) = (NewId(), NewId(), NewId());
            (await client.TransferAsync(rich, poor, "4.01", id: first)).Is(200);
            var then = (await client.AccountAsync(rich)).Is(200);
            (await client.TransferAsync(poor, rich, "4", id: second)).Is(200);
            (await client.TransferAsync(poor, rich, "4", id: refused)).Is(422);
            (await client.FreezeAsync(frozen)).Is(200);
            var sequence = (await client.FindTransferAsync(first)).Is(200)["sequence"];
            var page = (await client.EntriesAsync(rich, "?limit=1")).Is(200);
            paths =
            [
                .. new[] { first, second, refused }.Select(id => $"/v1/wallet/transfers/{id}"),
                .. new[] { rich, poor, frozen, "settlement:USD", "settlement:JPY" }
                    .SelectMany(account => new[] { $"{Accounts}/{account}", $"{Accounts}/{account}/entries" }),
                $"{Accounts}/{rich}?sequence={sequence}", $"{Accounts}/{rich}?at={then["updated_at"]}",
                $"{Accounts}/{rich}/entries?limit=1&cursor={Uri.EscapeDataString(page["next_cursor"])}",
            ];
            before = await ReadAsync(client);
            ledger = (await client.GetAsync($"{WholeLedger}?fresh=true")).Is(200);
        }

        await server.RestartAsync();

        using var again = new WalletClient(server);
        Assert.Equal(before, await ReadAsync(again));
        var after = (await again.GetAsync($"{WholeLedger}?fresh=true")).Is(200);
        foreach (var member in ledger.Members.Except(["sequence"])) Assert.Equal(ledger[member], after[member]);

        async Task<string[]> ReadAsync(WalletClient client)
        {
            var texts = new List<string>();
            foreach (var path in paths) texts.Add((await client.GetAsync(path)).Is(200).Text);
            return [.. texts];
        }
    }

    [Fact]
    public async Task After_a_restart_what_was_decided_stays_decided()
    {
        await using var server = await edition.StartAsync();
        var (refused, batch) = (NewId(), NewIds(3));
        string rich, poor, frozen, lines;
        Reply first;
        using (var client = new WalletClient(server))
        {
            (rich, poor) = (await client.NewAccountAsync("10"), await client.NewAccountAsync());
            frozen = await client.NewAccountAsync("10");
            (await client.FreezeAsync(frozen)).Is(200);
            (await client.TransferAsync(poor, rich, "1", id: refused)).IsProblem(422, "insufficient_funds");
            lines = string.Join('\n',
                TransferJson(rich, poor, "2", "USD", batch[0]), TransferJson(frozen, poor, "1", "USD", batch[1]),
                TransferJson(rich, poor, "1", "USD", batch[2]));
            first = (await client.PostAsync(Many, lines, Lines)).Is(200);
        }

        await server.RestartAsync();

        using var again = new WalletClient(server);
        // By now it could be paid; the refusal was final all the same.
        var reply = (await again.TransferAsync(poor, rich, "1", id: refused)).IsProblem(422, "insufficient_funds");
        Assert.True(reply.IsReplayed);
        Assert.Equal(
            first.Text.Replace("\"replayed\":false", "\"replayed\":true"),
            (await again.PostAsync(Many, lines, Lines)).Is(200).Text);
        (await again.TransferAsync(frozen, poor, "1")).IsProblem(422, "account_frozen");
        (await again.TransferAsync(rich, poor, "9", id: batch[0])).IsProblem(409, "transaction_id_reused");
        (await again.OpenAsync(rich, "EUR")).IsProblem(409, "account_exists");
        Assert.Equal(("7.00", "3.00"), (await again.BalanceAsync(rich), await again.BalanceAsync(poor)));
    }
}
