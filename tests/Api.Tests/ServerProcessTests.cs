using System.Collections.Concurrent;
using System.Diagnostics;
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
    [InlineData("QueueTransfersMax", FreePort, "--Wallet:QueueTransfersMax=9999")]
    [InlineData("DrainSecondsMax", FreePort, "--Wallet:DrainSecondsMax=5", "--Wallet:ShutdownSecondsMax=5")]
    [InlineData("Sha256", FreePort, "--Wallet:Keys:0:Name=one", "--Wallet:Keys:0:Scopes:0=read")]
    [InlineData("DataDirectory", FreePort, "--Wallet:DataDirectory=")]
    [InlineData("/proc/nothing", FreePort, "--Wallet:DataDirectory=/proc/nothing")]
    [InlineData("nonsense", "--urls=nonsense")]
    [InlineData("certificate", "--urls=https://127.0.0.1:0")]
    [InlineData("https://127.0.0.1:0", "--Kestrel:Endpoints:Tls:Url=https://127.0.0.1:0")]
    [InlineData("127.0.0.1:99999", "--urls=http://127.0.0.1:99999")]
    [InlineData("path /wallet", "--urls=http://127.0.0.1:0/wallet")]
    [InlineData("ftp://", "--urls=ftp://127.0.0.1:0")]
    [InlineData("/nope", "--urls=http://unix:/nope/sock")]
    [InlineData("Url", "--Kestrel:Endpoints:Half:Protocols=Http1")]
    [InlineData("--contentRoot", FreePort, "--contentRoot=/nope")]
    [InlineData("Loud", FreePort, "--Logging:LogLevel:Default=Loud")]
    public async Task What_keeps_it_from_starting_is_told_in_one_line(string told, params string[] args)
    {
        await using var server = ServerProcess.Start(directory.FullName, args);
        var (exitCode, _, errors) = await server.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(told, IsOneLine(errors));
    }

    [Theory]
    [InlineData("broken.pfx", "--urls=https://127.0.0.1:0", "--Kestrel:Certificates:Default:Path=broken.pfx")]
    [InlineData(
        "broken.pfx", "--Kestrel:Endpoints:Tls:Url=https://127.0.0.1:0",
        "--Kestrel:Endpoints:Tls:Certificate:Path=broken.pfx")]
    [InlineData("missing.pfx", "--urls=https://127.0.0.1:0", "--Kestrel:Certificates:Default:Path=missing.pfx")]
    public async Task A_certificate_that_cannot_be_used_is_named(string told, params string[] args)
    {
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "broken.pfx"), "This is no certificate.");
        await What_keeps_it_from_starting_is_told_in_one_line(told, args);
    }

    [Theory]
    [InlineData("{ \"Wallet\": ")]
    [InlineData("{ \"Wallet\": { \"BodyBytesMax\": 4096, \"bodybytesmax\": 8192 } }")]
    public async Task A_broken_configuration_file_is_named(string content)
    {
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "appsettings.json"), content);
        await What_keeps_it_from_starting_is_told_in_one_line("appsettings.json", FreePort);
    }

    [Fact]
    public async Task A_client_that_never_ends_its_request_does_not_cost_the_snapshot()
    {
        await using var server = ServerProcess.Start(
            directory.FullName, FreePort, "--Wallet:DrainSecondsMax=1", "--Wallet:ShutdownSecondsMax=40",
            "--Wallet:BodyGraceSeconds=3600");
        var address = await server.AddressAsync();
        using var http = new HttpClient { BaseAddress = address };
        await PostAsync(http, "accounts", """{"account_id":"alice","currency":"USD"}""");
        using var hanging = new TcpClient();
        await hanging.ConnectAsync(address.Host, address.Port);
        // When it has leave to send the body, its request is under way for certain.
        await hanging.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/wallet/accounts HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\n" +
            "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.NotEqual(0, await hanging.GetStream().ReadAsync(new byte[100], patience.Token));

        var watch = Stopwatch.StartNew();
        server.Terminate();
        var (exitCode, _, errors) = await server.EndAsync();

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(directory.FullName, "data", "snapshots")));
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
