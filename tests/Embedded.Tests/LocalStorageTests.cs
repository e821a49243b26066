using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>The real file system, as far as a test can ask it.</summary>
public sealed class LocalStorageTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("wallet-test-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_missing_directory_is_made_and_a_second_start_finds_the_ledger()
    {
        var options = new EmbeddedOptions { DataDirectory = Path.Combine(directory, "a", "b") };
        await using (var wallet = await OpenAsync(options))
            await wallet.OpenAccountAsync(AccountId.Parse("alice"), Currency.Parse("USD"));
        await using var again = await OpenAsync(options);
        Assert.Equal(1, (await again.ReadLedgerAsync(fresh: true)).Accounts);
    }

    [Fact]
    public async Task Two_wallets_cannot_have_one_directory()
    {
        var options = new EmbeddedOptions { DataDirectory = directory };
        await using var first = await OpenAsync(options);
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenAsync(options));
        Assert.Contains(directory, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await using var second = await OpenAsync(options);
        Assert.True(second.Readiness.IsReady);
    }

    [Fact]
    public async Task A_file_where_the_directory_should_be_is_refused()
    {
        var path = Path.Combine(directory, "file");
        await File.WriteAllTextAsync(path, "not ours");
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(
            () => OpenAsync(new EmbeddedOptions { DataDirectory = path }));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Equal("not ours", await File.ReadAllTextAsync(path));
    }

    [Theory]
    [InlineData("lock", "somebody else's")]
    [InlineData("lock", "4711\nand more")]
    [InlineData("lock", "00000000000000000")]
    [InlineData("photo.jpg", "not ours")]
    [InlineData("index.tmp", "not ours")]
    [InlineData("index/MANIFEST", "not ours")]
    public async Task Somebody_elses_directory_is_refused_and_left_as_it_is(string name, string content)
    {
        var path = Path.Combine(directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? directory);
        await File.WriteAllTextAsync(path, content);
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(
            () => OpenAsync(new EmbeddedOptions { DataDirectory = directory }));
        Assert.Contains(directory, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(directory, "*", SearchOption.AllDirectories));
        Assert.Equal(content, await File.ReadAllTextAsync(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("4711\n")]
    public async Task A_lock_that_a_wallet_left_is_taken_over(string content)
    {
        await File.WriteAllTextAsync(Path.Combine(directory, "lock"), content);
        await using var wallet = await OpenAsync(new EmbeddedOptions { DataDirectory = directory });
        Assert.True(wallet.Readiness.IsReady);
    }

    [Fact]
    public void Files_are_what_was_written_cut_and_renamed()
    {
        using var storage = LocalStorage.OpenExclusive(directory);
        storage.CreateDirectory("sub");
        using (var file = storage.Create("sub/one"))
        {
            file.Write("hello, world"u8, 4);
            file.Truncate(9);
            file.Sync();
            Assert.Equal(9, file.Length);
        }
        storage.Rename("sub/one", "sub/two");
        storage.SyncDirectory("sub");
        Assert.Equal(["two"], storage.List("sub"));
        Assert.Empty(storage.List("nothing"));
        Assert.Equal(["sub"], storage.List(""));
        using (var file = storage.Open("sub/two", write: false))
        {
            var bytes = new byte[20];
            Assert.Equal(9, file.Read(bytes, 0));
            Assert.Equal("\0\0\0\0hello"u8, bytes.AsSpan(0, 9));
            Assert.Equal(0, file.Read(bytes, 9));
        }
        storage.Delete("sub/two");
        Assert.Empty(storage.List("sub"));
    }

    // Neither a pipe nor /proc can be synced, and Linux says so: whoever asks it hears an error.
    [LinuxFact]
    public void A_sync_asks_the_system_and_its_refusal_is_an_error()
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(directory, "pipe")]);
        made.WaitForExit();
        Directory.CreateSymbolicLink(Path.Combine(directory, "proc"), "/proc");
        using var storage = LocalStorage.OpenExclusive(directory);
        using var pipe = storage.Open("pipe", write: true);
        var refusal = Assert.Throws<IOException>(pipe.Sync);
        Assert.Contains("fdatasync", refusal.Message, StringComparison.Ordinal);
        // A file whose sync failed once is not asked again.
        Assert.Contains("earlier", Assert.Throws<IOException>(pipe.Sync).Message, StringComparison.Ordinal);
        refusal = Assert.Throws<IOException>(() => storage.SyncDirectory("proc"));
        Assert.Contains("fsync", refusal.Message, StringComparison.Ordinal);
    }

    private static Task<EmbeddedWallet> OpenAsync(EmbeddedOptions options) =>
        EmbeddedWallet.OpenAsync(options, TimeProvider.System, _ => { });
}

/// <summary>A test of what only Linux does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "Only Linux refuses to sync what has no disk.";
    }
}
