using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

/// <summary>One stage of the image's build.</summary>
internal sealed record DockerStage(string Name, string From, string Body);

/// <summary>The image's build, read as text.</summary>
internal static partial class Dockerfile
{
    public const string File = "deploy/Dockerfile";

    public static readonly IReadOnlyList<DockerStage> Stages =
    [
        .. Stage().Matches(Repository.Read(File)).Select(match => new DockerStage(
            match.Groups["name"].Value, match.Groups["from"].Value, match.Groups["body"].Value)),
    ];

    public static DockerStage Named(string name) => Stages.Single(stage => stage.Name == name);

    /// <summary>A variable that the image sets.</summary>
    public static string Variable(string name) =>
        Regex.Match(Repository.Read(File), $@"(?m)^ENV {name}=(\S+)$").Groups[1].Value;

    /// <summary>The ports a stage names.</summary>
    public static IEnumerable<int> ExposedBy(string stage) => Regex.Matches(Named(stage).Body, "(?m)^EXPOSE (.+)$")
        .SelectMany(match => match.Groups[1].Value.Split(' '))
        .Select(port => int.Parse(port, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^FROM (?<from>\S+) AS (?<name>\S+)\n(?<body>.*?)(?=^FROM |\z)",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Stage();
}
