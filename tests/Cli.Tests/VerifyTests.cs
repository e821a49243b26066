using System.Globalization;
using OrleansWallet.Embedded;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Tests;

public sealed class VerifyTests : IDisposable
{
    private readonly TemporaryDirectory temporary = new();

    private string Data => temporary.Sub("data");

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task A_ledger_with_many_segments_snapshots_and_index_files_is_good()
    {
        var model = new LedgerModel(1);
        var ledger = await model.MakeAsync(Data, 1600);

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal("", result.Error);
        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Equal(Text(ledger.Sequence), result["events"]);
        Assert.Equal(Text(model.Transfers), result["transfers"]);
        Assert.Equal(Text(model.Refusals), result["refusals"]);
        Assert.Equal(Text(ledger.Accounts), result["accounts"]);
        Assert.Equal(ledger.Digest, result["digest"]);
        Assert.Equal("0.00 USD", result["total"]);
        Assert.StartsWith("3 ", result["snapshots"], StringComparison.Ordinal);
        Assert.StartsWith(Text(model.Transfers + model.Refusals), result["index"], StringComparison.Ordinal);
        Assert.Equal("good", result["verdict"]);
    }

    [Fact]
    public async Task It_changes_nothing_and_takes_no_lock_beside_a_running_wallet()
    {
        await using var wallet = await EmbeddedWallet.OpenAsync(LedgerModel.Options(Data), TimeProvider.System, _ =>
            { });
        await wallet.OpenAccountAsync(AccountId.Parse("alice"), JournalForge.Usd);
        var ledger = await wallet.ReadLedgerAsync(fresh: true);
        var before = Contents();

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Equal(ledger.Digest, result["digest"]);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public async Task It_is_good_at_any_moment_while_a_wallet_writes()
    {
        await using var wallet = await EmbeddedWallet.OpenAsync(LedgerModel.Options(Data), TimeProvider.System, _ =>
            { });
        await wallet.OpenAccountAsync(AccountId.Parse("alice"), JournalForge.Usd);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var transfers = new Transfer[500];
            // A bound, so that a slow machine doesn't write without end.
            for (var round = 0; round < 400 && !stop.IsCancellationRequested; round++)
            {
                for (var i = 0; i < transfers.Length; i++)
                    transfers[i] = new Transfer(
                        new TransactionId(Guid.NewGuid()), JournalForge.Settlement, AccountId.Parse("alice"),
                        new Money(1, JournalForge.Usd));
                await wallet.TransferManyAsync(transfers, new TransferOutcome[transfers.Length]);
            }
        });

        var results = new List<CommandResult>();
        for (var i = 0; i < 5; i++) results.Add(await CommandLine.RunAsync("verify", Data, "--temp", temporary.Path));
        await stop.CancelAsync();
        await writing;

        Assert.All(results, result => Assert.Equal("", result.Error));
        Assert.All(results, result => Assert.Equal(ExitCode.Good, result.ExitCode));
    }

    [Theory]
    [InlineData("journal")]
    [InlineData("snapshots")]
    [InlineData("index")]
    public async Task A_flipped_bit_is_found_and_its_file_named(string directory)
    {
        await new LedgerModel(2).MakeAsync(Data, 900);
        var random = new Random(3);
        foreach (var path in Directory.GetFiles(Path.Combine(Data, directory)))
        {
            var good = await File.ReadAllBytesAsync(path);
            for (var i = 0; i < 3; i++)
            {
                var bad = (byte[])good.Clone();
                // The first bytes are the header, where there is most to get wrong; a run's header ends at byte 72.
                var at = i < 2 ? random.Next(72) : random.Next(4096 % bad.Length, bad.Length);
                bad[at] ^= (byte)(1 << random.Next(8));
                await File.WriteAllBytesAsync(path, bad);

                var result = await CommandLine.RunAsync("verify", Data);

                Assert.True(result.ExitCode == ExitCode.Bad, $"A flip at {at} of {path} was not found.");
                Assert.Contains(Path.GetFileName(path), result.Error, StringComparison.Ordinal);
                Assert.Equal("DAMAGED", result["verdict"]);
            }
            await File.WriteAllBytesAsync(path, good);
        }
        Assert.Equal(ExitCode.Good, (await CommandLine.RunAsync("verify", Data)).ExitCode);
    }

    [Fact]
    public async Task A_flipped_bit_in_the_ledgers_id_is_found()
    {
        await new LedgerModel(2).MakeAsync(Data, 300);
        var path = Path.Combine(Data, "LEDGER");
        var text = await File.ReadAllTextAsync(path);
        var at = text.IndexOf("id ", StringComparison.Ordinal) + 5;
        await File.WriteAllTextAsync(path, text[..at] + (text[at] == '0' ? '1' : '0') + text[(at + 1)..]);

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal(ExitCode.Bad, result.ExitCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    public async Task A_deleted_segment_is_found(int index)
    {
        await new LedgerModel(4).MakeAsync(Data, 900);
        var segments = Directory.GetFiles(Path.Combine(Data, "journal")).Order(StringComparer.Ordinal).ToArray();
        Assert.True(segments.Length > 4);
        File.Delete(segments[index < 0 ? ^1 : index]);

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal(ExitCode.Bad, result.ExitCode);
        Assert.Contains("missing", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unfinished_write_at_the_end_is_reported_and_no_damage(bool lostSectors)
    {
        using (var forge = new JournalForge(Data)) forge.FundAlice(20);
        var segment = Directory.GetFiles(Path.Combine(Data, "journal")).Single();
        var before = await CommandLine.RunAsync("verify", Data);
        var bytes = await File.ReadAllBytesAsync(segment);
        // The last batch has one transfer: 64 bytes of header, 120 of the record, padded to 192.
        if (lostSectors) await File.AppendAllTextAsync(segment, new string('\0', 640));
        else await File.WriteAllBytesAsync(segment, bytes[..^100]);

        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Contains(Path.GetFileName(segment), result["unfinished"], StringComparison.Ordinal);
        if (lostSectors) Assert.Equal(before["digest"], result["digest"]);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_or_no_wallets_can_not_be_read()
    {
        Assert.Equal(ExitCode.Unreachable, (await CommandLine.RunAsync("verify", Data)).ExitCode);

        Directory.CreateDirectory(Data);
        var result = await CommandLine.RunAsync("verify", Data);

        Assert.Equal(ExitCode.Unreachable, result.ExitCode);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_ledger_without_its_identity_is_damaged()
    {
        using (new JournalForge(Data))
        {
        }
        File.Delete(Path.Combine(Data, "LEDGER"));

        Assert.Equal(ExitCode.Bad, (await CommandLine.RunAsync("verify", Data)).ExitCode);
    }

    private SortedDictionary<string, string> Contents() => new(
        Directory.GetFiles(Data, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "lock")
            .ToDictionary(path => path, path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Read(
            path)))),
        StringComparer.Ordinal);

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        file.CopyTo(memory);
        return memory.ToArray();
    }

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
