namespace OrleansWallet.Ledger;

/// <summary>What a payer's partition asks of the payee's for one transfer.</summary>
public enum CreditStep : byte
{
    /// <summary>TC/C: promise to take the money.</summary>
    Try = 1,
    /// <summary>TC/C: credit what was promised.</summary>
    Confirm = 2,
    /// <summary>Both: don't, unless it is done already; and don't later either.</summary>
    Cancel = 3,
    /// <summary>Saga: credit, or refuse for ever.</summary>
    Credit = 4,
}

/// <summary>
/// One order from a payer's partition to the payee's. Many travel together behind one <see cref="ChannelHead"/>.
/// </summary>
/// <param name="Step">What to do.</param>
/// <param name="Number">The transfer's number in the channel between the two, from 1 on.</param>
/// <param name="Id">The transaction id.</param>
/// <param name="From">The payer's account; of a Try or a Credit only.</param>
/// <param name="To">The payee's account; of a Try or a Credit only.</param>
/// <param name="Amount">The amount; of a Try or a Credit only.</param>
public readonly record struct CreditOrder(
    CreditStep Step, long Number, TransactionId Id, AccountId From = default, AccountId To = default,
    Money Amount = default);

/// <summary>What goes before the orders of one message.</summary>
/// <param name="Payer">The number of the partition that sends them.</param>
/// <param name="SettledBelow">All transfers of this channel with a number below it are settled, durably.</param>
/// <param name="AtMicros">The time of the sender's newest record.</param>
public readonly record struct ChannelHead(int Payer, long SettledBelow, long AtMicros);

/// <summary>Where a transfer stands with the payee's partition. The numbers are stored in images.</summary>
public enum CreditStatus : byte
{
    /// <summary>Nothing is known of it.</summary>
    None = 0,
    /// <summary>The payee can take the money and will.</summary>
    Promised = 1,
    /// <summary>The payee has the money.</summary>
    Credited = 2,
    /// <summary>Refused for ever.</summary>
    Refused = 3,
    /// <summary>Cancelled, before or after its Try: the out-of-order flag. What comes later is refused.</summary>
    Cancelled = 4,
    /// <summary>An answer only: the payer's partition said long ago that it is settled.</summary>
    SettledBefore = 5,
}

/// <summary>The answer to one order. It may leave only when everything recorded before it is durable.</summary>
/// <param name="Number">The order's number.</param>
/// <param name="Status">Where the transfer stands now.</param>
/// <param name="Rejection">Why it was refused, if it was.</param>
public readonly record struct CreditAnswer(long Number, CreditStatus Status, Rejection Rejection = Rejection.None);

/// <summary>
/// The other partition says what can't be: one of the two lost records that it had called durable, or is not the one it
/// says. Nothing may go on over that.
/// </summary>
public sealed class ChannelFaultException(int partition, long number, string fault)
    : Exception($"Transfer {number} of the channel with partition {partition}: {fault}.");
