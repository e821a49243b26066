using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

public sealed partial class GuidePageTests
{
    [Fact]
    public void Every_path_that_the_page_names_is_there()
    {
        var paths = NamedPath().Matches(GuidePage.Text).Select(match => match.Value.TrimEnd('.', ',')).ToArray();
        Assert.Contains(Manifests.ProductionFolder, paths);
        Assert.All(paths, path => Assert.True(Repository.Has(path), $"There is no {path}."));
    }

    [Fact]
    public void Every_object_that_the_page_names_is_there()
    {
        var objects = NamedObject().Matches(GuidePage.Text)
            .Select(match => (match.Groups["kind"].Value, match.Groups["name"].Value)).Distinct().ToArray();
        Assert.True(objects.Length >= 4);
        Assert.All(objects, named => Assert.Contains(Manifests.Base, manifest =>
            manifest.Kind.Equals(named.Item1, StringComparison.OrdinalIgnoreCase) && manifest.Name == named.Item2));
    }

    [Fact]
    public void What_the_page_forwards_is_a_services_port() => Assert.All(
        Forwarded().Matches(GuidePage.Text), match => Assert.Contains(
            Manifests.Named("Service", match.Groups["name"].Value).Root.Items("spec", "ports"),
            port => port.Text("port") == match.Groups["port"].Value));

    [Fact]
    public void The_tool_that_makes_keys_is_called_as_it_is() => Assert.All(
        ["\"key\"", "\"--name\"", "\"--scope\""],
        part => Assert.Contains(part, Repository.Read("src/Cli/KeyCommand.cs"), StringComparison.Ordinal));

    [GeneratedRegex(@"(?<![\w/.-])(?:deploy|src|tests)/[\w./-]+")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"\b(?<kind>deployment|service)/(?<name>wallet-[\w-]+)")]
    private static partial Regex NamedObject();

    [GeneratedRegex(@"port-forward service/(?<name>[\w-]+) \d+:(?<port>\d+)")]
    private static partial Regex Forwarded();
}
