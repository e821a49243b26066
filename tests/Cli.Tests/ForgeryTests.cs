using System.Security.Cryptography;
using OrleansWallet.Embedded.Audit;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Tests;

/// <summary>Directories in which every checksum and the hash chain is right, and something else is not.</summary>
public sealed class ForgeryTests : IDisposable
{
    private static readonly AccountId Alice = AccountId.Parse("alice");
    private static readonly AccountId Bob = AccountId.Parse("bob");
    private readonly TemporaryDirectory temporary = new();

    private string Data => temporary.Sub("data");

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task An_id_with_two_outcomes_is_found_and_both_are_named()
    {
        long first, second;
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(10);
            first = forge.State.Sequence - 6;
            forge.Transfer(JournalForge.IdOf(4), JournalForge.Settlement, Bob, 5);
            second = forge.State.Sequence;
            forge.FundAlice(1);
        }

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal(ExitCode.Bad, result.ExitCode);
        Assert.Contains($"{JournalForge.IdOf(4)}", result.Error, StringComparison.Ordinal);
        Assert.Contains($"Event {second} ", result.Error, StringComparison.Ordinal);
        Assert.Contains($"event {first} ", result.Error, StringComparison.Ordinal);
        Assert.Contains("offset", result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Good, (await CommandLine.RunAsync("verify", Data, "--no-unique")).ExitCode);
    }

    [Fact]
    public async Task A_refusal_and_a_success_under_one_id_are_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.Transfer(JournalForge.IdOf(1), Alice, Bob, 5);
            forge.FundAlice(1);
        }

        Assert.Equal(ExitCode.Bad, (await CommandLine.RunAsync("verify", Data)).ExitCode);
    }

    [Fact]
    public void Two_outcomes_far_apart_are_found_when_ids_do_not_fit_in_memory_and_nothing_is_left()
    {
        var spill = temporary.Sub("spill");
        Directory.CreateDirectory(spill);
        using (var forge = new JournalForge(Data))
        {
            forge.Batch((state, buffer) => ExecuteMany(state, buffer, 1, 4000));
            var good = LedgerAudit.Run(Data, Options(spill));
            Assert.True(good.IsGood);
            forge.Batch((state, buffer) => ExecuteMany(state, buffer, 2000, 1));
        }

        var report = LedgerAudit.Run(Data, Options(spill));

        var fault = Assert.Single(report.Faults);
        Assert.Contains($"{JournalForge.IdOf(2000)}", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(spill));
    }

    [Fact]
    public async Task A_balance_that_does_not_follow_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(3);
            forge.Transfer(JournalForge.IdOf(99), Alice, Bob, 7, records =>
                Records.As<TransferRecord>(records[0].AsSpan()).ToSide.Balance += 1);
        }

        await AssertDamagedAsync("balances");
        var replay = await CommandLine.RunAsync("replay", Data, "--account", "bob");
        Assert.Equal(ExitCode.Bad, replay.ExitCode);
        Assert.Contains("bob", replay.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Money_from_an_empty_account_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(1);
            forge.Transfer(JournalForge.IdOf(99), Alice, Bob, 100, records =>
            {
                ref var transfer = ref Records.As<TransferRecord>(records[0].AsSpan());
                transfer.Amount = 101;
                transfer.FromSide.Balance = -1;
                transfer.ToSide.Balance = 101;
            });
        }

        await AssertDamagedAsync("the rules refuse it");
    }

    [Fact]
    public async Task A_link_to_the_wrong_record_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(3);
            forge.Transfer(JournalForge.IdOf(99), Alice, Bob, 1, records =>
                Records.As<TransferRecord>(records[0].AsSpan()).FromSide.Previous -= 192);
        }

        await AssertDamagedAsync("can't follow");
    }

    [Fact]
    public async Task Time_that_runs_back_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(2);
            forge.Transfer(JournalForge.IdOf(99), Alice, Bob, 1, records =>
                Records.As<RecordHeader>(records[0].AsSpan()).AtMicros = 1);
        }

        await AssertDamagedAsync("its time is before");
    }

    [Fact]
    public async Task An_account_opened_twice_is_found()
    {
        using (var forge = new JournalForge(Data))
            forge.Batch(
                (state, buffer) => state.Open(AccountId.Parse("carol"), JournalForge.Usd, 3, buffer, out _),
                records => "alice"u8.CopyTo(records[0].AsSpan(32)));

        await AssertDamagedAsync("opened before");
    }

    [Fact]
    public async Task A_segment_header_that_does_not_follow_is_found()
    {
        using (var forge = new JournalForge(Data, segmentBytesMax: 4096)) forge.FundAlice(100);
        var path = Directory.GetFiles(Path.Combine(Data, "journal")).Order(StringComparer.Ordinal).ElementAt(2);
        var bytes = await File.ReadAllBytesAsync(path);
        var header = SegmentHeader.Read(bytes, out _) ?? throw new InvalidOperationException("There is no header.");
        (header with { FirstSequence = header.FirstSequence + 1 }).ToBytes().CopyTo(bytes, 0);
        await File.WriteAllBytesAsync(path, bytes);

        await AssertDamagedAsync(Path.GetFileName(path));
    }

    [Fact]
    public async Task A_snapshot_of_another_state_with_a_right_hash_is_found()
    {
        await new LedgerModel(5).MakeAsync(Data, 700);
        var path = Directory.GetFiles(Path.Combine(Data, "snapshots")).Order(StringComparer.Ordinal).Last();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^1] ^= 1;
        var header = SnapshotHeader.Read(bytes);
        (header with { ImageHash = SHA256.HashData(bytes.AsSpan(SnapshotHeader.Bytes)) }).ToBytes().CopyTo(bytes, 0);
        await File.WriteAllBytesAsync(path, bytes);

        await AssertDamagedAsync(Path.GetFileName(path), "is not the state that follows");
    }

    [Fact]
    public async Task An_id_that_is_missing_in_the_index_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(300);
            WriteIndex(forge, forge.Recorded.Where(r => r.Id.Value != JournalForge.IdOf(123)));
        }

        await AssertDamagedAsync($"{JournalForge.IdOf(123)}", "MANIFEST");
    }

    [Fact]
    public async Task An_id_with_the_wrong_place_in_the_index_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(300);
            WriteIndex(
                forge, forge.Recorded.Select(r => r.Id.Value == JournalForge.IdOf(9) ? (r.Id, r.Place + 192) : r));
        }

        await AssertDamagedAsync("not recorded");
    }

    [Fact]
    public async Task An_id_that_is_twice_in_the_index_is_found()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(300);
            WriteIndex(forge, forge.Recorded.Append(forge.Recorded[77]));
        }

        await AssertDamagedAsync("more than once");
    }

    [Fact]
    public async Task An_index_that_knows_exactly_the_covered_ids_is_good()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(300);
            WriteIndex(forge, forge.Recorded);
            forge.Transfer(JournalForge.IdOf(1000), Alice, Bob, 1);
        }

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Good, result.ExitCode);
    }

    [Fact]
    public async Task An_index_that_knows_more_than_the_journal_has_shows_that_events_are_missing()
    {
        using (var forge = new JournalForge(Data))
        {
            forge.FundAlice(10);
            WriteIndex(forge, forge.Recorded);
        }
        var segment = Directory.GetFiles(Path.Combine(Data, "journal")).Single();
        var bytes = await File.ReadAllBytesAsync(segment);
        await File.WriteAllBytesAsync(segment, bytes[..^192]);

        await AssertDamagedAsync("recorded events are missing");
    }

    private async Task AssertDamagedAsync(params string[] says)
    {
        var result = await CommandLine.RunAsync("verify", Data);
        Assert.Equal(ExitCode.Bad, result.ExitCode);
        foreach (var text in says) Assert.Contains(text, result.Error, StringComparison.Ordinal);
    }

    private static void WriteIndex(JournalForge forge, IEnumerable<(TransactionId Id, long Place)> ids)
    {
        var key = Guid.Parse("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
        var hash = new IdHash(key);
        var entries = ids.Select(r => new IdEntry(hash.Of(r.Id), r.Place)).OrderBy(e => e.Hash).ToArray();
        using (var writer = new IndexRunWriter(forge.Storage, forge.LedgerId, 1, entries.Length))
        {
            foreach (var entry in entries) writer.Add(entry);
            writer.Complete();
        }
        new IndexManifest(key, 2, forge.Point, [1]).Write(forge.Storage, forge.LedgerId);
    }

    private static void ExecuteMany(Partition state, RecordBuffer buffer, int firstId, int count)
    {
        var commands = Enumerable.Range(firstId, count).Select(i => new TransferCommand(new Transfer(
            new TransactionId(JournalForge.IdOf(i)), JournalForge.Settlement, Alice, new Money(1, JournalForge.Usd))));
        state.Execute(commands.ToArray(), 2, buffer, new TransferOutcome[count]);
    }

    private static AuditOptions Options(string spill) =>
        new() { TemporaryDirectory = spill, UniquenessBufferBytes = 1 << 12 };
}
