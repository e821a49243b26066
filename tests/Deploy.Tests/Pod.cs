using YamlDotNet.RepresentationModel;

namespace OrleansWallet.Deploy.Tests;

/// <summary>What a Deployment of the base runs.</summary>
internal sealed record Pod(Manifest Deployment)
{
    public string Component => Labels[Manifests.ComponentLabel];

    public YamlNode Spec => Deployment.Root.At("spec", "template", "spec");

    public IReadOnlyDictionary<string, string> Labels =>
        Deployment.Root.Map("spec", "template", "metadata", "labels");

    public YamlNode Container => Assert.Single(Spec.Items("containers"));

    /// <summary>The container's ports by name.</summary>
    public IReadOnlyDictionary<string, int> Ports => Container.Items("ports")
        .ToDictionary(port => port.Text("name"), port => port.Number("containerPort"), StringComparer.Ordinal);

    /// <summary>The variables whose values stand in the manifests, common options and the container's own.</summary>
    public IReadOnlyDictionary<string, string> Variables => Manifests.Variables($"{Manifests.BaseFolder}/options.env")
        .Concat(Container.Items("env").Where(variable => variable.Find("value") is not null)
            .Select(variable => KeyValuePair.Create(variable.Text("name"), variable.Text("value"))))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>The names of all variables that the manifests set, whatever their values come from.</summary>
    public IEnumerable<string> VariableNames =>
        Variables.Keys.Union(Container.Items("env").Select(variable => variable.Text("name")));

    /// <summary>The container's own variable of a name.</summary>
    public YamlNode Variable(string name) =>
        Container.Items("env").Single(variable => variable.Text("name") == name);

    public override string ToString() => Deployment.ToString();
}
