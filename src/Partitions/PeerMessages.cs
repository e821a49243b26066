using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>Asks whether an account could be credited now.</summary>
public readonly record struct CreditQuestion(AccountId To, Money Amount);

/// <summary>
/// What one partition asks of another, all that waited in one message. It may come late, twice or never: asking again
/// is harmless.
/// </summary>
/// <param name="Head">Who sends it, and how far it is.</param>
/// <param name="Orders">Credits to be tried, confirmed, cancelled or made.</param>
/// <param name="Claims">Transaction ids to be claimed, whose home is the partition that is asked.</param>
/// <param name="Questions">Credits that are asked about only.</param>
public sealed record PeerRequest(
    ChannelHead Head, CreditOrder[] Orders, TransactionId[] Claims, CreditQuestion[] Questions);

/// <summary>The answers, one for each item of the request. They are durable.</summary>
/// <param name="AtMicros">The time of the newest record they stand on.</param>
/// <param name="Answers">To the orders.</param>
/// <param name="Claims">To the claims.</param>
/// <param name="Rejections">To the questions: none or why not.</param>
public sealed record PeerReply(
    long AtMicros, CreditAnswer[] Answers, ClaimAnswer[] Claims, Rejection[] Rejections);

/// <summary>How a partition reaches the others.</summary>
public interface IPartitionPeers
{
    /// <summary>Asks another partition. Any exception means that nobody knows what became of the request.</summary>
    Task<PeerReply> ExchangeAsync(int partition, PeerRequest request);
}
