using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansWallet.Api.Tests;

public sealed class KeyTests
{
    private static readonly string Hash = Convert.ToHexString(SHA256.HashData("secret"u8));

    [Theory]
    [InlineData("Bearer secret", Scopes.Read | Scopes.Operate)]
    [InlineData("bearer secret", Scopes.Read | Scopes.Operate)]
    [InlineData("Bearer   secret", Scopes.Read | Scopes.Operate)]
    [InlineData("Bearer Secret", null)]
    [InlineData("Bearer secrets", null)]
    [InlineData("Bearer", null)]
    [InlineData("Bearer ", null)]
    [InlineData("secret", null)]
    [InlineData("Basic secret", null)]
    [InlineData(null, null)]
    public void A_key_is_known_by_its_hash(string? header, Scopes? expected)
    {
        var ring = RingOf(Key("one", Hash.ToLowerInvariant(), "read", "OPERATE"));
        var isKnown = ring.TryFind(RequestWith(header), out var scopes);
        Assert.Equal(expected is not null, isKnown);
        Assert.Equal(expected ?? Scopes.None, scopes);
    }

    [Fact]
    public void Two_authorization_headers_are_none()
    {
        var request = RequestWith(null);
        request.Headers.Authorization = new[] { "Bearer secret", "Bearer secret" };
        Assert.False(RingOf(Key("one", Hash, "read")).TryFind(request, out _));
    }

    [Fact]
    public void Without_keys_everyone_may_do_everything()
    {
        var ring = RingOf();
        Assert.True(ring.IsEmpty);
        Assert.True(ring.TryFind(RequestWith(null), out var scopes));
        Assert.Equal(Scopes.All, scopes);
    }

    [Fact]
    public void Keys_are_hashed_as_utf_8()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("schlüssel")));
        Assert.True(RingOf(Key("one", hash, "read")).TryFind(RequestWith("Bearer schlüssel"), out _));
    }

    [Fact]
    public void Keys_that_cannot_be_meant_are_refused_with_all_their_faults()
    {
        var faults = FaultsOf(
            Key("", Hash, "read"), Key("short", "abc", "read"), Key("noscope", Other(1)),
            Key("typo", Other(2), "reed"), Key("twice", Other(3), "read"), Key("twice", Other(4), "read"),
            Key("same", Other(5), "read"), Key("again", Other(5).ToLowerInvariant(), "read"));
        string[] expected =
        [
            "Wallet:Keys:0: give the key a Name", "Wallet:Keys:1: Sha256", "Wallet:Keys:2: Scopes",
            "Wallet:Keys:3: 'reed' is no scope", "'twice' is given twice", "same and again are the same key",
        ];
        Assert.All(expected, text => Assert.Contains(text, faults));
    }

    private static string Other(int which) => Convert.ToHexString(SHA256.HashData([(byte)which]));

    private static KeyEntry Key(string name, string hash, params string[] scopes) =>
        new() { Name = name, Sha256 = hash, Scopes = scopes };

    private static KeyRing RingOf(params KeyEntry[] keys) => new(Options.Create(new KeyOptions { Keys = keys }));

    private static HttpRequest RequestWith(string? header)
    {
        var request = new DefaultHttpContext().Request;
        if (header is not null) request.Headers.Authorization = header;
        return request;
    }

    private static string FaultsOf(params KeyEntry[] keys)
    {
        var settings = new Dictionary<string, string?>();
        for (var i = 0; i < keys.Length; i++)
        {
            settings[$"Wallet:Keys:{i}:Name"] = keys[i].Name;
            settings[$"Wallet:Keys:{i}:Sha256"] = keys[i].Sha256;
            for (var j = 0; j < keys[i].Scopes.Length; j++) settings[$"Wallet:Keys:{i}:Scopes:{j}"] = keys[i].Scopes[j];
        }
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var services = new ServiceCollection().AddWalletApi(configuration).BuildServiceProvider();
        return Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IOptions<KeyOptions>>().Value).Message;
    }
}
