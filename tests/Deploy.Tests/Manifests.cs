using YamlDotNet.RepresentationModel;

namespace OrleansWallet.Deploy.Tests;

/// <summary>One object of Kubernetes, and the file it stands in.</summary>
internal sealed record Manifest(string File, YamlNode Root)
{
    public string Kind => Root.Text("kind");

    public string Name => Root.Text("metadata", "name");

    /// <summary>Whose it is: silo or api; null for what belongs to both.</summary>
    public string? Component => Root.Find("metadata", "labels", Manifests.ComponentLabel)?.Text();

    public override string ToString() => $"{Kind} {Name} ({File})";
}

/// <summary>The manifests as they lie in the repository.</summary>
internal static class Manifests
{
    public const string BaseFolder = "deploy/aks/base";
    public const string ProductionFolder = "deploy/aks/overlays/production";
    public const string KeyVaultFolder = "deploy/aks/components/key-vault";
    public const string TelemetryFolder = "deploy/aks/components/telemetry";
    public const string Kustomization = "kustomization.yaml";
    public const string ComponentLabel = "app.kubernetes.io/component";

    /// <summary>All folders that kustomize reads.</summary>
    public static readonly IReadOnlyList<string> Folders =
        [.. Repository.Files("deploy", Kustomization).Select(file => file[..^(Kustomization.Length + 1)])];

    /// <summary>The objects of the base.</summary>
    public static readonly IReadOnlyList<Manifest> Base = In(BaseFolder);

    /// <summary>The base's pods: silos and front ends.</summary>
    public static readonly IReadOnlyList<Pod> Pods = [.. OfKind("Deployment").Select(manifest => new Pod(manifest))];

    /// <summary>The silos.</summary>
    public static Pod Silo => Pods.Single(pod => pod.Component == "silo");

    /// <summary>The front ends.</summary>
    public static Pod Api => Pods.Single(pod => pod.Component == "api");

    /// <summary>The objects of one folder: resources and patches that are whole objects.</summary>
    public static IReadOnlyList<Manifest> In(string folder) =>
    [
        .. Repository.Files(folder, "*.yaml").Where(file => !file.EndsWith(Kustomization, StringComparison.Ordinal))
            .SelectMany(file => Yaml.Load(file).Where(root => root is YamlMappingNode)
                .Select(root => new Manifest(file, root))),
    ];

    /// <summary>The base's objects of one kind.</summary>
    public static IEnumerable<Manifest> OfKind(string kind) => Base.Where(manifest => manifest.Kind == kind);

    /// <summary>One object of the base.</summary>
    public static Manifest Named(string kind, string name) =>
        OfKind(kind).Single(manifest => manifest.Name == name);

    /// <summary>The pods that a selector's labels choose.</summary>
    public static IEnumerable<Pod> SelectedBy(IReadOnlyDictionary<string, string> labels) =>
        Pods.Where(pod => labels.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value));

    /// <summary>The variables of a file of NAME=VALUE lines.</summary>
    public static IReadOnlyDictionary<string, string> Variables(string file) => Repository.Read(file).Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
