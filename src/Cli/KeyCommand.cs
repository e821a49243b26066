using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;

namespace OrleansWallet.Cli;

/// <summary>
/// <c>wallet key</c>: makes an API key of 256 random bits, and what the server's configuration must say about it. The
/// server keeps only a hash; the key is 256 bits of chance, so a plain SHA-256 can't be guessed back.
/// </summary>
internal static class KeyCommand
{
    private const int KeyBytes = 32;
    private static readonly string[] Scopes = ["transfer", "read", "operate", "treasury"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var name = new Option<string>("--name")
        {
            Description = "Who the key is for. It stands in the configuration and in the server's log.",
            DefaultValueFactory = _ => "default",
        };
        name.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>();
            if (text.Length is 0 or > 64 || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
                result.AddError("--name takes 1 to 64 of A-Z a-z 0-9 . _ and -.");
        });
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What the key may do: transfer, read, operate, treasury. Several may follow each other.",
            DefaultValueFactory = _ => ["transfer", "read"],
            AllowMultipleArgumentsPerToken = true,
        };
        scopes.AcceptOnlyFromAmong(Scopes);
        var command = new Command("key", "Make an API key and the configuration that lets it in. The key is shown "
            + "once.")
        {
            name, scopes,
        };
        command.SetAction(parsed =>
        {
            var key = NewKey();
            parsed.InvocationConfiguration.Output.Write(
                Describe(key, parsed.GetRequiredValue(name), parsed.GetRequiredValue(scopes)));
            return ExitCode.Good;
        });
        return command;
    }

    /// <summary>A new key: 43 characters of base64url.</summary>
    public static string NewKey() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>What the configuration holds of a key: SHA-256 of its text, in hex.</summary>
    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)));

    private static string Describe(string key, string name, IReadOnlyList<string> scopes) =>
        $$"""
        Key, shown only now:

          {{key}}

        Send it as:  Authorization: Bearer {{key}}
        The server's configuration (appsettings.json), which knows only its hash:

        {
          "Wallet": {
            "Keys": [
              {
                "Name": "{{name}}",
                "Sha256": "{{HashOf(key)}}",
                "Scopes": [{{string.Join(", ", scopes.Distinct().Select(scope => $"\"{scope}\""))}}]
              }
            ]
          }
        }

        """;
}
