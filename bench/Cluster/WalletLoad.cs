using System.Diagnostics;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>
/// Callers in this process, dealt out over the ledger's front ends, that each send one transfer or one batch and wait
/// for the answer.
/// </summary>
internal sealed class WalletLoad(BenchLedger ledger, int callers, int batch, Spread spread)
{
    private readonly AccountPicker picker = new(ledger.Accounts, spread);

    /// <summary>
    /// Measures a row of so many callers, of one transfer each or of a batch each; a note says what is special in it.
    /// </summary>
    public static Task MeasureAsync(
        ClusterBenchSettings settings, BenchLedger ledger, int callers, int batch, Spread spread, string note = "")
    {
        var load = new WalletLoad(ledger, callers, batch, spread);
        return PartitionTable.MeasureAsync(
            ledger, (batch > 1 ? $"batches of {batch:N0}" : $"{callers:N0} callers") + note, spread,
            begins => LoadResult.MeasureAsync(settings.Seconds, load.RunAsync, begins));
    }

    private async Task<long> RunAsync(Measurement measurement)
    {
        var lost = 0L;
        await measurement.RunAsync(() => Task.WhenAll(Enumerable.Range(0, callers).Select(number => Task.Run(
            async () => Interlocked.Add(ref lost, await CallAsync(ledger.Wallets[number % ledger.Wallets.Count]))))));
        return lost;

        async Task<long> CallAsync(IWallet wallet)
        {
            var (random, failed) = (FastRandom.Fresh(), 0L);
            var (transfers, outcomes) = (new Transfer[batch], new TransferOutcome[batch]);
            while (!measurement.IsOver)
            {
                for (var i = 0; i < batch; i++)
                {
                    var (from, to) = picker.Pick(ref random);
                    transfers[i] = new Transfer(
                        random.NextId(), ledger.Ids[from], ledger.Ids[to], new Money(1, BenchLedger.Usd));
                }
                var begun = Stopwatch.GetTimestamp();
                if (batch > 1) await wallet.TransferManyAsync(transfers, outcomes);
                else outcomes[0] = await wallet.TransferAsync(transfers[0]);
                var successes = outcomes.Count(outcome => outcome is { Rejection: Rejection.None, Replayed: false });
                failed += batch - successes;
                measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
                measurement.AddCount(successes);
            }
            return failed;
        }
    }
}
