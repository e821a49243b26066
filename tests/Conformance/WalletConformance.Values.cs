using System.Text;
using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// The forms of values and bodies: what is understood, and what is refused with 400.
public abstract partial class WalletConformance
{
    [Theory]
    [InlineData("USD", "10", "10.00")]
    [InlineData("USD", "10.5", "10.50")]
    [InlineData("USD", "0.01", "0.01")]
    [InlineData("USD", "0.10", "0.10")]
    [InlineData("JPY", "10", "10")]
    [InlineData("KWD", "10", "10.000")]
    [InlineData("KWD", "0.001", "0.001")]
    [InlineData("CLF", "0.0001", "0.0001")]
    public async Task Amounts_come_back_with_the_currencys_fraction_digits(string currency, string sent, string back)
    {
        var account = await wallet.NewAccountAsync(null, currency);
        (await wallet.TransferAsync($"settlement:{currency}", account, sent, currency)).Is(200);
        Assert.Equal(back, await wallet.BalanceAsync(account));
        var entry = (await wallet.EntriesAsync(account)).Is(200).Json.GetProperty("entries")[0];
        Assert.Equal(back, entry.GetProperty("amount").GetString());
    }

    [Theory]
    [InlineData("USD", "90000000000000000.00")]
    [InlineData("BHD", "9000000000000000.000")]
    public async Task The_largest_amount_can_be_sent(string currency, string most)
    {
        await using var server = await edition.StartAsync();
        using var own = new WalletClient(server);
        var account = await own.NewAccountAsync(most, currency);
        Assert.Equal(most, await own.BalanceAsync(account));
        (await own.TransferAsync(account, $"settlement:{currency}", most, currency)).Is(200);
    }

    [Theory]
    [InlineData("USD", "")]
    [InlineData("USD", " 1")]
    [InlineData("USD", "1 ")]
    [InlineData("USD", "+1")]
    [InlineData("USD", "-1")]
    [InlineData("USD", "1e2")]
    [InlineData("USD", "1,000")]
    [InlineData("USD", "01")]
    [InlineData("USD", "00")]
    [InlineData("USD", ".5")]
    [InlineData("USD", "5.")]
    [InlineData("USD", ".")]
    [InlineData("USD", "1.2.3")]
    [InlineData("USD", "1.001")]
    [InlineData("USD", "1.000")]
    [InlineData("USD", "0")]
    [InlineData("USD", "0.00")]
    [InlineData("USD", "NaN")]
    [InlineData("USD", "١")]
    [InlineData("USD", "1\u0000")]
    [InlineData("USD", "90000000000000000.01")]
    [InlineData("USD", "99999999999999999999999999999999999999999999999999999999999999999999999999999999")]
    [InlineData("JPY", "1.0")]
    [InlineData("JPY", "9000000000000000001")]
    [InlineData("KWD", "1.0001")]
    public async Task Other_amounts_are_refused(string currency, string amount) =>
        (await wallet.TransferAsync("a", "b", amount, currency)).HasFaults("amount");

