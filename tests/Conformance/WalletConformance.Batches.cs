using System.Text;
using System.Text.Json;
using static OrleansWallet.Conformance.WalletClient;

namespace OrleansWallet.Conformance;

// Many transfers at once, as an array and as lines.
public abstract partial class WalletConformance
{
    public static TheoryData<bool> ArrayAndLines => [false, true];

    [Theory]
    [MemberData(nameof(ArrayAndLines))]
    public async Task A_batch_is_answered_in_its_order_and_format(bool asLines)
    {
        var (from, to, ids) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewIds(4));
        var reply = await SendBatchAsync(asLines,
            TransferJson(from, to, "1", "USD", ids[0]), TransferJson(from, to, "100", "USD", ids[1]),
            TransferJson(from, to, "01", "USD", ids[2]), TransferJson(from, to, "2", "USD", ids[3]));

        reply.Is(200);
        Assert.Equal(
            asLines ? "application/x-ndjson; charset=utf-8" : "application/json; charset=utf-8",
            reply.ContentHeaders.ContentType?.ToString());
        string[] expected =
        [
            Answer(ids[0], "success", null), Answer(ids[1], "rejected", "insufficient_funds"),
            Answer(ids[2], "invalid", "invalid_request"), Answer(ids[3], "success", null),
        ];
        Assert.Equal(
            asLines ? string.Concat(expected.Select(line => $"{line}\n")) : $"[{string.Join(',', expected)}]",
            reply.Text);
        Assert.Equal("7.00", await wallet.BalanceAsync(from));
    }

    [Theory]
    [MemberData(nameof(ArrayAndLines))]
    public async Task A_batch_sent_again_moves_nothing_and_says_so(bool asLines)
    {
        var (from, to, ids) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewIds(3));
        string[] transfers =
        [
            TransferJson(from, to, "1", "USD", ids[0]), TransferJson(from, to, "100", "USD", ids[1]),
            TransferJson(from, to, "2", "USD", ids[2]),
        ];
        (await SendBatchAsync(asLines, transfers)).Is(200);
        var again = Elements((await SendBatchAsync(!asLines, transfers)).Is(200));
        Assert.All(again, element => Assert.True(element.GetProperty("replayed").GetBoolean()));
        Assert.Equal(["success", "rejected", "success"], again.Select(e => e.GetProperty("status").GetString()));
        Assert.True((await wallet.TransferAsync(from, to, "1", id: ids[0])).Is(200).IsReplayed);
        Assert.Equal("7.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task A_batch_with_the_same_id_twice_moves_money_once()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var reply = await SendBatchAsync(asLines: false,
            TransferJson(from, to, "1", "USD", id), TransferJson(from, to, "1.00", "USD", id.ToUpperInvariant()),
            TransferJson(from, to, "2", "USD", id));
        Assert.Equal(
            $"[{Answer(id, "success", null)},{Answer(id, "success", null, replayed: true)}," +
            $"{Answer(id, "rejected", "transaction_id_reused")}]", reply.Is(200).Text);
        Assert.Equal("9.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task Transfers_of_a_batch_take_effect_in_order()
    {
        var (first, second, third) =
            (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync(), await wallet.NewAccountAsync());
        var reply = await SendBatchAsync(asLines: false,
            TransferJson(second, third, "5", "USD", NewId()), TransferJson(first, second, "5", "USD", NewId()),
            TransferJson(second, third, "5", "USD", NewId()), TransferJson(second, third, "5", "USD", NewId()));
        Assert.Equal(
            ["insufficient_funds", null, null, "insufficient_funds"],
            Elements(reply.Is(200)).Select(element => element.GetProperty("code").GetString()));
        Assert.Equal("5.00", await wallet.BalanceAsync(third));
    }

    [Fact]
    public async Task Every_refusal_has_its_code_in_a_batch()
    {
        var (rich, frozen) = (await wallet.NewAccountAsync("5"), await wallet.NewAccountAsync());
        var (euros, unknown, used) = (await wallet.NewAccountAsync(null, "EUR"), NewAccount(), NewId());
        (await wallet.FreezeAsync(frozen)).Is(200);
        (await wallet.TransferAsync(rich, "settlement:USD", "1", id: used)).Is(200);
        (string To, string Code)[] refused =
        [
            (rich, "same_account"), (unknown, "account_not_found"), (frozen, "account_frozen"),
            (euros, "currency_mismatch"), ("settlement:USD", "insufficient_funds"),
        ];
        var reply = await SendBatchAsync(asLines: true,
            [.. refused.Select(one => TransferJson(rich, one.To, "9", "USD", NewId())),
                TransferJson(rich, "settlement:USD", "2", "USD", used)]);
        Assert.Equal(
            [.. refused.Select(one => one.Code), "transaction_id_reused"],
            Elements(reply.Is(200)).Select(element => element.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Ten_thousand_transfers_are_taken_and_one_more_is_not()
    {
        var (from, to) = (await wallet.NewAccountAsync("10001"), await wallet.NewAccountAsync());
        var transfers = NewIds(10_001).Select(id => TransferJson(from, to, "1", "USD", id)).ToArray();

        (await SendBatchAsync(asLines: false, transfers)).HasFaults("$");
        (await SendBatchAsync(asLines: true, transfers)).HasFaults("$");
        Assert.Equal("10001.00", await wallet.BalanceAsync(from));

        var elements = Elements((await SendBatchAsync(asLines: true, transfers[1..])).Is(200));
        Assert.Equal(10_000, elements.Count(element => element.GetProperty("status").GetString() == "success"));
        Assert.Equal("1.00", await wallet.BalanceAsync(from));
        var again = Elements((await SendBatchAsync(asLines: false, transfers[1..])).Is(200));
        Assert.Equal(10_000, again.Count(element => element.GetProperty("replayed").GetBoolean()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[]")]
    [InlineData("{GOOD}")]
    [InlineData("[{GOOD}")]
    [InlineData("[{GOOD},]")]
    [InlineData("[{GOOD}] x")]
    [InlineData("[{GOOD}][]")]
    [InlineData("[{GOOD}/**/]")]
    [InlineData("[{GOOD},{\"a\":]")]
    [InlineData("{GOOD}\n{GOOD}")]
    [InlineData("[{GOOD},[[[[[[[[[[[[[[]]]]]]]]]]]]]]]")]
    public async Task A_batch_that_is_no_array_is_refused_as_a_whole(string template)
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var body = template.Replace("GOOD", TransferJson(from, to, "1", "USD", id)[1..^1]);
        (await wallet.PostAsync(Many, body)).HasFaults("$");
        (await wallet.FindTransferAsync(id)).Is(404);
    }

    [Fact]
    public async Task A_batch_with_text_that_is_no_unicode_is_refused_as_a_whole()
    {
        var body = Encoding.UTF8.GetBytes($"[{TransferJson("a", "b", "1", "USD", NewId())},\"?\"]");
        body[^3] = 0xC0;
        (await wallet.PostAsync(Many, body)).HasFaults("$");
    }

    [Fact]
    public async Task A_batch_of_no_lines_is_refused() => (await wallet.PostAsync(Many, "", Lines)).HasFaults("$");

    [Fact]
    public async Task An_array_element_that_is_no_transfer_is_invalid_by_itself()
    {
        var (from, to, id) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewId());
        var good = TransferJson(from, to, "1", "USD", id);
        var sane = new string('x', 64);
        var body = $$"""
            [7, null, "text", [1,[2]], {}, {"transaction_id":7}, {"transaction_id":"no\"id\u00e9"},
            {"transaction_id":"{{sane}}"}, {"transaction_id":"{{sane}}x"}, {"transaction_id":"\ud800"},
            {"transaction_id":"{{id.ToUpperInvariant()}}"}, {{good[..^1]}},"more":1}, {{good}}]
            """;
        var elements = Elements((await wallet.PostAsync(Many, body)).Is(200));
        Assert.Equal(
            [null, null, null, null, null, null, "no\"idé", sane, null, null, id, id, id],
            elements.Select(element => element.GetProperty("transaction_id").GetString()));
        Assert.All(elements.SkipLast(1), element => Assert.Equal(
            ("invalid", "invalid_request", false),
            (element.GetProperty("status").GetString(), element.GetProperty("code").GetString(),
                element.GetProperty("replayed").GetBoolean())));
        Assert.Equal("success", elements[^1].GetProperty("status").GetString());
        Assert.Equal("9.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task A_broken_line_is_invalid_by_itself()
    {
        var (from, to, ids) = (await wallet.NewAccountAsync("10"), await wallet.NewAccountAsync(), NewIds(2));
        var (first, last) = (TransferJson(from, to, "1", "USD", ids[0]), TransferJson(from, to, "1", "USD", ids[1]));
        var bytes = Encoding.UTF8.GetBytes(
            $"{first}\r\n\n \r\n{{\n{first} {last}\n[{first}]\n{first},\n\"?\"\n\uFEFF{first}\n{last}");
        bytes[bytes.AsSpan().IndexOf("\"?\""u8) + 1] = 0xFF;

        var elements = Elements((await wallet.PostAsync(Many, bytes, "application/x-ndjson; charset=utf-8")).Is(200));

        Assert.Equal(10, elements.Length);
        Assert.Equal("success", elements[0].GetProperty("status").GetString());
        Assert.All(elements[1..^1], element => Assert.Equal("invalid", element.GetProperty("status").GetString()));
        Assert.Equal("success", elements[^1].GetProperty("status").GetString());
        Assert.Equal("8.00", await wallet.BalanceAsync(from));
    }

    [Fact]
    public async Task A_batch_of_invalid_elements_only_is_answered_like_any_other()
    {
        var reply = (await wallet.PostAsync(Many, "[{},{}]")).Is(200);
        Assert.Equal(2, Elements(reply).Length);
    }

    private Task<Reply> SendBatchAsync(bool asLines, params string[] transfers) => asLines
        ? wallet.PostAsync(Many, string.Join('\n', transfers), Lines)
        : wallet.PostAsync(Many, $"[{string.Join(',', transfers)}]");

    private static string[] NewIds(int count) => [.. Enumerable.Range(0, count).Select(_ => NewId())];

    private static string Answer(string id, string status, string? code, bool replayed = false)
    {
        var text = code is null ? "null" : $"\"{code}\"";
        var flag = replayed ? "true" : "false";
        return $$"""{"transaction_id":"{{id}}","status":"{{status}}","code":{{text}},"replayed":{{flag}}}""";
    }

    private static JsonElement[] Elements(Reply reply) => reply.Text.StartsWith('[')
        ? [.. reply.Json.EnumerateArray()]
        : [.. reply.Text.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
}
