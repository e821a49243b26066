using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using Xunit.Abstractions;

namespace OrleansWallet.Embedded.Tests;

/// <summary>
/// A crash at every operation of a run, and within writes: at every byte of the last ones, around every sector and 24
/// bytes apart in the others. With WALLET_CUT_EVERY_BYTE=1 at every byte of every write, which takes long.
/// </summary>
public sealed class CutWriteTests(ITestOutputHelper output)
{
    private const int SectorBytes = FaultyFile.SectorBytes;
    private const int CutEveryBytes = 24;

    private static bool EveryByte { get; } = Environment.GetEnvironmentVariable("WALLET_CUT_EVERY_BYTE") == "1";

    [Theory]
    [InlineData(1, 5, 4)]
    [InlineData(2, 12, 1)]
    public async Task A_crash_at_any_byte_loses_nothing_that_was_answered(int seed, int steps, int writesCutEverywhere)
    {
        var run = await Recording.RunAsync(seed, steps);
        await CheckAllAsync(run, CutsOf(run, seed, writesCutEverywhere));
    }

    [Fact]
    public async Task A_crash_at_any_operation_of_a_long_run_loses_nothing_that_was_answered()
    {
        var run = await Recording.RunAsync(seed: 3, steps: 40, transfersPerStepMax: 20);
        // It passes every limit, so a crash comes between any two steps of a merge, a roll-over, a replacement.
        Assert.Contains(run.Log, o => o is { Kind: DiskOperationKind.Delete, Path: [.., '.', 'r', 'u', 'n'] });
        Assert.Contains(run.Log, o => o is { Kind: DiskOperationKind.Delete, Directory: "snapshots" });
        Assert.True(run.Log.Count(o => o is { Kind: DiskOperationKind.Rename, Directory: "journal" }) > 3);
        await CheckAllAsync(run, BetweenOperations(run, seed: 3));
    }

    // Each crash: the disk it leaves, and how many operations had been done.
    private static IEnumerable<(FaultyDisk Disk, int Operations, string What)> CutsOf(
        Recording run, int seed, int writesCutEverywhere)
    {
        var model = new FaultyDisk();
        var everywhere = run.Log.Where(o => o.Kind == DiskOperationKind.Write && o.Directory == "journal")
            .TakeLast(writesCutEverywhere).ToHashSet();
        for (var i = 0; i < run.Log.Count; i++)
        {
            var operation = run.Log[i];
            if (operation is { Kind: DiskOperationKind.Write, Bytes: { } bytes })
                foreach (var cut in Cuts(operation, bytes.Length, everywhere.Contains(operation)))
                {
                    var torn = model.Clone();
                    torn.Apply(operation, cut);
                    yield return (torn.AfterCrash(CrashChoice.KeepAll), i, $"operation {i}, {operation}, cut at {cut}");
                }
            model.Apply(operation);
            foreach (var crash in Crashes(model, i, operation, seed)) yield return crash;
        }
    }

    private static IEnumerable<(FaultyDisk Disk, int Operations, string What)> BetweenOperations(
        Recording run, int seed)
    {
        var model = new FaultyDisk();
        for (var i = 0; i < run.Log.Count; i++)
        {
            model.Apply(run.Log[i]);
            foreach (var crash in Crashes(model, i, run.Log[i], seed)) yield return crash;
        }
    }

    private static IEnumerable<(FaultyDisk Disk, int Operations, string What)> Crashes(
        FaultyDisk model, int i, DiskOperation operation, int seed)
    {
        yield return (model.AfterCrash(CrashChoice.KeepAll), i + 1, $"after operation {i}, {operation}, all kept");
        yield return (model.AfterCrash(CrashChoice.KeepNothing), i + 1, $"after operation {i}, {operation}, none kept");
        for (var toss = 0; toss < 2; toss++)
        {
            var choice = CrashChoice.Random(seed * 1_000_000 + i * 10 + toss);
            var what = $"after operation {i}, {operation}, seed {seed} toss {toss}";
            yield return (model.AfterCrash(choice), i + 1, what);
        }
    }

    // What is written under a temporary name is thrown away if it is cut, wherever that is.
    private static IEnumerable<int> Cuts(DiskOperation operation, int length, bool everywhere)
    {
        if (EveryByte) return Enumerable.Range(0, length);
        if (operation.Path.EndsWith(".tmp", StringComparison.Ordinal)) return [0, length / 2, length - 1];
        if (everywhere) return Enumerable.Range(0, length);
        var first = (int)(SectorBytes - operation.Offset % SectorBytes);
        var edges = Enumerable.Range(0, length / SectorBytes + 1).Select(n => first + n * SectorBytes)
            .SelectMany(edge => new[] { edge - 1, edge, edge + 1 });
        return Enumerable.Range(0, length / CutEveryBytes).Select(n => n * CutEveryBytes).Concat(edges).Append(length - 1)
            .Where(cut => cut >= 0 && cut < length).Distinct().Order();
    }

    private async Task CheckAllAsync(
        Recording run, IEnumerable<(FaultyDisk Disk, int Operations, string What)> crashes)
    {
        var seen = new HashSet<(string, int)>();
        var distinct = crashes.Where(crash => seen.Add(
            (crash.Disk.Fingerprint(), run.Milestones.Count(m => m.AnsweredAt <= crash.Operations))));
        var checks = 0;
        await Parallel.ForEachAsync(distinct, async (crash, _) =>
        {
            Interlocked.Increment(ref checks);
            try
            {
                var notices = await CrashAudit.CheckAsync(crash.Disk, run, crash.Operations);
                // Nothing was damaged, so nothing may have to be made anew or passed over.
                Assert.DoesNotContain(notices, notice => !notice.StartsWith("Cut ", StringComparison.Ordinal)
                    && !notice.StartsWith("Made a new ledger", StringComparison.Ordinal)
                    && !notice.StartsWith("Deleted ", StringComparison.Ordinal));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Crash at {crash.What}: {e.Message}", e);
            }
        });
        output.WriteLine($"{run.Log.Count} operations, {checks} different crashes.");
    }
}
