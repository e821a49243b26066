using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// One transfer: what it does, what it answers, what it refuses.
public abstract partial class WalletConformance
{
    [Fact]
    public async Task A_transfer_moves_money_and_answers_with_the_published_names()
    {
        var from = await wallet.NewAccountAsync("10.00");
        var to = await wallet.NewAccountAsync();
        var id = NewId();

        var reply = (await wallet.TransferAsync(from, to, "1.00", id: id)).Is(200);

        Assert.Equal($$"""{"Status":"success","Transaction_id":"{{id}}"}""", reply.Text);
        Assert.Equal("application/json; charset=utf-8", reply.ContentHeaders.ContentType?.ToString());
        Assert.False(reply.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("9.00", await wallet.BalanceAsync(from));
        Assert.Equal("1.00", await wallet.BalanceAsync(to));
    }

    [Fact]
    public async Task A_transaction_id_in_capitals_is_the_same_and_answered_in_lower_case()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var first = (await wallet.TransferAsync(from, to, "1", id: id.ToUpperInvariant())).Is(200);
        var second = (await wallet.TransferAsync(from, to, "1", id: id)).Is(200);
        Assert.Equal(id, first["Transaction_id"]);
        Assert.True(second.IsReplayed);
        Assert.Equal("9.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task The_same_request_again_has_the_same_answer_and_moves_money_once()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var first = (await wallet.TransferAsync(from, to, "2.5", id: id)).Is(200);
        foreach (var sameValue in new[] { "2.5", "2.50" })
        {
            var again = (await wallet.TransferAsync(from, to, sameValue, id: id)).Is(200);
            Assert.Equal(first.Text, again.Text);
            Assert.True(again.IsReplayed);
        }
        Assert.Equal("7.50", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task The_same_request_after_a_restart_has_the_same_answer()
    {
        await using var server = await edition.StartAsync();
        var id = NewId();
        string from, to;
        Reply first;
        using (var before = new WalletClient(server))
        {
            (from, to) = (await before.NewAccountAsync("10"), await before.NewAccountAsync());
            first = (await before.TransferAsync(from, to, "1", id: id)).Is(200);
        }
        await server.RestartAsync();
        using var after = new WalletClient(server);
        var again = (await after.TransferAsync(from, to, "1", id: id)).Is(200);
        Assert.Equal(first.Text, again.Text);
        Assert.True(again.IsReplayed);
        Assert.Equal("9.00", await after.BalanceAsync(from));
    }

    [Fact]
    public async Task The_same_request_a_hundred_times_at_once_moves_money_once()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("1000"), await wallet.NewAccountAsync(), NewId());
        var clients = Enumerable.Range(0, 100).Select(_ => new WalletClient(edition.Usual)).ToArray();
        var replies = await Task.WhenAll(clients.Select(client => client.TransferAsync(from, to, "7", id: id)));
        foreach (var client in clients) client.Dispose();

        Assert.All(replies, reply => reply.Is(200));
        Assert.Single(replies.Select(reply => reply.Text).Distinct());
        Assert.Single(replies, reply => !reply.IsReplayed);
        Assert.Equal("993.00", await wallet.BalanceAsync(from));
        Assert.Equal("7.00", await wallet.BalanceAsync(to));
    }

    [Fact]
    public async Task A_transaction_id_with_other_content_is_refused_and_the_first_one_stays()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var other = await wallet.NewAccountAsync("10");
        (await wallet.TransferAsync(from, to, "1", id: id)).Is(200);

        (await wallet.TransferAsync(from, to, "2", id: id)).IsProblem(409, "transaction_id_reused");
        (await wallet.TransferAsync(other, to, "1", id: id)).IsProblem(409, "transaction_id_reused");
        (await wallet.TransferAsync(from, other, "1", id: id)).IsProblem(409, "transaction_id_reused");
        var last = (await wallet.TransferAsync(from, to, "1", "EUR", id)).IsProblem(409, "transaction_id_reused");
        Assert.False(last.IsReplayed);

        Assert.True((await wallet.TransferAsync(from, to, "1", id: id)).Is(200).IsReplayed);
        Assert.Equal("9.00", await wallet.BalanceAsync(from));
        Assert.Equal("10.00", await wallet.BalanceAsync(other));
    }

