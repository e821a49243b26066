using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OrleansWallet.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("--help", "verify")]
    [InlineData("--help", "replay")]
    [InlineData("--help", "load")]
    [InlineData("--help", "key")]
    [InlineData("verify --help", "--no-unique")]
    [InlineData("verify --help", "Exit codes")]
    [InlineData("replay --help", "--sequence")]
    [InlineData("load --help", "--connections")]
    [InlineData("load --help", "Exit codes")]
    [InlineData("key --help", "--scope")]
    public async Task Help_tells_what_there_is(string line, string expected)
    {
        var result = await CommandLine.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Good, result.ExitCode);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("verify")]
    [InlineData("verify . --no-such-option")]
    [InlineData("replay .")]
    [InlineData("replay . --account a!b")]
    [InlineData("replay . --account a --at yesterday")]
    [InlineData("replay . --account a --sequence x")]
    [InlineData("replay . --account a --sequence 1 --at 2026-01-01T00:00:00Z")]
    [InlineData("key --scope everything")]
    [InlineData("key --name a/b")]
    [InlineData("load --url nowhere")]
    [InlineData("load --accounts 1")]
    [InlineData("load --batch 10001")]
    [InlineData("load --currency usd")]
    [InlineData("load --seconds -1")]
    [InlineData("load --transfers 0")]
    [InlineData("load --fund 1.001")]
    [InlineData("load --spread random")]
    public async Task A_command_line_that_can_not_be_understood_is_told_so_in_short(string line)
    {
        var result = await CommandLine.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.InRange(result.Error.Trim().Split('\n').Length, 1, 2);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_256_bits_and_its_configuration_knows_its_hash()
    {
        var result = await CommandLine.RunAsync("key", "--name", "shop", "--scope", "transfer", "treasury");

        Assert.Equal(ExitCode.Good, result.ExitCode);
        var key = result.Output.Split('\n')[2].Trim();
        Assert.Equal(32, Base64Url.DecodeFromChars(key).Length);
        using var json = JsonDocument.Parse(result.Output[result.Output.IndexOf('{', StringComparison.Ordinal)..]);
        var entry = json.RootElement.GetProperty("Wallet").GetProperty("Keys")[0];
        Assert.Equal("shop", entry.GetProperty("Name").GetString());
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
            entry.GetProperty("Sha256").GetString());
        Assert.Equal(["transfer", "treasury"], entry.GetProperty("Scopes").EnumerateArray().Select(s => s.GetString()));
        Assert.NotEqual(key, (await CommandLine.RunAsync("key")).Output.Split('\n')[2].Trim());
    }
}
