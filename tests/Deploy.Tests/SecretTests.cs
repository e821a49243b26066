using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

public sealed partial class SecretTests
{
    [Fact]
    public void The_page_creates_the_secrets_that_pods_read_and_no_others() => Assert.All(Manifests.Pods, pod =>
    {
        var named = pod.Container.Items("env").SelectMany(variable => variable.Deep("secretKeyRef")).ToArray();
        var whole = pod.Container.Items("envFrom").SelectMany(source => source.Deep("secretRef")).ToArray();
        Assert.All(named, reference => Assert.Contains(
            reference.Text("key"), GuidePage.Secrets[reference.Text("name")].Keys));
        Assert.Equal(
            GuidePage.Secrets.Keys.Order(),
            named.Concat(whole).Select(reference => reference.Text("name")).Distinct().Order());
        // A missing Secret must keep the pod from starting.
        Assert.All(named.Concat(whole), reference => Assert.Null(reference.Find("optional")));
    });

    [Fact]
    public void No_pod_starts_without_a_database_or_without_keys() => Assert.All(Manifests.Pods, pod =>
    {
        // From a whole Secret the variable could be missing, and a silo would be a cluster of one over a file.
        var postgres = pod.Variable("Wallet__Postgres").At("valueFrom", "secretKeyRef");
        Assert.Equal("Wallet__Postgres", postgres.Text("key"));
        Assert.Contains(
            pod.Container.Items("envFrom"), source => source.Find("secretRef", "name")?.Text() == "wallet-keys");
    });

    [Fact]
    public void A_key_has_a_name_a_hash_and_scopes_that_there_are()
    {
        var key = GuidePage.Secrets["wallet-keys"];
        Assert.NotEmpty(key["Wallet__Keys__0__Name"]);
        Assert.Contains("Wallet__Keys__0__Sha256", key.Keys);
        var known = ScopeName().Matches(Repository.Read("src/Api/Scopes.cs")).Select(match => match.Groups[1].Value);
        var given = key.Where(pair => pair.Key.Contains("__Scopes__", StringComparison.Ordinal))
            .Select(pair => pair.Value).ToArray();
        Assert.NotEmpty(given);
        Assert.Subset(known.ToHashSet(), given.ToHashSet());
        // The command that makes the key is told the same.
        Assert.Contains(
            $"-- key --name {key["Wallet__Keys__0__Name"]} --scope {string.Join(' ', given)}", GuidePage.Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Key_vault_makes_the_same_secrets_as_the_page()
    {
        var provider = KeyVaultProvider();
        var made = provider.Root.Items("spec", "secretObjects").ToDictionary(
            secret => secret.Text("secretName"),
            secret => secret.Items("data").Select(item => item.Text("key")).Order());
        Assert.Equal(GuidePage.Secrets.Keys.Order(), made.Keys.Order());
        Assert.All(made, secret => Assert.Equal(GuidePage.Secrets[secret.Key].Keys.Order(), secret.Value));
        var fetched = FetchedObject().Matches(provider.Root.Text("spec", "parameters", "objects"))
            .Select(match => match.Groups[1].Value);
        Assert.Equal(
            fetched.Order(), provider.Root.At("spec", "secretObjects").Deep("objectName")
                .Select(name => name.Text()).Order());
        // Key Vault takes letters, digits and dashes.
        Assert.All(fetched, name => Assert.Matches("^[0-9A-Za-z-]{1,127}$", name));
    }

    [Fact]
    public void Key_vaults_volume_is_of_its_provider()
    {
        var provider = KeyVaultProvider();
        var patch = Yaml.Load($"{Manifests.KeyVaultFolder}/volume.yaml").Single();
        Assert.Equal(provider.Name, patch.Deep("secretProviderClass").Single().Text());
        Assert.Single(patch.Deep("name").Select(name => name.Text()).Distinct());
    }

    [Fact]
    public void No_secret_lies_in_the_repository() => Assert.All(Repository.Files("deploy", "*"), file =>
    {
        var text = Repository.Read(file);
        Assert.DoesNotMatch(@"(?m)^kind: Secret\s*$", text);
        Assert.DoesNotMatch(@"(?i)password\s*=", text);
        Assert.DoesNotMatch("[0-9a-fA-F]{64}", text);
    });

    private static Manifest KeyVaultProvider() =>
        Manifests.In(Manifests.KeyVaultFolder).Single(manifest => manifest.Kind == "SecretProviderClass");

    [GeneratedRegex("\\(\"(\\w+)\", Scopes\\.\\w+\\)")]
    private static partial Regex ScopeName();

    [GeneratedRegex(@"objectName: (\S+)")]
    private static partial Regex FetchedObject();
}
