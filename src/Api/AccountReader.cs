using System.Runtime.CompilerServices;
using System.Text;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Reads the request to open an account.</summary>
internal static class AccountReader
{
    /// <summary>Reads a body that is one such request. False where it has faults.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out AccountId id, out Currency currency, ref Faults faults)
    {
        var values = new Values();
        id = default;
        currency = default;
        if (!StrictObject.TryReadWhole<Members>(body, values, ref faults)) return false;
        id = TransferReader.Account(body, values[Members.Id], "account_id", ref faults);
        // The ledger refuses it too, but only when all else is right, and faults are told at once.
        if (id.IsSettlement) faults.Add("account_id", Explain.ReservedAccountId);
        TransferReader.TryCurrency(body, values[Members.Currency], ref faults, out currency);
        return !faults.Any;
    }

    [InlineArray(2)]
    private struct Values
    {
        private MemberValue first;
    }

    private sealed class Members : IMembers
    {
        public const int Id = 0;
        public const int Currency = 1;

        private static readonly string[] All = ["account_id", "currency"];

        public static ReadOnlySpan<string> Names => All;

        public static int IndexOf(ReadOnlySpan<byte> name) => name.Length switch
        {
            10 when Ascii.EqualsIgnoreCase(name, "account_id"u8) => Id,
            8 when Ascii.EqualsIgnoreCase(name, "currency"u8) => Currency,
            _ => -1,
        };
    }
}
