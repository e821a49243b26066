using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

public sealed partial class OptionsTests
{
    // What the runtime, the server and the exporters read by themselves.
    private static readonly string[] ForeignPrefixes = ["DOTNET_", "ASPNETCORE_", "OTEL_"];

    [Fact]
    public void The_codes_options_are_read_as_they_are()
    {
        Assert.Equal("string?", Option("Wallet__Postgres").Type);
        Assert.Equal((0, 65_535), Option("Wallet__SiloPort").Range);
        Assert.Equal((1024, 1 << 28), Option("Wallet__BodyBytesMax").Range);
        Assert.Equal("int", Option("Wallet__TransferSecondsMax").Type);
        Assert.Equal("int", Option("Wallet__WritersMax").Type);
        Assert.Equal("string", Option("Wallet__Keys__0__Scopes__1").Type);
        Assert.Null(CodeOptions.Find("Wallet__Keys__Name"));
        Assert.Null(CodeOptions.Find("Wallet__Postgress"));
        Assert.Null(CodeOptions.Find("Wallet__SegmentBytesMax"));
        Assert.Equal(["Both", "Silo", "Api"], CodeOptions.MembersOf("SiloRole"));
    }

    [Fact]
    public void Every_variable_binds_to_an_option_of_the_code()
    {
        var names = Manifests.Pods.SelectMany(pod => pod.VariableNames)
            .Concat(GuidePage.Secrets.Values.SelectMany(secret => secret.Keys))
            .Concat(Repository.Files("deploy", "*.env").SelectMany(file => Manifests.Variables(file).Keys))
            .Concat(DockerVariable().Matches(Repository.Read(Dockerfile.File)).Select(match => match.Groups[1].Value));
        Assert.All(
            names.Where(name => !ForeignPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))),
            name => Assert.True(
                CodeOptions.Find(name) is { } option && !option.Type.EndsWith("[]", StringComparison.Ordinal),
                $"{name} sets no option."));
    }

    [Fact]
    public void Every_number_lies_in_its_options_range()
    {
        foreach (var (name, value) in Manifests.Pods.SelectMany(pod => pod.Variables).Distinct())
        {
            if (CodeOptions.Find(name) is not { Range: { } range }) continue;
            Assert.True(
                long.TryParse(value, CultureInfo.InvariantCulture, out var number)
                    && number >= range.Min && number <= range.Max,
                $"{name} is {value}, and must be {range.Min} to {range.Max}.");
        }
    }

    [Fact]
    public void Every_option_that_the_page_names_is_there()
    {
        var variables = PageVariable().Matches(GuidePage.Text).Select(match => match.Value.TrimEnd('_')).ToArray();
        Assert.NotEmpty(variables);
        Assert.All(variables, name => Assert.True(CodeOptions.Find(name) is not null, $"{name} is no option."));
        var options = PageOption().Matches(GuidePage.Text).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(options);
        Assert.All(options, name => Assert.Contains(name, CodeOptions.All.Select(option => option.Name)));
    }

    [Fact]
    public void Each_role_is_started_as_the_code_calls_it()
    {
        Assert.Contains(
            "[\"--role\"] = \"Wallet:Role\"", Repository.Read("src/Silo/SiloServer.cs"), StringComparison.Ordinal);
        foreach (var pod in Manifests.Pods)
        {
            Assert.Equal(["--role", pod.Component], pod.Container.Texts("args"));
            Assert.Contains(pod.Component, CodeOptions.MembersOf("SiloRole"), StringComparer.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void A_silo_is_reached_at_its_pods_address()
    {
        var address = Manifests.Silo.Variable("Wallet__AdvertisedAddress");
        Assert.Equal("status.podIP", address.Text("valueFrom", "fieldRef", "fieldPath"));
        Assert.DoesNotContain("Wallet__AdvertisedAddress", Manifests.Api.VariableNames);
    }

    [Fact]
    public void All_are_of_one_cluster()
    {
        var options = Manifests.Variables($"{Manifests.BaseFolder}/options.env");
        Assert.False(string.IsNullOrWhiteSpace(options["Wallet__ClusterId"]));
        Assert.All(Manifests.Pods, pod =>
        {
            Assert.Equal(["wallet-options"], pod.Container.Items("envFrom")
                .Where(source => source.Find("configMapRef") is not null)
                .Select(source => source.Text("configMapRef", "name")));
            // What is set once for all is not set again for one.
            Assert.Empty(pod.Container.Items("env").Select(variable => variable.Text("name")).Intersect(options.Keys));
        });
    }

    [Fact]
    public void The_heaps_limit_is_hexadecimal_and_leaves_room()
    {
        var text = Manifests.Silo.Variables["DOTNET_GCHeapHardLimitPercent"];
        Assert.StartsWith("0x", text, StringComparison.Ordinal);
        var percent = int.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.InRange(percent, 50, 80);
        Assert.Contains($"a heap of at most {percent} %", GuidePage.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Telemetry_is_switched_on_by_the_variable_that_the_code_asks_for()
    {
        var endpoint = Endpoint().Match(Repository.Read("src/Silo/ClusterTelemetry.cs")).Groups[1].Value;
        var variables = Manifests.Variables($"{Manifests.TelemetryFolder}/telemetry.env");
        var url = new Uri(variables[endpoint]);
        var policy = Manifests.In(Manifests.TelemetryFolder).Single(manifest => manifest.Kind == "NetworkPolicy");
        Assert.Contains(policy.Root.Deep("port"), port => port.Number() == url.Port);
        Assert.Contains($".{policy.Root.Deep("kubernetes.io/metadata.name").Single().Text()}.svc", url.Host,
            StringComparison.Ordinal);
    }

    private static CodeOption Option(string variable) =>
        CodeOptions.Find(variable) ?? throw new KeyNotFoundException($"{variable} sets no option.");

    [GeneratedRegex(@"^ENV (\w+)=", RegexOptions.Multiline)]
    private static partial Regex DockerVariable();

    [GeneratedRegex(@"Wallet__\w+")]
    private static partial Regex PageVariable();

    [GeneratedRegex(@"`([A-Za-z]+Max)`")]
    private static partial Regex PageOption();

    [GeneratedRegex("Endpoint = \"(\\w+)\"")]
    private static partial Regex Endpoint();
}
