using System.Net;
using System.Net.Sockets;
using Npgsql;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>What keeps a process from starting is told in one line that names the place or the remedy.</summary>
public sealed class StartTests(ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-start-");

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData("Wallet:Postgres", "--role=api")]
    [InlineData("Role", "--role=nonsense")]
    [InlineData("AdvertisedAddress", "--Wallet:AdvertisedAddress=nowhere")]
    [InlineData("DataDirectory", "--Wallet:DataDirectory=")]
    [InlineData("/proc/nothing", "--Wallet:DataDirectory=/proc/nothing")]
    [InlineData("Wallet:Keys", "--urls=http://0.0.0.0:0")]
    [InlineData("connection string", "--Wallet:Postgres=nonsense")]
    [InlineData("TransfersUnderWayMax", "--Wallet:TransfersUnderWayMax=0")]
    public async Task A_setting_that_cannot_be_meant(string told, params string[] settings) =>
        Assert.Contains(told, await RefusalAsync(settings));

    [Fact]
    public async Task A_data_directory_that_another_process_uses()
    {
        await using var first = SiloProcess.StartIn(directory.FullName);
        await first.AddressAsync();
        var told = await RefusalAsync();
        Assert.Contains(Path.Combine(directory.FullName, "data"), told);
        Assert.Contains("in use by another process", told);
    }

    [Fact]
    public async Task A_file_that_is_no_database()
    {
        var path = Path.Combine(directory.CreateSubdirectory("data").FullName, "wallet.db");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("This is no database. ", 1_000)));
        var told = await RefusalAsync();
        Assert.Contains(path, told);
        Assert.Contains("not a database", told);
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("both")]
    public async Task A_database_that_cannot_be_reached(string role)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        var told = await RefusalAsync(
            $"--role={role}", $"--Wallet:Postgres=Host=127.0.0.1;Port={port};Username=wallet;Password=secret-word");
        Assert.Contains($"127.0.0.1:{port}", told);
        Assert.DoesNotContain("secret-word", told);
    }

    [PostgresFact]
    public Task A_database_of_a_newer_release() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            await using (var silo = cluster.Start("silo"))
            {
                await silo.ReadyAsync();
                await silo.StopAsync();
            }
            await using (var source = NpgsqlDataSource.Create(cluster.Database))
            {
                await using var command = source.CreateCommand(
                    "INSERT INTO schema_migration (number, name, sha256) VALUES (9999, 'later', 'unknown')");
                await command.ExecuteNonQueryAsync();
            }
            Assert.Contains("newer schema", await RefusalAsync("--role=silo", $"--Wallet:Postgres={cluster.Database}"));
        });

    private async Task<string> RefusalAsync(params string[] settings)
    {
        await using var process = SiloProcess.StartIn(directory.FullName, settings);
        var (exitCode, output, errors) = await process.EndAsync();
        Assert.True(exitCode == 1, $"Exit code {exitCode}. {errors}{output}");
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", errors);
        return errors;
    }
}
