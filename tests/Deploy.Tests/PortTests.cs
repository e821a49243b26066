using System.Globalization;

namespace OrleansWallet.Deploy.Tests;

public sealed class PortTests
{
    private const int Postgres = 5432;
    private const int Dns = 53;

    [Fact]
    public void A_silo_listens_where_its_pod_says()
    {
        var silo = Manifests.Silo;
        Assert.Equal(Text(silo.Ports["silo"]), silo.Variables["Wallet__SiloPort"]);
        Assert.Equal(Text(silo.Ports["gateway"]), silo.Variables["Wallet__GatewayPort"]);
        Assert.Equal(["gateway", "http", "silo"], silo.Ports.Keys.Order());
    }

    [Fact]
    public void A_front_end_has_no_port_of_a_silo()
    {
        Assert.Equal(["http"], Manifests.Api.Ports.Keys);
        Assert.DoesNotContain("Wallet__SiloPort", Manifests.Api.VariableNames);
        Assert.DoesNotContain("Wallet__GatewayPort", Manifests.Api.VariableNames);
    }

    [Fact]
    public void All_serve_http_where_the_image_listens() => Assert.All(
        Manifests.Pods, pod => Assert.Equal(Dockerfile.Variable("ASPNETCORE_HTTP_PORTS"), Text(pod.Ports["http"])));

    [Fact]
    public void The_image_names_all_ports() => Assert.Equal(
        Manifests.Silo.Ports.Values.Order(),
        Dockerfile.ExposedBy("runtime").Concat(Dockerfile.ExposedBy("cluster")).Order());

    [Fact]
    public void Every_service_leads_to_a_port_of_its_pods() => Assert.All(Manifests.OfKind("Service"), service =>
    {
        var pod = Assert.Single(Manifests.SelectedBy(service.Root.Map("spec", "selector")));
        Assert.All(
            service.Root.Items("spec", "ports"), port => Assert.Contains(port.Text("targetPort"), pod.Ports.Keys));
    });

    [Fact]
    public void Nobody_talks_to_anybody_unless_a_policy_says_so()
    {
        var spec = Manifests.Named("NetworkPolicy", "wallet-default-deny").Root.At("spec");
        Assert.Empty(spec.Map("podSelector"));
        Assert.Equal(["Egress", "Ingress"], spec.Texts("policyTypes").Order());
        Assert.Null(spec.Find("ingress"));
        Assert.Null(spec.Find("egress"));
    }

    [Fact]
    public void A_policy_governs_each_direction_that_it_has_rules_for() => Assert.All(
        Manifests.OfKind("NetworkPolicy"), policy => Assert.Equal(
            Policy.Directions.Where(direction => policy.Root.Find("spec", direction) is not null),
            policy.Root.Texts("spec", "policyTypes").Select(type => type.ToLowerInvariant()).Order()
                .Where(_ => policy.Name != "wallet-default-deny")));

    [Fact]
    public void Only_silos_reach_the_silos_own_port()
    {
        var (silo, api) = (Manifests.Silo, Manifests.Api);
        Assert.True(Policy.Lets(silo, silo, silo.Ports["silo"]));
        Assert.False(Policy.Lets(api, silo, silo.Ports["silo"]));
        Assert.Empty(Policy.NamespacesLetIn(silo));
    }

    [Fact]
    public void Front_ends_and_silos_reach_the_gateway()
    {
        var (silo, api) = (Manifests.Silo, Manifests.Api);
        Assert.True(Policy.Lets(api, silo, silo.Ports["gateway"]));
        Assert.True(Policy.Lets(silo, silo, silo.Ports["gateway"]));
    }

    [Fact]
    public void Callers_reach_front_ends_from_the_labelled_namespace_only()
    {
        var api = Manifests.Api;
        var (labels, ports) = Assert.Single(Policy.NamespacesLetIn(api));
        var label = Assert.Single(labels);
        Assert.Equal([api.Ports["http"]], ports);
        Assert.Contains($" {label.Key}={label.Value}", GuidePage.Text, StringComparison.Ordinal);
        Assert.False(Policy.Lets(api, api, api.Ports["http"]));
        Assert.False(Policy.Lets(Manifests.Silo, api, api.Ports["http"]));
    }

    [Fact]
    public void All_reach_names_and_the_database() => Assert.All(Manifests.Pods, pod =>
    {
        Assert.Contains(("TCP", Postgres), Policy.OutsidePortsOf(pod));
        Assert.Contains(("TCP", Dns), Policy.OutsidePortsOf(pod));
        Assert.Contains(("UDP", Dns), Policy.OutsidePortsOf(pod));
        Assert.Equal(3, Policy.OutsidePortsOf(pod).Distinct().Count());
    });

    [Fact]
    public void Production_reaches_the_databases_subnet_only()
    {
        var patch = Manifests.In(Manifests.ProductionFolder).Single(manifest => manifest.Kind == "NetworkPolicy");
        Assert.Equal("wallet-postgres", patch.Name);
        var subnet = patch.Root.Deep("cidr").Single().Text();
        Assert.Contains($"--address-prefixes {subnet} --delegations Microsoft.DBforPostgreSQL", GuidePage.Text,
            StringComparison.Ordinal);
        Assert.Equal(Postgres, patch.Root.Deep("port").Single().Number());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
