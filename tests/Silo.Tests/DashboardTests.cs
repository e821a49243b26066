using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace OrleansWallet.Silo.Tests;

/// <summary>The dashboard shows all that grains do: it stands behind the operator's scope.</summary>
public sealed class DashboardTests : IDisposable
{
    private const string Dashboard = "/dashboard/";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-dashboard-");

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData("both")]
    [InlineData("silo")]
    public async Task With_keys_only_an_operator_sees_it(string role)
    {
        await using var process = SiloProcess.StartIn(
            directory.FullName, [$"--role={role}", .. Key(0, "key-read", "read"), .. Key(1, "key-operate", "operate")]);
        var address = await process.ReadyAsync();
        foreach (var path in new[] { "/dashboard", Dashboard, "/dashboard/DashboardCounters" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(address, null, path)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(address, "key-unknown", path)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(address, "key-read", path)).Status);
        }
        var (status, text) = await AskAsync(address, "key-operate", Dashboard);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("<html", text);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(address, null, "/healthz")).Status);
        var accounts = (await AskAsync(address, "key-read", "/v1/wallet/accounts/settlement:USD")).Status;
        Assert.Equal(role == "both" ? HttpStatusCode.OK : HttpStatusCode.NotFound, accounts);
    }

    [Fact]
    public async Task Without_keys_this_machine_sees_it()
    {
        await using var process = SiloProcess.StartIn(directory.FullName);
        var (status, text) = await AskAsync(await process.ReadyAsync(), null, Dashboard);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("<html", text);
    }

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(Uri address, string? key, string path)
    {
        using var client = new FrontEnd(address, key);
        return await client.AskAsync(path);
    }

    private static string[] Key(int index, string key, string scope) =>
    [
        $"--Wallet:Keys:{index}:Name={key}",
        $"--Wallet:Keys:{index}:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
        $"--Wallet:Keys:{index}:Scopes:0={scope}",
    ];
}
