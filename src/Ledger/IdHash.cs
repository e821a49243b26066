using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>
/// A 64-bit hash of transaction ids under a secret key of this ledger, so that nobody can choose ids that collide:
/// two rounds of folded 128-bit multiplication, as in wyhash. Equal hashes are told apart by the ids.
/// </summary>
public readonly struct IdHash(Guid key)
{
    private readonly ulong low = MemoryMarshal.Cast<Guid, ulong>([key])[0];
    private readonly ulong high = MemoryMarshal.Cast<Guid, ulong>([key])[1];

    /// <summary>The hash of an id.</summary>
    public ulong Of(TransactionId id)
    {
        var value = id.Value;
        var words = MemoryMarshal.Cast<Guid, ulong>(MemoryMarshal.CreateReadOnlySpan(in value, 1));
        var first = Fold(words[0] ^ low, words[1] ^ high);
        return Fold(first ^ 0xA0761D6478BD642F, high | 1);
    }

    private static ulong Fold(ulong one, ulong other)
    {
        var upper = Math.BigMul(one, other, out var lower);
        return upper ^ lower;
    }
}