    [Fact]
    public async Task The_same_content_under_two_ids_is_two_transfers()
    {
        var (from, to) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync());
        (await wallet.TransferAsync(from, to, "1")).Is(200);
        (await wallet.TransferAsync(from, to, "1")).Is(200);
        Assert.Equal("2.00", await wallet.BalanceAsync(to));
    }

    [Fact]
    public async Task Debit_above_balance_is_refused_and_stays_refused()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync(), NewId());
        (await wallet.TransferAsync(from, to, "5.01", id: id)).IsProblem(422, "insufficient_funds");
        (await wallet.TransferAsync("settlement:USD", from, "100")).Is(200);

        var again = (await wallet.TransferAsync(from, to, "5.01", id: id)).IsProblem(422, "insufficient_funds");

        Assert.True(again.IsReplayed);
        Assert.Equal("105.00", await wallet.BalanceAsync(from));
        Assert.Equal("0.00", await wallet.BalanceAsync(to));
    }

    [Fact]
    public async Task The_whole_balance_can_be_sent()
    {
        var (from, to) = (await wallet.NewAccountAsync("5.01"), await wallet.NewAccountAsync());
        (await wallet.TransferAsync(from, to, "5.01")).Is(200);
        Assert.Equal("0.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task Transfer_with_an_account_never_opened_is_refused_for_good()
    {
        var (known, unknown, id) = (await wallet.NewAccountAsync("5"), NewAccount(), NewId());
        (await wallet.TransferAsync(known, unknown, "1", id: id)).IsProblem(422, "account_not_found");
        (await wallet.TransferAsync(unknown, known, "1")).IsProblem(422, "account_not_found");
        (await wallet.OpenAsync(unknown)).Is(201);
        (await wallet.TransferAsync(known, unknown, "1", id: id)).IsProblem(422, "account_not_found");
        (await wallet.TransferAsync(known, unknown, "1")).Is(200);
    }

    [Fact]
    public async Task Transfer_to_the_same_account_is_refused()
    {
        var account = await wallet.NewAccountAsync("5");
        (await wallet.TransferAsync(account, account, "1")).IsProblem(422, "same_account");
        Assert.Equal("5.00", await wallet.BalanceAsync(account));
    }

    [Fact]
    public async Task Transfer_in_another_currency_is_refused()
    {
        var (dollars, euros) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync("5", "EUR"));
        (await wallet.TransferAsync(dollars, euros, "1")).IsProblem(422, "currency_mismatch");
        (await wallet.TransferAsync(dollars, euros, "1", "EUR")).IsProblem(422, "currency_mismatch");
    }

    [Fact]
    public async Task Frozen_accounts_neither_pay_nor_are_paid()
    {
        var (frozen, other) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync("5"));
        (await wallet.FreezeAsync(frozen)).Is(200);
        var id = NewId();
        (await wallet.TransferAsync(frozen, other, "1", id: id)).IsProblem(422, "account_frozen");
        (await wallet.TransferAsync(other, frozen, "1")).IsProblem(422, "account_frozen");
        (await wallet.UnfreezeAsync(frozen)).Is(200);
        (await wallet.TransferAsync(frozen, other, "1", id: id)).IsProblem(422, "account_frozen");
        (await wallet.TransferAsync(frozen, other, "1")).Is(200);
    }

    [Fact]
    public async Task Of_several_reasons_the_caller_hears_the_most_basic_one()
    {
        var (frozen, euros) = (await wallet.NewAccountAsync(), await wallet.NewAccountAsync(null, "EUR"));
        var poor = await wallet.NewAccountAsync();
        var unknown = NewAccount();
        (await wallet.FreezeAsync(frozen)).Is(200);
        (await wallet.TransferAsync(unknown, unknown, "1")).IsProblem(422, "same_account");
        (await wallet.TransferAsync(frozen, unknown, "1")).IsProblem(422, "account_not_found");
        (await wallet.TransferAsync(frozen, euros, "1")).IsProblem(422, "account_frozen");
        (await wallet.TransferAsync(poor, frozen, "1")).IsProblem(422, "account_frozen");
        (await wallet.TransferAsync(poor, euros, "1")).IsProblem(422, "currency_mismatch");
    }

    [Fact]
    public async Task Money_enters_through_the_settlement_account_which_goes_below_zero()
    {
        var account = await wallet.NewAccountAsync("3", "ISK");
        Assert.Equal("3", await wallet.BalanceAsync(account));
        Assert.StartsWith("-", await wallet.BalanceAsync("settlement:ISK"));
        (await wallet.TransferAsync(account, "settlement:ISK", "3", "ISK")).Is(200);
        Assert.Equal("0", await wallet.BalanceAsync("settlement:ISK"));
    }

    [Fact]
    public async Task A_balance_past_the_largest_number_is_refused()
    {
        // A currency no other test uses: its settlement account is at zero.
        const string most = "9000000000000000000";
        var (full, other) = (await wallet.NewAccountAsync(most, "CLP"), await wallet.NewAccountAsync(null, "CLP"));
        (await wallet.TransferAsync("settlement:CLP", other, "1", "CLP")).IsProblem(422, "balance_overflow");
        (await wallet.TransferAsync(full, other, most, "CLP")).Is(200);
        Assert.Equal(most, await wallet.BalanceAsync(other));
        Assert.Equal($"-{most}", await wallet.BalanceAsync("settlement:CLP"));
    }

    [Fact]
    public async Task A_recorded_transfer_can_be_read()
    {
        var (from, to) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync());
        var (done, refused) = (NewId(), NewId());
        (await wallet.TransferAsync(from, to, "1.5", id: done)).Is(200);
        (await wallet.TransferAsync(from, to, "100", id: refused)).Is(422);

        var success = (await wallet.FindTransferAsync(done.ToUpperInvariant())).Is(200);
        Assert.Equal(
            ["amount", "currency", "from_account", "recorded_at", "sequence", "status", "to_account", "transaction_id"],
            success.Members.Order());
        Assert.Equal((done, "success", "1.50"), (success["transaction_id"], success["status"], success["amount"]));
        Assert.Equal((from, to, "USD"), (success["from_account"], success["to_account"], success["currency"]));
        Assert.True(success.Json.GetProperty("sequence").GetInt64() > 0);
        Assert.Matches(TimePattern, success["recorded_at"]);

        var rejected = (await wallet.FindTransferAsync(refused)).Is(200);
        Assert.Equal(("rejected", "insufficient_funds"), (rejected["status"], rejected["code"]));
        Assert.Equal("100.00", rejected["amount"]);
        Assert.True(
            rejected.Json.GetProperty("sequence").GetInt64() > success.Json.GetProperty("sequence").GetInt64());
    }

    [Fact]
    public async Task A_transfer_never_recorded_is_not_found()
    {
        (await wallet.FindTransferAsync(NewId())).IsProblem(404, "not_found");
        (await wallet.FindTransferAsync("01589980")).HasFaults("transaction_id");
        (await wallet.FindTransferAsync(Guid.Empty.ToString())).HasFaults("transaction_id");
        (await wallet.FindTransferAsync($"{NewId()}?x=1")).HasFaults("x");
    }

    private const string TimePattern = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$";
}
