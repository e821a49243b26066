using System.Globalization;
using System.Text.Json;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Load;

/// <summary>The ledger as the server tells it.</summary>
internal sealed record LedgerReading(long Sequence, long Transfers, IReadOnlyDictionary<string, decimal> Totals);

/// <summary>Reads what a load checks afterwards.</summary>
internal sealed class LedgerReader(HttpRequestText text, HttpCaller caller)
{
    /// <summary>Reads the whole ledger.</summary>
    public async Task<LedgerReading> ReadLedgerAsync()
    {
        using var json = await ReadAsync("/v1/wallet/ledger?fresh=true");
        var ledger = json.RootElement;
        return new LedgerReading(
            ledger.GetProperty("sequence").GetInt64(), ledger.GetProperty("transfers").GetInt64(),
            ledger.GetProperty("totals").EnumerateObject().ToDictionary(
                total => total.Name,
                total => decimal.Parse(total.Value.GetString() ?? "", CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads an account's balance in minor units.</summary>
    public async Task<long> ReadBalanceAsync(string account, Currency currency)
    {
        using var json = await ReadAsync($"/v1/wallet/accounts/{account}");
        var balance = json.RootElement.GetProperty("balance").GetString() ?? "";
        return (long)(decimal.Parse(balance, CultureInfo.InvariantCulture) * currency.MinorUnitsPerMajor);
    }

    private async Task<JsonDocument> ReadAsync(string path)
    {
        var answer = await caller.CallAsync(text.Get(path));
        if (answer.Status != 200)
            throw new LoadException($"GET {path} was answered with {LoadWorker.Describe(answer)}", ExitCode.Bad);
        return JsonDocument.Parse(answer.Body.ToArray());
    }
}
