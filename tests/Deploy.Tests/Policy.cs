using YamlDotNet.RepresentationModel;

namespace OrleansWallet.Deploy.Tests;

/// <summary>What the base's network policies let through.</summary>
internal static class Policy
{
    public static readonly string[] Directions = ["egress", "ingress"];

    /// <summary>Whether one pod may open a connection to another's port: both sides' policies must let it.</summary>
    public static bool Lets(Pod from, Pod to, int port) =>
        Rules(from, "egress").Any(rule => Opens(rule, "to", to, port))
        && Rules(to, "ingress").Any(rule => Opens(rule, "from", from, port));

    /// <summary>The namespaces whose pods may come in, by their labels, and to which ports.</summary>
    public static IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<int> Ports)>
        NamespacesLetIn(Pod pod) =>
    [
        .. Rules(pod, "ingress").SelectMany(rule => rule.Items("from")
            .Where(peer => peer.Find("namespaceSelector") is not null)
            .Select(peer => (peer.Map("namespaceSelector", "matchLabels"), PortsOf(rule)))),
    ];

    /// <summary>The ports a pod may reach outside of its namespace.</summary>
    public static IEnumerable<(string Protocol, int Port)> OutsidePortsOf(Pod pod) => Rules(pod, "egress")
        .Where(rule => rule.Items("to").Any(peer =>
            peer.Find("ipBlock") is not null || peer.Find("namespaceSelector") is not null))
        .SelectMany(rule => rule.Items("ports").Select(port => (port.Text("protocol"), port.Number("port"))));

    private static IEnumerable<YamlNode> Rules(Pod pod, string direction) => Manifests.OfKind("NetworkPolicy")
        .Where(policy => Manifests.SelectedBy(policy.Root.Map("spec", "podSelector", "matchLabels")).Contains(pod))
        .SelectMany(policy => policy.Root.Items("spec", direction));

    private static bool Opens(YamlNode rule, string side, Pod other, int port) => PortsOf(rule).Contains(port)
        && rule.Items(side).Any(peer => peer.Find("namespaceSelector") is null && peer.Find("ipBlock") is null
            && Manifests.SelectedBy(peer.Map("podSelector", "matchLabels")).Contains(other));

    private static IReadOnlyList<int> PortsOf(YamlNode rule)
    {
        // A rule without ports would open all of them.
        Assert.NotEmpty(rule.Items("ports"));
        return [.. rule.Items("ports").Select(port => port.Number("port"))];
    }
}