    [Theory]
    [InlineData("usd")]
    [InlineData("Usd")]
    [InlineData("US")]
    [InlineData("USDX")]
    [InlineData("XXX")]
    [InlineData("DEM")]
    [InlineData("")]
    [InlineData("U$D")]
    public async Task Other_currencies_are_refused(string currency)
    {
        (await wallet.TransferAsync("a", "b", "1", currency)).HasFaults("currency");
        (await wallet.OpenAsync(NewAccount(), currency)).HasFaults("currency");
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0158998026641 1ec96210242ac130002")]
    [InlineData("01589980266411ec96210242ac130002")]
    [InlineData("{01589980-2664-11ec-9621-0242ac130002}")]
    [InlineData("01589980-2664-11ec-9621-0242ac13000")]
    [InlineData("01589980-2664-11ec-9621-0242ac1300022")]
    [InlineData("g1589980-2664-11ec-9621-0242ac130002")]
    [InlineData("0x589980-2664-11ec-9621-0242ac130002")]
    [InlineData("+1589980-2664-11ec-9621-0242ac130002")]
    [InlineData(" 1589980-2664-11ec-9621-0242ac130002")]
    public async Task Other_transaction_ids_are_refused(string id) =>
        (await wallet.TransferAsync("a", "b", "1", id: id)).HasFaults("transaction_id");

    [Theory]
    [InlineData("")]
    [InlineData("al ice")]
    [InlineData("älice")]
    [InlineData("alice/bob")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("alice\n")]
    [InlineData("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg")]
    public async Task Other_account_ids_are_refused(string account)
    {
        (await wallet.TransferAsync(account, "b", "1")).HasFaults("from_account");
        (await wallet.TransferAsync("a", account, "1")).HasFaults("to_account");
        (await wallet.OpenAsync(account)).HasFaults("account_id");
    }

    [Fact]
    public async Task Account_ids_are_case_sensitive_and_may_have_64_characters()
    {
        var account = $"A.z_0:9-{Guid.NewGuid():N}{Guid.NewGuid():N}"[..64];
        (await wallet.OpenAsync(account)).Is(201);
        (await wallet.OpenAsync(account.ToLowerInvariant())).Is(201);
        Assert.Equal(account, (await wallet.AccountAsync(account)).Is(200)["account_id"]);
    }

    [Fact]
    public async Task All_faults_are_told_at_once()
    {
        (await wallet.PostAsync(One, "{}"))
            .HasFaults("from_account", "to_account", "amount", "currency", "transaction_id");
        (await wallet.PostAsync(One, """
            {"from_account":"no good","to_account":7,"amount":"01",
             "currency":"usd","transaction_id":"x","more":{"a":[1]}}
            """)).HasFaults("from_account", "to_account", "amount", "currency", "transaction_id", "more");
        (await wallet.PostAsync(Accounts, """{"account_id":null,"Account_Id":"a"}"""))
            .HasFaults("account_id", "currency");
        (await wallet.OpenAsync("settlement:USD", "usd")).HasFaults("account_id", "currency");
        (await wallet.EntriesAsync("no~good", "?limit=0&cursor=junk&page=1"))
            .HasFaults("account_id", "limit", "cursor", "page");
        (await wallet.PostAsync($"{One}?dry_run=true", "{}")).HasFaults(
            "dry_run", "from_account", "to_account", "amount", "currency", "transaction_id");
    }

    [Fact]
    public async Task Three_dots_name_an_account()
    {
        var account = $"...{Guid.NewGuid():N}";
        (await wallet.OpenAsync(account)).Is(201);
        (await wallet.AccountAsync(account)).Is(200);
        (await wallet.OpenAsync("...")).Is(201);
        (await wallet.AccountAsync("...")).Is(200);
    }

    [Fact]
    public async Task Member_names_are_read_in_any_case_and_with_escapes()
    {
        var (from, to) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync());
        (await wallet.PostAsync(One, $$"""
             { "FROM_ACCOUNT" : "{{from}}", "To_Account":"{{to}}", "\u0061mount":"\u0031.00",
               "Currency":"US\u0044", "transaction_ID":"{{NewId()}}" }
            """)).Is(200);
        Assert.Equal("4.00", await wallet.BalanceAsync(from));
    }

