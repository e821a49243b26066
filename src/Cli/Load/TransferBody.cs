using System.Text;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Load;

/// <summary>
/// Requests that move money, written once and then only changed where they differ: accounts, amount, id. Every
/// transfer is as long as any other, so the lengths never change.
/// </summary>
internal sealed class TransferBody
{
    private const int AccountDigits = 9;

    private readonly byte[] template;
    private readonly int fromAt;
    private readonly int toAt;
    private readonly int amountAt;
    private readonly int fractionDigits;
    private readonly int idAt;

    public TransferBody(LoadPlan plan, Currency currency)
    {
        fractionDigits = currency.FractionDigits;
        var account = plan.AccountOf(0);
        var amount = new Money(currency.MinorUnitsPerMajor, currency).ToAmountString();
        var id = Guid.Empty.ToString("D");
        var text = TextOf(account, account, amount, currency, Guid.Empty);
        template = Encoding.ASCII.GetBytes(text);
        fromAt = text.IndexOf(account, StringComparison.Ordinal) + account.Length - AccountDigits;
        toAt = text.LastIndexOf(account, StringComparison.Ordinal) + account.Length - AccountDigits;
        amountAt = text.IndexOf("\"amount\":\"", StringComparison.Ordinal) + "\"amount\":\"".Length;
        idAt = text.IndexOf(id, StringComparison.Ordinal);
    }

    /// <summary>How long one transfer is.</summary>
    public int Length => template.Length;

    /// <summary>Writes a transfer.</summary>
    public void Write(Span<byte> body, in PlannedTransfer transfer)
    {
        template.CopyTo(body);
        WriteDigits(body.Slice(fromAt, AccountDigits), transfer.From);
        WriteDigits(body.Slice(toAt, AccountDigits), transfer.To);
        var amount = body[amountAt..];
        var rest = transfer.MinorUnits;
        for (var i = fractionDigits; i > 0; i--, rest /= 10) amount[1 + i] = (byte)('0' + rest % 10);
        amount[0] = (byte)('0' + rest);
        transfer.Id.TryFormat(body[idAt..], out _, "D");
    }

    /// <summary>The transaction id's text in a body.</summary>
    public ReadOnlySpan<byte> IdIn(ReadOnlySpan<byte> written) => written.Slice(idAt, TransactionId.TextLength);

    private static void WriteDigits(Span<byte> digits, int value)
    {
        for (var i = digits.Length - 1; i >= 0; i--, value /= 10) digits[i] = (byte)('0' + value % 10);
    }

    /// <summary>A transfer as the contract writes it.</summary>
    public static string TextOf(string from, string to, string amount, Currency currency, Guid id) =>
        $$"""{"from_account":"{{from}}","to_account":"{{to}}","amount":"{{amount}}", """
        + $$""" "currency":"{{currency}}","transaction_id":"{{id:D}}"}""";
}
