namespace OrleansWallet.Deploy.Tests;

public sealed class ShutdownTests
{
    // What the runtime and the kubelet may need beside the time that the process takes.
    private const int SpareSeconds = 5;

    [Fact]
    public void A_pod_is_given_longer_than_its_stop_may_take() => Assert.All(Manifests.Pods, pod =>
    {
        var needed = PreStopSeconds(pod) + SecondsOf(pod, "ShutdownSecondsMax") + SpareSeconds;
        var given = pod.Spec.Number("terminationGracePeriodSeconds");
        Assert.True(given >= needed, $"{pod} is given {given} s, and may take {needed} s.");
    });

    [Fact]
    public void Requests_under_way_end_before_the_stop_does() => Assert.All(Manifests.Pods, pod =>
        Assert.True(SecondsOf(pod, "DrainSecondsMax") < SecondsOf(pod, "ShutdownSecondsMax")));

    [Fact]
    public void A_front_end_stays_until_nobody_is_sent_to_it() =>
        Assert.InRange(PreStopSeconds(Manifests.Api), 5, 60);

    // The image has no shell that a command could run in.
    [Fact]
    public void No_hook_runs_a_command() => Assert.All(Manifests.Pods, pod => Assert.Empty(pod.Spec.Deep("exec")));

    [Fact]
    public void A_rollout_starts_a_pod_before_it_stops_one() => Assert.All(Manifests.Pods, pod =>
    {
        var strategy = pod.Deployment.Root.At("spec", "strategy");
        Assert.Equal("RollingUpdate", strategy.Text("type"));
        Assert.Equal(0, strategy.Number("rollingUpdate", "maxUnavailable"));
        Assert.True(strategy.Number("rollingUpdate", "maxSurge") >= 1);
    });

    private static int PreStopSeconds(Pod pod) =>
        pod.Container.Find("lifecycle", "preStop", "sleep", "seconds") is { } seconds ? seconds.Number() : 0;

    private static int SecondsOf(Pod pod, string option) =>
        pod.Variables.GetValueOrDefault($"Wallet__{option}") is { } text
            ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : CodeOptions.DefaultOf(option);
}
