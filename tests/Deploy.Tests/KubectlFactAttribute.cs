namespace OrleansWallet.Deploy.Tests;

/// <summary>A test that renders with kubectl, and is skipped, visibly, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] names = ["kubectl", "kubectl.exe"];
        if (!folders.Any(folder => names.Any(name => File.Exists(Path.Combine(folder, name)))))
            Skip = "kubectl is not installed.";
    }
}
