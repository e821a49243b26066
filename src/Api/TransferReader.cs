using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Reads transfers as the contract writes them, finding all faults at once.</summary>
internal static class TransferReader
{
    private const int AmountCharsUsual = 64;
    private const int EchoCharsMax = 64;

    // Without a currency an amount's form is still looked at: as one of the currency with the most fraction digits.
    private static readonly Currency Finest = Currency.All.MaxBy(currency => currency.FractionDigits);

    /// <summary>Reads a body that is one transfer. False where it has faults.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Transfer transfer, ref Faults faults)
    {
        var values = new Values();
        if (StrictObject.TryReadWhole<Members>(body, values, ref faults))
            return TryTransfer(body, values, out transfer, ref faults);
        transfer = default;
        return false;
    }

    /// <summary>
    /// Reads the transfer that <paramref name="json"/> stands at the beginning of. False where it has faults;
    /// <paramref name="echo"/> is then its transaction id as far as it can be told.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static bool TryRead(
        ref Utf8JsonReader json, ReadOnlySpan<byte> body, out Transfer transfer, out string? echo)
    {
        transfer = default;
        echo = null;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return false;
        }
        var values = new Values();
        var faults = new Faults(worded: false);
        StrictObject.Read<Members>(ref json, values, ref faults);
        if (TryTransfer(body, values, out transfer, ref faults)) return true;
        echo = EchoOf(body, values[Members.Id]);
        return false;
    }

    private static bool TryTransfer(
        ReadOnlySpan<byte> body, ReadOnlySpan<MemberValue> values, out Transfer transfer, ref Faults faults)
    {
        var from = Account(body, values[Members.From], "from_account", ref faults);
        var to = Account(body, values[Members.To], "to_account", ref faults);
        var hasCurrency = TryCurrency(body, values[Members.Currency], ref faults, out var currency);
        var amount = Amount(body, values[Members.Amount], hasCurrency ? currency : default, ref faults);
        var id = Id(body, values[Members.Id], ref faults);
        transfer = faults.Any ? default : new Transfer(id, from, to, amount);
        return !faults.Any;
    }

    internal static AccountId Account(ReadOnlySpan<byte> body, MemberValue value, string name, ref Faults faults)
    {
        if (!StrictObject.TryText(body, value, name, ref faults, out var text)) return default;
        // Latin-1 keeps each byte one character, so what is no ASCII stays visible to the check.
        if (text.Length <= AccountId.LengthMax && AccountIdText.TryParse(Encoding.Latin1.GetString(text), out var id))
            return id;
        faults.Add(name, Explain.AccountId);
        return default;
    }

    internal static bool TryCurrency(
        ReadOnlySpan<byte> body, MemberValue value, ref Faults faults, out Currency currency)
    {
        currency = default;
        if (!StrictObject.TryText(body, value, "currency", ref faults, out var text)) return false;
        Span<char> code = stackalloc char[3];
        if (text.Length == code.Length)
        {
            Encoding.Latin1.GetChars(text, code);
            if (Currency.TryParse(code, out currency)) return true;
        }
        faults.Add("currency", Explain.Currency);
        return false;
    }

    private static Money Amount(ReadOnlySpan<byte> body, MemberValue value, Currency currency, ref Faults faults)
    {
        if (!StrictObject.TryText(body, value, "amount", ref faults, out var text)) return default;
        var chars = text.Length <= AmountCharsUsual ? stackalloc char[AmountCharsUsual] : new char[text.Length];
        chars = chars[..Encoding.Latin1.GetChars(text, chars)];
        if (currency != default)
        {
            var fault = Money.Check(chars, currency, out var money);
            if (fault != AmountFault.None) faults.Add("amount", faults.IsWorded ? fault.Explain(currency) : "");
            return money;
        }
        var form = Money.Check(chars, Finest, out _);
        if (form is AmountFault.NotDecimal or AmountFault.LeadingZero or AmountFault.Zero)
            faults.Add("amount", faults.IsWorded ? form.Explain(Finest) : "");
        return default;
    }

    private static TransactionId Id(ReadOnlySpan<byte> body, MemberValue value, ref Faults faults)
    {
        if (!StrictObject.TryText(body, value, "transaction_id", ref faults, out var text)) return default;
        if (TryId(text, out var id)) return id;
        faults.Add("transaction_id", Explain.TransactionId);
        return default;
    }

    private static bool TryId(ReadOnlySpan<byte> text, out TransactionId id)
    {
        Span<char> chars = stackalloc char[TransactionId.TextLength];
        id = default;
        if (text.Length != chars.Length) return false;
        Encoding.Latin1.GetChars(text, chars);
        return TransactionId.TryParse(chars, out id);
    }

    private static string? EchoOf(ReadOnlySpan<byte> body, MemberValue value)
    {
        var faults = new Faults(worded: false);
        if (!StrictObject.TryText(body, value, "", ref faults, out var text)) return null;
        if (TryId(text, out var id)) return id.ToString();
        var echo = Encoding.UTF8.GetString(text[..Math.Min(text.Length, EchoCharsMax * 4)]);
        return echo.Length <= EchoCharsMax ? echo : null;
    }

    [InlineArray(5)]
    private struct Values
    {
        private MemberValue first;
    }

    // The names differ in length, so one look at it leaves one comparison.
    private sealed class Members : IMembers
    {
        public const int From = 0;
        public const int To = 1;
        public const int Amount = 2;
        public const int Currency = 3;
        public const int Id = 4;

        private static readonly string[] All = ["from_account", "to_account", "amount", "currency", "transaction_id"];

        public static ReadOnlySpan<string> Names => All;

        public static int IndexOf(ReadOnlySpan<byte> name) => name.Length switch
        {
            12 when Ascii.EqualsIgnoreCase(name, "from_account"u8) => From,
            10 when Ascii.EqualsIgnoreCase(name, "to_account"u8) => To,
            6 when Ascii.EqualsIgnoreCase(name, "amount"u8) => Amount,
            8 when Ascii.EqualsIgnoreCase(name, "currency"u8) => Currency,
            14 when Ascii.EqualsIgnoreCase(name, "transaction_id"u8) => Id,
            _ => -1,
        };
    }
}
