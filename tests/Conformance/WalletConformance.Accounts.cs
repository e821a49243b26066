using System.Globalization;
using System.Text.Json;
using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// Accounts: opening, freezing, their past, their statements.
public abstract partial class WalletConformance
{
    private static readonly string[] EntryMembers =
        ["sequence", "transaction_id", "direction", "amount", "balance", "counterparty", "recorded_at"];

    [Fact]
    public async Task Opening_an_account_answers_201_with_it_and_where_it_is()
    {
        var account = NewAccount();
        var opened = (await wallet.OpenAsync(account)).Is(201);

        Assert.Equal(["account_id", "currency", "balance", "status", "version", "updated_at"], opened.Members);
        Assert.Equal((account, "USD", "0.00"), (opened["account_id"], opened["currency"], opened["balance"]));
        Assert.Equal(("open", "0"), (opened["status"], opened["version"]));
        Assert.Matches(TimePattern, opened["updated_at"]);
        var read = (await wallet.GetAsync($"{opened.Headers.Location}")).Is(200);
        Assert.Equal(opened.Text, read.Text);
    }

    [Fact]
    public async Task Opening_an_account_again_answers_200_with_the_account()
    {
        var account = await wallet.NewAccountAsync("5");
        var again = (await wallet.OpenAsync(account)).Is(200);
        Assert.Null(again.Headers.Location);
        Assert.Equal(("5.00", "1"), (again["balance"], again["version"]));
        (await wallet.OpenAsync(account, "EUR")).IsProblem(409, "account_exists");
    }

