using System.Net;
using System.Text;

namespace OrleansWallet.Api.Tests;

/// <summary>What an operator reads when the data directory is not as the server left it.</summary>
public sealed class FoundDirectoryTests : IDisposable
{
    private const string FreePort = "--urls=http://127.0.0.1:0";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-found-");

    private string Data => Path.Combine(directory.FullName, "data");

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData("first")]
    [InlineData("middle")]
    [InlineData("last")]
    public async Task A_segment_that_is_gone_is_missed(string which)
    {
        await MakeLedgerAsync();
        // Without what was derived from it, the journal alone must show the loss; with it, the loss of its end too.
        var snapshots = Directory.GetFiles(Path.Combine(Data, "snapshots"));
        foreach (var snapshot in which == "last" ? [] : snapshots) File.Delete(snapshot);
        var segments = Directory.GetFiles(Path.Combine(Data, "journal")).Order(StringComparer.Ordinal).ToArray();
        Assert.InRange(segments.Length, 3, int.MaxValue);
        File.Delete(which switch { "first" => segments[0], "last" => segments[^1], _ => segments[1] });
        await IsRefusedAsync(Path.Combine(Data, "journal"), "back");
    }

    [Fact]
    public async Task A_ledger_of_a_newer_format_is_left_to_a_newer_program()
    {
        await MakeLedgerAsync();
        var identity = Path.Combine(Data, "LEDGER");
        await File.WriteAllTextAsync(
            identity, (await File.ReadAllTextAsync(identity)).Replace("format 1", "format 2"));
        await IsRefusedAsync(identity, "newer version");
    }

    [Fact]
    public async Task A_directory_of_somebody_else_is_left_alone()
    {
        Directory.CreateDirectory(Data);
        var notes = Path.Combine(Data, "notes.txt");
        await File.WriteAllTextAsync(notes, "not ours");
        await IsRefusedAsync(Data, "notes.txt", "--Wallet:DataDirectory");
        Assert.Equal([notes], Directory.GetFileSystemEntries(Data));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_is_named()
    {
        if (OperatingSystem.IsWindows()) return;
        // Nobody but the kernel makes files there, whoever asks.
        await IsRefusedAsync("/sys/wallet", ["/sys/wallet"], "--Wallet:DataDirectory=/sys/wallet");
        // Who may do everything may also write what is to be read only.
        if (Environment.IsPrivilegedProcess) return;
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await IsRefusedAsync(Data);
    }

    private Task IsRefusedAsync(string path, params string[] told) => IsRefusedAsync(path, told, []);

    private async Task IsRefusedAsync(string path, string[] told, params string[] args)
    {
        await using var server = ServerProcess.Start(directory.FullName, [FreePort, .. args]);
        var (exitCode, _, errors) = await server.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", errors);
        Assert.All(told.Prepend(path), text => Assert.Contains(text, errors));
    }

    // Some segments of journal, with a snapshot at their end.
    private async Task MakeLedgerAsync()
    {
        await using var server = ServerProcess.Start(directory.FullName, FreePort, "--Wallet:SegmentBytesMax=65536");
        using var http = new HttpClient { BaseAddress = await server.AddressAsync() };
        await PostAsync(http, "accounts", """{"account_id":"alice","currency":"USD"}""", HttpStatusCode.Created);
        for (var i = 0; i < 3; i++)
        {
            var transfers = Enumerable.Range(0, 500).Select(_ => $$"""
                {"from_account":"settlement:USD","to_account":"alice","amount":"1","currency":"USD",
                 "transaction_id":"{{Guid.NewGuid()}}"}
                """);
            await PostAsync(http, "balance_transfers", $"[{string.Join(',', transfers)}]", HttpStatusCode.OK);
        }
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    private static async Task PostAsync(HttpClient http, string path, string body, HttpStatusCode expected)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var reply = await http.PostAsync($"/v1/wallet/{path}", content);
        Assert.Equal(expected, reply.StatusCode);
    }
}