    [Theory]
    [InlineData("from_account")]
    [InlineData("to_account")]
    [InlineData("amount")]
    [InlineData("currency")]
    [InlineData("transaction_id")]
    public async Task Missing_duplicate_and_non_string_members_are_refused(string member)
    {
        var good = TransferJson("a", "b", "1", "USD", NewId());
        var capitals = member.ToUpperInvariant();
        (await wallet.PostAsync(One, good.Replace($"\"{member}\"", "\"other\""))).HasFaults(member, "other");
        (await wallet.PostAsync(One, $$"""{"{{member}}":"1",{{good[1..]}}""")).Is(400);
        Assert.Contains("once", (await wallet.PostAsync(One, $$"""{"{{capitals}}":"1",{{good[1..]}}""")).Is(400).Text);
        foreach (var value in new[] { "1", "1.00", "true", "null", "[]", "{}", "[\"1\"]" })
        {
            var start = good.IndexOf($"\"{member}\":", StringComparison.Ordinal) + member.Length + 3;
            var end = good.IndexOf('"', start + 1) + 1;
            (await wallet.PostAsync(One, $"{good[..start]}{value}{good[end..]}")).HasFaults(member);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{{GOOD}")]
    [InlineData("{GOOD} x")]
    [InlineData("{GOOD}{GOOD}")]
    [InlineData("{GOOD},")]
    [InlineData("{GOOD,}")]
    [InlineData("{GOOD}/* why */")]
    [InlineData("{/* why */GOOD}")]
    [InlineData("{GOOD} // why")]
    [InlineData("{'a':'b'}")]
    [InlineData("{GOOD,\"a\":01}")]
    [InlineData("\uFEFF{GOOD}")]
    [InlineData("{\"deep\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}")]
    public async Task Bodies_that_are_not_one_strict_object_are_refused(string template)
    {
        var body = template.Replace("GOOD", TransferJson("a", "b", "1", "USD", NewId())[1..^1]);
        var reply = (await wallet.PostAsync(One, body)).IsProblem(400, "invalid_request");
        Assert.Contains("$", reply.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        (await wallet.PostAsync(Accounts, body)).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task Text_that_is_no_unicode_is_refused()
    {
        var good = TransferJson("a", "b", "1", "USD", NewId());
        var bytes = Encoding.UTF8.GetBytes(good);
        bytes[good.IndexOf("\"a\"", StringComparison.Ordinal) + 1] = 0xFF;
        (await wallet.PostAsync(One, bytes)).HasFaults("$");
        (await wallet.PostAsync(One, good.Replace("\"a\"", "\"\\ud800\""))).HasFaults("from_account");
        (await wallet.PostAsync(One, $$"""{"\ud800":"1",{{good[1..]}}""")).IsProblem(400, "invalid_request");
        (await wallet.PostAsync(One, good.Replace("\"a\"", "\"\\ud83d\\ude00\""))).HasFaults("from_account");
    }

    [Fact]
    public async Task A_malformed_request_leaves_its_id_free()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync(), NewId());
        (await wallet.TransferAsync(from, to, "01", id: id)).Is(400);
        (await wallet.FindTransferAsync(id)).Is(404);
        Assert.False((await wallet.TransferAsync(from, to, "1", id: id)).Is(200).IsReplayed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/jsonx")]
    [InlineData("application/problem+json")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/json; version=2")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Bodies_of_another_kind_are_refused(string? contentType)
    {
        var body = TransferJson("a", "b", "1", "USD", NewId());
        (await wallet.PostAsync(One, body, contentType)).IsProblem(415, "unsupported_media_type");
        (await wallet.PostAsync(Many, $"[{body}]", contentType)).IsProblem(415, "unsupported_media_type");
        (await wallet.PostAsync(Accounts, "{}", contentType)).IsProblem(415, "unsupported_media_type");
    }

    [Theory]
    [InlineData("application/json;charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("Application/JSON")]
    public async Task Json_may_say_that_it_is_utf_8(string contentType)
    {
        var (from, to) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync());
        (await wallet.PostAsync(One, TransferJson(from, to, "1", "USD", NewId()), contentType)).Is(200);
    }

    [Fact]
    public async Task Compressed_bodies_are_refused()
    {
        using var content = new ByteArrayContent(new byte[20]);
        content.Headers.TryAddWithoutValidation("Content-Type", Json);
        content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");
        (await wallet.SendAsync(HttpMethod.Post, One, content)).IsProblem(415, "unsupported_media_type");
    }
}
