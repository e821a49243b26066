using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded;

/// <summary>The wallet on one machine.</summary>
public sealed partial class EmbeddedWallet
{
}
