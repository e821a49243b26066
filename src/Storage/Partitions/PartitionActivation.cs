namespace OrleansWallet.Storage.Partitions;

/// <summary>How an activation takes a partition over.</summary>
public static class PartitionActivation
{
    private const int TriesMax = 20;

    /// <summary>
    /// Reads the journal on from a point and appends the batch that begins a new activation, so that nothing an older
    /// one still has on its way can be written. Where an older one writes meanwhile, that is read and the end is tried
    /// again. Answers with the point to go on from.
    /// </summary>
    /// <param name="journal">The journals.</param>
    /// <param name="from">The point of a snapshot, or the journal's start.</param>
    /// <param name="activationId">Tells this activation from any other.</param>
    /// <param name="apply">Replays a batch; called in order, for each once, when that before is done.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="PartitionFencedException">Others are ever faster: an activation elsewhere works.</exception>
    /// <exception cref="PartitionDamagedException">The journal is damaged.</exception>
    /// <exception cref="StateUnavailableException">The database failed; the state is of no use any more.</exception>
    public static async Task<PartitionPoint> ActivateAsync(
        this IPartitionJournal journal, PartitionPoint from, Guid activationId, Func<PartitionBatch, ValueTask> apply,
        CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            await foreach (var batch in journal.ReadAsync(from, cancel).ConfigureAwait(false))
            {
                await apply(batch).ConfigureAwait(false);
                from = batch.After;
            }
            var (bytes, after) = PartitionBatch.SealActivation(from, activationId);
            try
            {
                await journal.AppendAsync(from.Partition, after.Sequence, bytes).ConfigureAwait(false);
                return after;
            }
            catch (PartitionFencedException) when (attempt < TriesMax)
            {
                // An older activation was faster once more.
            }
        }
    }
}
