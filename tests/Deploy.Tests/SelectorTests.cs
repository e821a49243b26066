namespace OrleansWallet.Deploy.Tests;

public sealed class SelectorTests
{
    [Fact]
    public void There_are_silos_and_front_ends() =>
        Assert.Equal(["api", "silo"], Manifests.Pods.Select(pod => pod.Component).Order());

    [Fact]
    public void A_deployment_selects_its_own_pods_only() => Assert.All(Manifests.Pods, pod =>
        Assert.Equal([pod], Manifests.SelectedBy(pod.Deployment.Root.Map("spec", "selector", "matchLabels"))));

    [Theory]
    [InlineData("Service", "spec", "selector")]
    [InlineData("PodDisruptionBudget", "spec", "selector", "matchLabels")]
    public void Each_role_has_one_that_selects_it(string kind, params string[] path)
    {
        var selected = Manifests.OfKind(kind).Select(manifest =>
        {
            var pod = Assert.Single(Manifests.SelectedBy(manifest.Root.Map(path)));
            Assert.Equal(pod.Component, manifest.Component);
            Assert.Equal(pod.Deployment.Name, manifest.Name);
            return pod.Component;
        });
        Assert.Equal(["api", "silo"], selected.Order());
    }

    [Fact]
    public void A_policy_selects_the_pods_that_it_is_named_for() => Assert.All(
        Manifests.OfKind("NetworkPolicy"), policy =>
        {
            var selected = Manifests.SelectedBy(policy.Root.Map("spec", "podSelector", "matchLabels"));
            Assert.Equal(
                Manifests.Pods.Where(pod => policy.Component is null || policy.Component == pod.Component), selected);
        });

    [Fact]
    public void Pods_are_spread_over_zones_and_nodes_among_their_own() => Assert.All(Manifests.Pods, pod =>
    {
        var constraints = pod.Spec.Items("topologySpreadConstraints");
        Assert.Equal(
            ["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
            constraints.Select(constraint => constraint.Text("topologyKey")).Order());
        Assert.All(constraints, constraint => Assert.Equal(
            [pod], Manifests.SelectedBy(constraint.Map("labelSelector", "matchLabels"))));
    });

    [Fact]
    public void An_autoscaler_alone_says_how_many_there_are() => Assert.All(Manifests.Pods, pod =>
    {
        Assert.Null(pod.Deployment.Root.Find("spec", "replicas"));
        var scaler = Manifests.Named("HorizontalPodAutoscaler", pod.Deployment.Name);
        Assert.Equal("Deployment", scaler.Root.Text("spec", "scaleTargetRef", "kind"));
        Assert.Equal(pod.Deployment.Name, scaler.Root.Text("spec", "scaleTargetRef", "name"));
        Assert.True(scaler.Root.Number("spec", "minReplicas") >= 2);
        // A share of CPU is one of what is requested.
        Assert.NotNull(pod.Container.Find("resources", "requests", "cpu"));
    });

    [Fact]
    public void Silos_become_fewer_one_at_a_time_and_more_slowly_than_front_ends()
    {
        var silo = Manifests.Named("HorizontalPodAutoscaler", "wallet-silo").Root.At("spec", "behavior", "scaleDown");
        var api = Manifests.Named("HorizontalPodAutoscaler", "wallet-api").Root.At("spec", "behavior", "scaleDown");
        Assert.Equal(1, Assert.Single(silo.Items("policies")).Number("value"));
        Assert.Equal("Pods", silo.Items("policies")[0].Text("type"));
        Assert.True(
            silo.Number("stabilizationWindowSeconds") > api.Number("stabilizationWindowSeconds"),
            "Silos should stay longer than front ends.");
    }

    [Fact]
    public void Production_has_at_least_three_of_each() => Assert.All(Manifests.Pods, pod =>
    {
        var patch = Manifests.In(Manifests.ProductionFolder).Single(manifest =>
            manifest.Kind == "HorizontalPodAutoscaler" && manifest.Name == pod.Deployment.Name);
        Assert.True(patch.Root.Number("spec", "minReplicas") >= 3);
        Assert.True(patch.Root.Number("spec", "maxReplicas") > patch.Root.Number("spec", "minReplicas"));
    });

    [Fact]
    public void One_of_a_role_may_be_evicted_at_a_time() => Assert.All(
        Manifests.OfKind("PodDisruptionBudget"), budget =>
        {
            Assert.Equal(1, budget.Root.Number("spec", "maxUnavailable"));
            Assert.Equal("AlwaysAllow", budget.Root.Text("spec", "unhealthyPodEvictionPolicy"));
        });
}
