namespace OrleansWallet.Partitions.Ids;

/// <summary>What the index's pages say of some ids.</summary>
/// <param name="Version">
/// The index's version when they were asked. A value that was found holds for ever; that there was none means nothing
/// any more where the index has another version by now.
/// </param>
/// <param name="Values">A value for each id, in the order they were asked for; null where there was none.</param>
internal sealed record IdAnswers(long Version, long?[] Values);
