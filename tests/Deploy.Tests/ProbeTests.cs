using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace OrleansWallet.Deploy.Tests;

public sealed partial class ProbeTests
{
    private const string Lives = "/healthz";
    private const string CanWrite = "/readyz";
    private static readonly string[] Probes = ["startupProbe", "readinessProbe", "livenessProbe"];

    [Fact]
    public void Every_probe_asks_what_the_code_serves_without_a_key()
    {
        var served = OpenRoute().Matches(Repository.Read("src/Api/ServiceEndpoints.cs"))
            .Select(match => match.Groups["path"].Value).ToArray();
        Assert.All(Manifests.Pods, pod => Assert.All(Probes, name =>
        {
            var probe = pod.Container.At(name, "httpGet");
            Assert.Contains(probe.Text("path"), served);
            Assert.Equal("http", probe.Text("port"));
        }));
    }

    [Fact]
    public void Only_readiness_asks_whether_the_database_can_be_written() => Assert.All(Manifests.Pods, pod =>
    {
        // What fails the other two is killed, and no database gets well from that.
        Assert.Equal(Lives, pod.Container.Text("startupProbe", "httpGet", "path"));
        Assert.Equal(Lives, pod.Container.Text("livenessProbe", "httpGet", "path"));
        Assert.Equal(CanWrite, pod.Container.Text("readinessProbe", "httpGet", "path"));
    });

    [Fact]
    public void A_start_may_wait_for_another_that_migrates_the_schema()
    {
        var lockSeconds = LockSeconds().Match(Repository.Read("src/Storage/Postgres/PostgresSchema.cs"));
        Assert.True(lockSeconds.Success, "The schema's lock has no time any more.");
        var start = Manifests.Silo.Container.At("startupProbe");
        Assert.True(
            Patience(start) > 2 * int.Parse(lockSeconds.Groups[1].Value, CultureInfo.InvariantCulture),
            "A silo that waits for the schema's lock would be killed while it waits.");
    }

    [Fact]
    public void A_pod_is_taken_out_of_service_before_it_is_killed() => Assert.All(Manifests.Pods, pod => Assert.True(
        Patience(pod.Container.At("readinessProbe")) < Patience(pod.Container.At("livenessProbe"))));

    private static int Patience(YamlNode probe) => probe.Number("periodSeconds") * probe.Number("failureThreshold");

    [GeneratedRegex("MapRead\\(\"(?<path>[^\"]+)\", Scopes.None")]
    private static partial Regex OpenRoute();

    [GeneratedRegex(@"LockSeconds = (\d+);")]
    private static partial Regex LockSeconds();
}
