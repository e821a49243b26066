namespace OrleansWallet.Api.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("HTTP://localhost")]
    [InlineData("https://*:65535")]
    [InlineData("http://[::1]:5080/")]
    [InlineData("http://unix:/tmp/wallet.sock")]
    public void What_can_be_listened_at_has_no_fault(string url) => Assert.Null(ListenAddress.FaultOf(url));

    [Theory]
    [InlineData("nonsense", "no address")]
    [InlineData("ftp://127.0.0.1:0", "http and https")]
    [InlineData("http://127.0.0.1:65536", "65535")]
    [InlineData("http://127.0.0.1:0/wallet", "/wallet")]
    [InlineData("http://unix:/no/such/place/sock", "/no/such/place")]
    public void A_fault_names_the_address_and_what_is_wrong_with_it(string url, string told)
    {
        var fault = $"{ListenAddress.FaultOf(url)}";
        Assert.Contains($"'{url}'", fault);
        Assert.Contains(told, fault);
    }
}
