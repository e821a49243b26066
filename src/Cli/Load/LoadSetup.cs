using System.Text;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Load;

/// <summary>
/// Opens the load's accounts and gives each its money. Run again with the same seed, it changes nothing.
/// </summary>
internal sealed class LoadSetup(LoadSettings settings, LoadPlan plan, HttpRequestText text)
{
    private const int FundingsPerRequest = 1000;

    private int nextAccount;
    private int nextFunding;
    private int existed;

    /// <summary>How many accounts were there before.</summary>
    public int Existed => existed;

    /// <summary>How much is done, 0 to 1.</summary>
    public double Share => Math.Min(1, (Volatile.Read(ref nextAccount) + (double)Volatile.Read(ref nextFunding))
        / (2.0 * settings.Accounts));

    /// <summary>Opens accounts, one by one, until all are.</summary>
    public async Task OpenAsync(HttpCaller caller, CancellationToken stop)
    {
        while (Interlocked.Increment(ref nextAccount) - 1 is var number && number < settings.Accounts)
        {
            stop.ThrowIfCancellationRequested();
            var body = $$"""{"account_id":"{{plan.AccountOf(number)}}","currency":"{{settings.Currency}}"}""";
            var answer = await caller.CallAsync(text.Post("/v1/wallet/accounts", "application/json", body));
            if (answer.Status == 200) Interlocked.Increment(ref existed);
            else if (answer.Status != 201) throw Refused("An account could not be opened", answer);
        }
    }

    /// <summary>Funds accounts, many in a request, until all are.</summary>
    public async Task FundAsync(HttpCaller caller, CancellationToken stop)
    {
        var amount = new Money(settings.FundMinorUnits, settings.Currency).ToAmountString();
        var settlement = AccountId.Settlement(settings.Currency);
        while (Interlocked.Add(ref nextFunding, FundingsPerRequest) - FundingsPerRequest is var first
            && first < settings.Accounts)
        {
            stop.ThrowIfCancellationRequested();
            var body = new StringBuilder("[");
            for (var number = first; number < Math.Min(first + FundingsPerRequest, settings.Accounts); number++)
                body.Append(number > first ? "," : "").Append(TransferBody.TextOf(
                    settlement.Value, plan.AccountOf(number), amount, settings.Currency, plan.FundingId(number)));
            body.Append(']');
            var answer = await caller.CallAsync(
                text.Post("/v1/wallet/balance_transfers", "application/json", body.ToString()));
            if (answer.Status != 200) throw Refused("The accounts could not be funded", answer);
            Check(answer);
        }
    }

    private static void Check(in HttpAnswer answer)
    {
        var elements = new BatchAnswer(answer.Body.Span);
        while (elements.TryRead(out var element))
            if (element.Status != BatchStatus.Success)
                throw new LoadException(
                    $"An account could not be funded: {element.Code}. Use another --seed, or another --fund.",
                        ExitCode.Bad);
    }

    private static LoadException Refused(string what, in HttpAnswer answer) => new(
        $"{what}: {LoadWorker.Describe(answer)}. "
        + (answer.Status is 401 or 403 ? "Give a --key with the scopes transfer, read and treasury." : ""),
        ExitCode.Bad);
}
