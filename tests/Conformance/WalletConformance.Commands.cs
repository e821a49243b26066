using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// Commands take what the contract names, and nothing is passed over in silence.
public abstract partial class WalletConformance
{
    [Fact]
    public async Task A_command_has_no_query_parameters()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync(), NewId());
        var body = TransferJson(from, to, "1", "USD", id);
        (await wallet.PostAsync($"{One}?dry_run=true", body)).HasFaults("dry_run");
        (await wallet.PostAsync($"{Many}?dry_run=true", $"[{body}]")).HasFaults("dry_run");
        (await wallet.PostAsync($"{Many}?dry_run=true&atomic=1", body, Lines)).HasFaults("dry_run", "atomic");
        (await wallet.FindTransferAsync(id)).Is(404);
        var account = NewAccount();
        (await wallet.PostAsync($"{Accounts}?if=x", $$"""{"account_id":"{{account}}","currency":"USD"}"""))
            .HasFaults("if");
        (await wallet.AccountAsync(account)).Is(404);
        foreach (var verb in new[] { "freeze", "unfreeze" })
            (await wallet.SendAsync(HttpMethod.Post, $"{Accounts}/{from}/{verb}?until=noon")).HasFaults("until");
        Assert.Equal("open", (await wallet.AccountAsync(from)).Is(200)["status"]);
        (await wallet.PostAsync($"{One}?", body)).Is(200);
    }

    [Fact]
    public async Task Freezing_takes_no_body()
    {
        var account = await wallet.NewAccountAsync();
        foreach (var verb in new[] { "freeze", "unfreeze" })
        {
            var path = $"{Accounts}/{account}/{verb}";
            (await wallet.PostAsync(path, """{"reason":"fraud"}""")).HasFaults("$");
            (await wallet.PostAsync($"{path}?x=1", "{}")).HasFaults("$", "x");
            using var raw = await RawConnection.OpenAsync(edition.Usual);
            await raw.SendAsync($"{Chunked(path)}2\r\n{{}}\r\n0\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 400 ", await raw.ReadUntilAsync("}}"));
            Assert.Equal("open", (await wallet.AccountAsync(account)).Is(200)["status"]);
        }
        using var empty = await RawConnection.OpenAsync(edition.Usual);
        await empty.SendAsync($"{Chunked($"{Accounts}/{account}/freeze")}0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await empty.ReadUntilAsync("}"));
        (await wallet.PostAsync($"{Accounts}/{account}/unfreeze", "")).Is(200);
    }
}
