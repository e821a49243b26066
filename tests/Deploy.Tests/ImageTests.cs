using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

public sealed partial class ImageTests
{
    [Theory]
    [InlineData("cluster", "src/Silo")]
    [InlineData("embedded", "src/Api")]
    public void A_target_runs_what_it_publishes(string target, string project)
    {
        var stage = Dockerfile.Named(target);
        var publish = Dockerfile.Named(Regex.Match(stage.Body, @"--from=(\S+) /app \.").Groups[1].Value);
        Assert.Contains($"dotnet publish {project} -c Release -o /app", publish.Body, StringComparison.Ordinal);
        var name = Path.GetFileName(project);
        Assert.True(Repository.Has($"{project}/{name}.csproj"));
        Assert.Contains("<AssemblyName>OrleansWallet.$(MSBuildProjectName)</AssemblyName>",
            Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.Contains(
            $"ENTRYPOINT [\"dotnet\", \"OrleansWallet.{name}.dll\"]", stage.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void The_images_are_of_the_projects_own_framework()
    {
        var version = Regex.Match(Repository.Read("Directory.Build.props"), "<TargetFramework>net([0-9.]+)<").Groups[1];
        Assert.All(
            Dockerfile.Stages.Where(stage => stage.From.StartsWith("mcr.microsoft.com/", StringComparison.Ordinal)),
            stage => Assert.Matches($@":{Regex.Escape(version.Value)}(-|$)", stage.From));
        Assert.Contains("/dotnet/sdk:", Dockerfile.Named("source").From, StringComparison.Ordinal);
        Assert.Contains("/dotnet/aspnet:", Dockerfile.Named("runtime").From, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_stage_is_made_from_one_that_there_is() => Assert.All(Dockerfile.Stages, stage =>
    {
        var before = Dockerfile.Stages.TakeWhile(other => other != stage).Select(other => other.Name).ToArray();
        if (!stage.From.Contains('/', StringComparison.Ordinal)) Assert.Contains(stage.From, before);
        Assert.All(FromStage().Matches(stage.Body), match => Assert.Contains(match.Groups[1].Value, before));
    });

    [Fact]
    public void What_a_build_depends_on_is_copied_and_not_ignored()
    {
        var copied = Regex.Matches(Dockerfile.Named("source").Body, "(?m)^COPY (.+) (\\S+)$")
            .SelectMany(match => match.Groups[1].Value.Split(' ')).ToArray();
        Assert.All(copied, path => Assert.True(Repository.Has(path), $"{path} is not there to be copied."));
        // Each of them changes what a build does; without .editorconfig some warnings, which are errors, are back.
        string[] needed = [".editorconfig", "global.json", "nuget.config", "src/"];
        Assert.Subset(copied.ToHashSet(), needed.ToHashSet());
        Assert.Subset(
            copied.ToHashSet(), Directory.EnumerateFiles(Repository.PathOf("."), "Directory.*.props")
                .Select(path => Path.GetFileName(path)).ToHashSet());
        Assert.Empty(Ignored().Intersect(copied.Select(path => path.TrimEnd('/'))));
    }

    [Fact]
    public void What_must_not_get_into_an_image_is_ignored() =>
        Assert.Subset(Ignored().ToHashSet(), new HashSet<string> { "**/bin", "**/obj", ".git", "data", "**/*.env" });

    [Fact]
    public void A_pod_runs_as_the_images_user()
    {
        var user = Regex.Match(Dockerfile.Named("runtime").Body, @"(?m)^USER (\d+)$").Groups[1].Value;
        Assert.All(Manifests.Pods, pod =>
        {
            Assert.Equal(user, pod.Spec.Text("securityContext", "runAsUser"));
            Assert.Equal("true", pod.Spec.Text("securityContext", "runAsNonRoot"));
        });
        Assert.Contains(
            $"--chown={user}:{user} /data /data", Dockerfile.Named("embedded").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void The_overlay_names_the_image_that_the_page_pushes()
    {
        var overlay = Yaml.Load($"{Manifests.ProductionFolder}/{Manifests.Kustomization}").Single();
        var image = Assert.Single(overlay.Items("images"));
        Assert.All(Manifests.Pods, pod => Assert.Equal(image.Text("name"), pod.Container.Text("image")));
        var repository = image.Text("newName")[(image.Text("newName").LastIndexOf('/') + 1)..];
        var pushed = $"$REGISTRY.azurecr.io/{repository}:{image.Text("newTag")}";
        Assert.Contains($"-t {pushed} .", GuidePage.Text, StringComparison.Ordinal);
        Assert.Contains($"docker push {pushed}\n", GuidePage.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_and_file_build_targets_that_there_are()
    {
        var targets = Target().Matches(GuidePage.Text + Repository.Read(Dockerfile.File))
            .Select(match => match.Groups[1].Value).ToArray();
        Assert.Contains("cluster", targets);
        Assert.All(targets, target => Assert.Contains(target, Dockerfile.Stages.Select(stage => stage.Name)));
        // Without a target, the last stage is built.
        Assert.Equal("cluster", Dockerfile.Stages[^1].Name);
    }

    private static IReadOnlyList<string> Ignored() =>
        [.. Repository.Read(".dockerignore").Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    [GeneratedRegex(@"--from=(\S+)")]
    private static partial Regex FromStage();

    [GeneratedRegex(@"--target ([\w-]+)")]
    private static partial Regex Target();
}
