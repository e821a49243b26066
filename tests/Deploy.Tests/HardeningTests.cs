namespace OrleansWallet.Deploy.Tests;

public sealed class HardeningTests
{
    [Fact]
    public void A_container_can_do_nothing_that_it_need_not() => Assert.All(Manifests.Pods, pod =>
    {
        Assert.Equal("RuntimeDefault", pod.Spec.Text("securityContext", "seccompProfile", "type"));
        var context = pod.Container.At("securityContext");
        Assert.Equal("false", context.Text("allowPrivilegeEscalation"));
        Assert.Equal("true", context.Text("readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], context.Texts("capabilities", "drop"));
        Assert.Null(context.Find("capabilities", "add"));
    });

    [Fact]
    public void The_namespace_takes_no_other_pods() => Assert.Equal(
        "restricted",
        Manifests.OfKind("Namespace").Single().Root.Text("metadata", "labels", "pod-security.kubernetes.io/enforce"));

    [Fact]
    public void No_pod_has_rights_in_the_cluster() => Assert.All(Manifests.Pods, pod =>
    {
        Assert.Equal("false", pod.Spec.Text("automountServiceAccountToken"));
        var account = Manifests.Named("ServiceAccount", pod.Spec.Text("serviceAccountName"));
        Assert.Equal("false", account.Root.Text("automountServiceAccountToken"));
        Assert.DoesNotContain(Manifests.Base, manifest => manifest.Kind.Contains("Role", StringComparison.Ordinal));
    });

    [Fact]
    public void Memory_is_what_was_asked_for_and_cpu_is_not_throttled()
    {
        var patched = Manifests.In(Manifests.ProductionFolder).Where(manifest => manifest.Kind == "Deployment")
            .SelectMany(manifest => manifest.Root.Items("spec", "template", "spec", "containers"));
        Assert.All(Manifests.Pods.Select(pod => pod.Container).Concat(patched), container =>
        {
            var resources = container.At("resources");
            Assert.Equal(resources.Text("requests", "memory"), resources.Text("limits", "memory"));
            Assert.Null(resources.Find("limits", "cpu"));
        });
    }

    [Fact]
    public void What_a_container_may_write_has_a_size() => Assert.All(Manifests.Pods, pod =>
    {
        Assert.All(pod.Spec.Items("volumes"), volume => Assert.NotNull(volume.Find("emptyDir", "sizeLimit")));
        Assert.Equal(
            pod.Spec.Items("volumes").Select(volume => volume.Text("name")),
            pod.Container.Items("volumeMounts").Select(mount => mount.Text("name")));
    });
}
