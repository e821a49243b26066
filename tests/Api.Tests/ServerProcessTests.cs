using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansWallet.Api.Tests;

/// <summary>The server as an operator runs it.</summary>
public sealed class ServerProcessTests : IDisposable
{
    private const string FreePort = "--urls=http://127.0.0.1:0";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-process-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task It_tells_where_its_data_lies_and_stops_with_zero()
    {
        await using var server = ServerProcess.Start(directory.FullName, FreePort);
        using var http = new HttpClient { BaseAddress = await server.AddressAsync() };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/openapi/v1.json")).StatusCode);
        server.Terminate();
        var (exitCode, output, errors) = await server.EndAsync();
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains(Path.Combine(directory.FullName, "data"), output);
    }

    [Fact]
    public async Task Two_servers_cannot_have_the_same_data()
    {
        await using var first = ServerProcess.Start(directory.FullName, FreePort);
        await first.AddressAsync();
        await using var second = ServerProcess.Start(directory.FullName, FreePort);
        var (exitCode, _, errors) = await second.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("data", IsOneLine(errors));
    }

    [Fact]
    public async Task Two_servers_cannot_have_the_same_port()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var server = ServerProcess.Start(
            directory.FullName, $"--urls=http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");
        var (exitCode, _, errors) = await server.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("in use", IsOneLine(errors));
    }

    [Theory]
    [InlineData("Wallet:Keys", "--urls=http://0.0.0.0:0")]
    [InlineData("Wallet:Keys", "--http_ports=0")]
    [InlineData("Wallet:Keys", FreePort, "--Kestrel:Endpoints:Open:Url=http://*:0")]
    [InlineData("BodyBytesMax", FreePort, "--Wallet:BodyBytesMax=7")]
    [InlineData("BodyBytesMax", FreePort, "--Wallet:BodyBytesMax=many")]
    [InlineData("QueueTransfersMax", FreePort, "--Wallet:QueueTransfersMax=0")]
    [InlineData("Sha256", FreePort, "--Wallet:Keys:0:Name=one", "--Wallet:Keys:0:Scopes:0=read")]
    [InlineData("DataDirectory", FreePort, "--Wallet:DataDirectory=")]
    [InlineData("/proc/nothing", FreePort, "--Wallet:DataDirectory=/proc/nothing")]
    [InlineData("nonsense", "--urls=nonsense")]
    public async Task What_keeps_it_from_starting_is_told_in_one_line(string told, params string[] args)
    {
        await using var server = ServerProcess.Start(directory.FullName, args);
        var (exitCode, _, errors) = await server.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(told, IsOneLine(errors));
    }

    [Fact]
    public async Task Told_to_stop_under_load_it_keeps_all_it_answered()
    {
        var answered = new ConcurrentBag<Guid>();
        await using (var server = ServerProcess.Start(directory.FullName, FreePort))
        {
            using var http = new HttpClient { BaseAddress = await server.AddressAsync() };
            await PostAsync(http, "accounts", """{"account_id":"alice","currency":"USD"}""");
            var enough = new TaskCompletionSource();
            var senders = Enumerable.Range(0, 32).Select(_ => SendUntilRefusedAsync(http, answered, enough)).ToArray();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            server.Terminate();
            await Task.WhenAll(senders);
            var (exitCode, _, errors) = await server.EndAsync();
            Assert.Equal((0, ""), (exitCode, errors));
        }
        await using (var server = ServerProcess.Start(directory.FullName, FreePort))
        {
            using var http = new HttpClient { BaseAddress = await server.AddressAsync() };
            foreach (var id in answered)
                Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"/v1/wallet/transfers/{id}")).StatusCode);
            var account = JsonDocument.Parse(await http.GetStringAsync("/v1/wallet/accounts/alice")).RootElement;
            Assert.True(account.GetProperty("version").GetInt64() >= answered.Count);
            Assert.Equal($"{account.GetProperty("version")}.00", account.GetProperty("balance").GetString());
        }
    }

    private static async Task SendUntilRefusedAsync(
        HttpClient http, ConcurrentBag<Guid> answered, TaskCompletionSource enough)
    {
        try
        {
            while (true)
            {
                var id = Guid.NewGuid();
                using var reply = await PostAsync(http, "balance_transfer", $$"""
                    {"from_account":"settlement:USD","to_account":"alice","amount":"1","currency":"USD",
                     "transaction_id":"{{id}}"}
                    """);
                if (reply.StatusCode != HttpStatusCode.OK) return;
                answered.Add(id);
                if (answered.Count > 500) enough.TrySetResult();
            }
        }
        catch (HttpRequestException)
        {
            // The server takes no more.
        }
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string body) =>
        http.PostAsync($"/v1/wallet/{path}", new StringContent(body, Encoding.UTF8, "application/json"));

    private static string IsOneLine(string errors)
    {
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", errors);
        return errors;
    }
}
