using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

/// <summary>The page that walks through a deployment, docs/aks.md.</summary>
internal static partial class GuidePage
{
    public static readonly string Text = Repository.Read("docs/aks.md");

    /// <summary>The Secrets that the page tells to create, by name, and in each its keys with their values.</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Secrets =
        SecretCommand().Matches(Text).ToDictionary(
            match => match.Groups["name"].Value,
            IReadOnlyDictionary<string, string> (match) => Literal().Matches(match.Value).ToDictionary(
                literal => literal.Groups["key"].Value, literal => literal.Groups["value"].Value,
                StringComparer.Ordinal),
            StringComparer.Ordinal);

    // Up to the end of the block that the command stands in.
    [GeneratedRegex(@"kubectl -n wallet create secret generic (?<name>\S+) .*?(?=\n```)", RegexOptions.Singleline)]
    private static partial Regex SecretCommand();

    [GeneratedRegex(@"--from-literal=(?<key>\w+)=(?<value>""[^""]*""|\S+)")]
    private static partial Regex Literal();
}