    [Fact]
    public async Task Opening_an_account_many_times_at_once_opens_it_once()
    {
        var account = NewAccount();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => wallet.OpenAsync(account)));
        Assert.Single(replies, reply => reply.Status == 201);
        Assert.Equal(19, replies.Count(reply => reply.Status == 200));
    }

    [Theory]
    [InlineData("settlement:USD")]
    [InlineData("settlement:")]
    [InlineData("settlement:mine")]
    public async Task Settlement_accounts_cannot_be_opened(string account) =>
        (await wallet.OpenAsync(account)).HasFaults("account_id");

    [Fact]
    public async Task Settlement_accounts_are_there_from_the_start()
    {
        var account = (await wallet.AccountAsync("settlement:SEK")).Is(200);
        Assert.Equal(("0.00", "SEK", "open"), (account["balance"], account["currency"], account["status"]));
    }

    [Fact]
    public async Task An_account_never_opened_is_not_found()
    {
        var unknown = NewAccount();
        (await wallet.AccountAsync(unknown)).IsProblem(404, "not_found");
        (await wallet.EntriesAsync(unknown)).IsProblem(404, "not_found");
        (await wallet.FreezeAsync(unknown)).IsProblem(404, "not_found");
        (await wallet.UnfreezeAsync(unknown)).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Nobody_is_told_to_open_a_settlement_account()
    {
        foreach (var account in new[] { "settlement:XXX", "settlement:usd", "settlement:" })
            Assert.DoesNotContain(
                "open it", (await wallet.AccountAsync(account)).IsProblem(404, "not_found")["detail"]);
    }

    [Fact]
    public async Task An_account_id_of_another_form_is_refused_in_the_path()
    {
        foreach (var path in new[] { "a%20b", "%C3%A4", new string('a', 65), "a%2Fb", "a~b" })
        {
            (await wallet.AccountAsync(path)).HasFaults("account_id");
            (await wallet.EntriesAsync(path)).HasFaults("account_id");
            (await wallet.FreezeAsync(path)).HasFaults("account_id");
            (await wallet.UnfreezeAsync(path)).HasFaults("account_id");
        }
    }

    [Fact]
    public async Task Freezing_and_unfreezing_show_and_change_no_balance()
    {
        var account = await wallet.NewAccountAsync("5");
        foreach (var _ in new[] { 1, 2 })
        {
            var frozen = (await wallet.FreezeAsync(account)).Is(200);
            Assert.Equal(("frozen", "5.00", "1"), (frozen["status"], frozen["balance"], frozen["version"]));
        }
        Assert.Equal("frozen", (await wallet.AccountAsync(account)).Is(200)["status"]);
        Assert.Equal("open", (await wallet.UnfreezeAsync(account)).Is(200)["status"]);
        Assert.Equal("open", (await wallet.UnfreezeAsync(account)).Is(200)["status"]);
    }

    [Fact]
    public async Task An_account_can_be_read_as_it_stood_after_any_event()
    {
        var account = await wallet.NewAccountAsync();
        var states = new List<(string Sequence, Reply State)>();
        for (var i = 1; i <= 70; i++)
        {
            var id = NewId();
            (await wallet.TransferAsync("settlement:USD", account, $"{i}", id: id)).Is(200);
            var sequence = (await wallet.FindTransferAsync(id)).Is(200)["sequence"];
            states.Add((sequence, (await wallet.AccountAsync(account)).Is(200)));
        }
        foreach (var (sequence, state) in states)
        {
            Assert.Equal(state.Text, (await wallet.AccountAsync(account, $"?sequence={sequence}")).Is(200).Text);
            var at = (await wallet.AccountAsync(account, $"?at={state["updated_at"]}")).Is(200);
            // Several events may share a microsecond; then the last of them counts.
            Assert.Equal(state["updated_at"], at["updated_at"]);
        }
        Assert.Equal(["1", "70"], new[] { states[0], states[^1] }.Select(state => state.State["version"]));
    }

    [Fact]
    public async Task An_account_was_frozen_when_it_was_frozen()
    {
        var (account, other, between) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync("5"), NewId());
        (await wallet.FreezeAsync(account)).Is(200);
        (await wallet.TransferAsync(other, "settlement:USD", "1", id: between)).Is(200);
        (await wallet.UnfreezeAsync(account)).Is(200);
        var sequence = (await wallet.FindTransferAsync(between)).Is(200)["sequence"];
        Assert.Equal("frozen", (await wallet.AccountAsync(account, $"?sequence={sequence}")).Is(200)["status"]);
        Assert.Equal("open", (await wallet.AccountAsync(account)).Is(200)["status"]);
    }

    [Fact]
    public async Task An_account_did_not_exist_before_its_opening_nor_can_its_future_be_read()
    {
        var before = (await wallet.GetAsync($"{WholeLedger}?fresh=true")).Is(200)["sequence"];
        var account = await wallet.NewAccountAsync("5");
        (await wallet.AccountAsync(account, $"?sequence={before}")).IsProblem(404, "not_found");
        (await wallet.AccountAsync(account, "?sequence=0")).IsProblem(404, "not_found");
        (await wallet.AccountAsync(account, "?at=2020-01-01T00:00:00Z")).IsProblem(404, "not_found");
        (await wallet.AccountAsync(account, $"?sequence={long.MaxValue}")).HasFaults("sequence");
        (await wallet.AccountAsync(account, "?at=2999-01-01T00:00:00Z")).HasFaults("at");
    }

    [Fact]
    public async Task Times_are_read_with_any_offset()
    {
        var account = await wallet.NewAccountAsync("5");
        var state = (await wallet.AccountAsync(account)).Is(200);
        var at = DateTimeOffset.Parse(state["updated_at"], CultureInfo.InvariantCulture);
        foreach (var hours in new[] { -11, -3, 0, 5, 14 })
        {
            var text = at.ToOffset(TimeSpan.FromHours(hours)).ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz");
            var read = (await wallet.AccountAsync(account, $"?at={Uri.EscapeDataString(text)}")).Is(200);
            Assert.Equal(state.Text, read.Text);
        }
    }

    [Theory]
    [InlineData("?at=yesterday", "at")]
    [InlineData("?at=", "at")]
    [InlineData("?at=2026-01-01", "at")]
    [InlineData("?at=2026-01-01T00:00:00", "at")]
    [InlineData("?at=2026-01-01T00:00:00.Z", "at")]
    [InlineData("?at=2026-01-01T00:00:00.0000000001Z", "at")]
    [InlineData("?at=2026-02-30T00:00:00Z", "at")]
    [InlineData("?at=2026-01-01T24:00:00Z", "at")]
    [InlineData("?at=2026-01-01T00:00:00+01:00", "at")]
    [InlineData("?at=2026-01-01T00:00:00Z&at=2026-01-01T00:00:00Z", "at")]
    [InlineData("?sequence=", "sequence")]
    [InlineData("?sequence=-1", "sequence")]
    [InlineData("?sequence=%2B1", "sequence")]
    [InlineData("?sequence=1.0", "sequence")]
    [InlineData("?sequence=9223372036854775808", "sequence")]
    [InlineData("?sequence=1&at=2026-01-01T00:00:00Z", "at", "sequence")]
    [InlineData("?sequenc=1", "sequenc")]
    [InlineData("?sequenc=1&at=x", "sequenc", "at")]
    public async Task Other_moments_are_refused(string query, params string[] faults) =>
        (await wallet.AccountAsync("settlement:USD", query)).HasFaults(faults);

    [Fact]
    public async Task Entries_are_listed_newest_first()
    {
        var (account, other) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync());
        var id = NewId();
        (await wallet.TransferAsync(account, other, "4", id: id)).Is(200);
        (await wallet.TransferAsync(account, other, "400")).Is(422);

        var page = (await wallet.EntriesAsync(account)).Is(200);

        Assert.Equal(["entries", "next_cursor"], page.Members);
        Assert.Equal(JsonValueKind.Null, page.Json.GetProperty("next_cursor").ValueKind);
        var entries = page.Json.GetProperty("entries").EnumerateArray().ToArray();
        Assert.Equal(2, entries.Length);
        Assert.Equal(EntryMembers, entries[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal([id, "debit", "4.00", "6.00", other], Values(entries[0]));
        Assert.Equal(["credit", "10.00", "10.00", "settlement:USD"], Values(entries[1])[1..]);
        Assert.True(entries[0].GetProperty("sequence").GetInt64() > entries[1].GetProperty("sequence").GetInt64());
        Assert.Matches(TimePattern, entries[0].GetProperty("recorded_at").GetString());
        var paid = (await wallet.EntriesAsync(other)).Is(200).Json.GetProperty("entries")[0];
        Assert.Equal([id, "credit", "4.00", "4.00", account], Values(paid));

        static string[] Values(JsonElement entry) =>
            [.. EntryMembers[1..^1].Select(member => $"{entry.GetProperty(member)}")];
    }

    [Fact]
    public async Task Pages_of_entries_join_without_gap_or_repeat_while_new_ones_arrive()
    {
        var account = await wallet.NewAccountAsync();
        for (var i = 1; i <= 25; i++) (await wallet.TransferAsync("settlement:USD", account, $"{i}")).Is(200);
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var query = cursor is null ? "?limit=7" : $"?limit=7&cursor={Uri.EscapeDataString(cursor)}";
            var page = (await wallet.EntriesAsync(account, query)).Is(200).Json;
            seen.AddRange(page.GetProperty("entries").EnumerateArray().Select(e => $"{e.GetProperty("amount")}"));
            cursor = page.GetProperty("next_cursor").GetString();
            (await wallet.TransferAsync("settlement:USD", account, "1000")).Is(200);
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(1, 25).Reverse().Select(i => $"{i}.00"), seen);
    }

    [Fact]
    public async Task A_page_has_fifty_entries_unless_asked_otherwise_and_a_thousand_at_most()
    {
        var account = await wallet.NewAccountAsync();
        var transfers = NewIds(1001).Select(id => TransferJson("settlement:USD", account, "1", "USD", id));
        (await SendBatchAsync(asLines: true, [.. transfers])).Is(200);
        Assert.Equal(50, Count(await wallet.EntriesAsync(account)));
        Assert.Equal(1, Count(await wallet.EntriesAsync(account, "?limit=1")));
        var most = await wallet.EntriesAsync(account, "?limit=1000");
        Assert.Equal(1000, Count(most));
        Assert.Equal(1, Count(await wallet.EntriesAsync(
            account, $"?cursor={Uri.EscapeDataString(most["next_cursor"])}&limit=1000")));
        static int Count(Reply reply) => reply.Is(200).Json.GetProperty("entries").GetArrayLength();
    }

    [Fact]
    public async Task An_account_without_entries_has_an_empty_page()
    {
        var account = await wallet.NewAccountAsync();
        Assert.Equal("""{"entries":[],"next_cursor":null}""", (await wallet.EntriesAsync(account)).Is(200).Text);
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=-1", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?limit=", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?cursor=", "cursor")]
    [InlineData("?cursor=nonsense", "cursor")]
    [InlineData("?cursor=99999999999999999999", "cursor")]
    [InlineData("?page=2", "page")]
    public async Task Other_pages_are_refused(string query, string fault)
    {
        var account = await wallet.NewAccountAsync("5");
        (await wallet.EntriesAsync(account, query)).HasFaults(fault);
    }

    [Fact]
    public async Task A_cursor_of_another_account_is_refused()
    {
        var (one, other) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync("5"));
        (await wallet.TransferAsync("settlement:USD", one, "1")).Is(200);
        var cursor = (await wallet.EntriesAsync(one, "?limit=1")).Is(200)["next_cursor"];
        (await wallet.EntriesAsync(other, $"?cursor={Uri.EscapeDataString(cursor)}")).HasFaults("cursor");
    }
}
