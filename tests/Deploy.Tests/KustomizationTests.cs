using System.Diagnostics;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace OrleansWallet.Deploy.Tests;

public sealed partial class KustomizationTests
{
    public static TheoryData<string> Folders => [.. Manifests.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_file_of_a_folder_is_listed_and_is_there(string folder)
    {
        var listed = Listed(Read(folder)).Order(StringComparer.Ordinal);
        var lying = Directory.EnumerateFiles(Repository.PathOf(folder)).Select(path => Path.GetFileName(path))
            .Where(name => name != Manifests.Kustomization).Order(StringComparer.Ordinal);
        Assert.Equal(lying, listed);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_folder_that_one_builds_on_is_there(string folder) => Assert.All(
        // What is commented out is an offer, and must be good too.
        FolderReference().Matches(Repository.Read($"{folder}/{Manifests.Kustomization}"))
            .Select(match => match.Groups[1].Value),
        reference => Assert.Contains(
            Repository.NameOf(Path.GetFullPath(reference, Repository.PathOf(folder))), Manifests.Folders));

    [Fact]
    public void Every_patch_changes_something_that_the_base_has()
    {
        foreach (var folder in Manifests.Folders.Where(folder => folder != Manifests.BaseFolder))
        {
            var patches = Read(folder).Items("patches").Select(patch => patch.Text("path")).ToArray();
            var objects = Manifests.In(folder)
                .Where(manifest => patches.Contains(Path.GetFileName(manifest.File)));
            Assert.All(objects, patch =>
            {
                var target = Manifests.Named(patch.Kind, patch.Name);
                Assert.Equal("wallet", patch.Root.Text("metadata", "namespace"));
                Assert.Equal(target.Root.Text("apiVersion"), patch.Root.Text("apiVersion"));
                // A container of another name would be a second one, without an image.
                Assert.Subset(ContainersOf(target), ContainersOf(patch));
            });
            foreach (var target in Read(folder).Items("patches").SelectMany(patch => patch.Deep("target")))
                Assert.All(Manifests.Pods, pod => Assert.Matches($"^{target.Text("name")}$", pod.Deployment.Name));
        }
    }

    [Fact]
    public void The_options_of_pods_are_generated()
    {
        var generator = Assert.Single(Read(Manifests.BaseFolder).Items("configMapGenerator"));
        Assert.All(
            Manifests.Pods.SelectMany(pod => pod.Container.Deep("configMapRef")),
            reference => Assert.Equal(generator.Text("name"), reference.Text("name")));
        var merged = Assert.Single(Read(Manifests.TelemetryFolder).Items("configMapGenerator"));
        Assert.Equal(generator.Text("name"), merged.Text("name"));
        Assert.Equal("merge", merged.Text("behavior"));
    }

    [Fact]
    public void All_lie_in_the_namespace_that_the_page_names()
    {
        var name = Manifests.OfKind("Namespace").Single().Name;
        Assert.Equal(name, Read(Manifests.BaseFolder).Text("namespace"));
        Assert.All(PageNamespace().Matches(GuidePage.Text), match => Assert.Equal(name, match.Groups[1].Value));
    }

    [KubectlFact]
    public void Kubectl_renders_production()
    {
        var start = new ProcessStartInfo("kubectl", ["kustomize", Repository.PathOf(Manifests.ProductionFolder)])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("kubectl does not start.");
        var stream = new YamlStream();
        stream.Load(new StringReader(process.StandardOutput.ReadToEnd()));
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        var rendered = stream.Documents.Select(document => new Manifest("rendered", document.RootNode)).ToArray();
        Assert.Equal(
            Manifests.Base.Select(manifest => $"{manifest.Kind} {manifest.Name}").Order(StringComparer.Ordinal),
            rendered.Where(manifest => manifest.Kind != "ConfigMap")
                .Select(manifest => $"{manifest.Kind} {manifest.Name}").Order(StringComparer.Ordinal));
        var image = Read(Manifests.ProductionFolder).Items("images")[0];
        Assert.All(rendered.Where(manifest => manifest.Kind == "Deployment"), deployment =>
        {
            var container = Assert.Single(deployment.Root.Items("spec", "template", "spec", "containers"));
            Assert.Equal($"{image.Text("newName")}:{image.Text("newTag")}", container.Text("image"));
            Assert.Equal(
                rendered.Single(manifest => manifest.Kind == "ConfigMap").Name,
                container.Deep("configMapRef").Single().Text("name"));
        });
    }

    private static HashSet<string> ContainersOf(Manifest deployment) =>
        [.. deployment.Root.Items("spec", "template", "spec", "containers").Select(item => item.Text("name"))];

    private static YamlNode Read(string folder) => Yaml.Load($"{folder}/{Manifests.Kustomization}").Single();

    private static IEnumerable<string> Listed(YamlNode kustomization) =>
        kustomization.Texts("resources").Where(name => !name.Contains('/', StringComparison.Ordinal))
            .Concat(kustomization.Items("patches").Select(patch => patch.Text("path")))
            .Concat(kustomization.Items("configMapGenerator").SelectMany(map => map.Texts("envs")));

    [GeneratedRegex(@"^#?\s+- (\.\./\S+)$", RegexOptions.Multiline)]
    private static partial Regex FolderReference();

    [GeneratedRegex(@"kubectl -n (\S+)")]
    private static partial Regex PageNamespace();
}
