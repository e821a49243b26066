using Microsoft.Extensions.Configuration;

namespace OrleansWallet.Api.Tests;

public sealed class LoopbackRuleTests
{
    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://127.8.9.10:0", true)]
    [InlineData("http://localhost:5080", true)]
    [InlineData("https://LocalHost:5081", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("http://unix:/run/wallet.sock", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://+:5080", false)]
    [InlineData("http://192.168.0.7:5080", false)]
    [InlineData("http://wallet.example:5080", false)]
    [InlineData("http://localhost.example:5080", false)]
    [InlineData("http://127.0.0.1.example:5080", false)]
    public void Only_this_machine_reaches_a_loopback_address(string url, bool isLoopback) =>
        Assert.Equal(isLoopback, ListenAddress.IsLoopback(url));

    [Fact]
    public void All_addresses_that_can_be_configured_are_looked_at()
    {
        Assert.Equal(
            ["http://a:1", "http://b:2", "http://c:3", "https://d:4"],
            Configured(
                ("urls", "http://a:1; http://b:2"), ("Kestrel:Endpoints:One:Url", "http://c:3"),
                ("Kestrel:Endpoints:Two:Url", "https://d:4"), ("http_ports", "5")));
        Assert.Equal(
            ["http://*:5", "http://*:6", "https://*:7"], Configured(("http_ports", "5;6"), ("https_ports", "7")));
        Assert.Empty(Configured());
    }

    private static IEnumerable<string> Configured(params (string Name, string Value)[] settings) =>
        ListenAddress.Configured(new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value))).Build());
}
