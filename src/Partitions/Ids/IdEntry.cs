using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions.Ids;

/// <summary>A transaction id and its value, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct IdEntry(TransactionId Id, long Value)
{
    public const int Bytes = 24;
}
