using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OrleansWallet.Ledger.Tests;

// Rules about the source itself, where no analyzer keeps them.
public sealed partial class SourceTests
{
    private const int ColumnsMax = 120;
    private const int LinesMax = 450;
    private static readonly string Root = FindRoot();

    [Fact]
    public void The_ledger_knows_no_clock_no_chance_and_no_floating_point()
    {
        var faults = new List<string>();
        foreach (var file in SourcesIn("src/Ledger"))
        {
            var code = CommentOrText().Replace(File.ReadAllText(file), "");
            faults.AddRange(Banned().Matches(code).Select(match => $"{Path.GetFileName(file)}: {match.Value}"));
        }
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("var at = DateTime.UtcNow;", true)]
    [InlineData("var at = DateTimeOffset.Now;", true)]
    [InlineData("var at = TimeProvider.System;", true)]
    [InlineData("Guid.NewGuid()", true)]
    [InlineData("Guid.CreateVersion7()", true)]
    [InlineData("new Random(1)", true)]
    [InlineData("Random.Shared", true)]
    [InlineData("Environment.TickCount64", true)]
    [InlineData("Stopwatch.GetTimestamp()", true)]
    [InlineData("double balance", true)]
    [InlineData("(decimal)amount", true)]
    [InlineData("float", true)]
    [InlineData("AmountFault.NotDecimal", false)]
    [InlineData("// never double or decimal", false)]
    [InlineData("/// <summary>Not DateTime.Now.</summary>", false)]
    [InlineData("throw new Exception(\"no decimal\");", false)]
    [InlineData("DateTimeOffset.UnixEpoch", false)]
    public void The_rule_above_finds_what_it_should(string code, bool isBanned) =>
        Assert.Equal(isBanned, Banned().IsMatch(CommentOrText().Replace(code, "")));

    [Fact]
    public void The_ledger_needs_no_package_and_no_other_project()
    {
        var project = XDocument.Load(Path.Combine(Root, "src", "Ledger", "Ledger.csproj"));

        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Empty(project.Descendants("ProjectReference"));
        Assert.Empty(project.Descendants("Reference"));
    }

    [Fact]
    public void No_source_line_is_wider_than_a_screen_and_no_file_longer_than_a_reader_keeps_in_mind()
    {
        var faults = new List<string>();
        foreach (var file in SourcesIn("src"))
        {
            var lines = File.ReadAllLines(file);
            var name = Path.GetRelativePath(Root, file);
            if (lines.Length > LinesMax) faults.Add($"{name} has {lines.Length} lines");
            faults.AddRange(lines.Index().Where(line => line.Item.Length > ColumnsMax)
                .Select(line => $"{name}:{line.Index + 1} has {line.Item.Length} columns"));
        }
        Assert.Empty(faults);
    }

    private static List<string> SourcesIn(string folder)
    {
        var built = new[] { "bin", "obj" };
        List<string> files =
        [
            .. Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
                .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(built.Contains))
                .Order(StringComparer.Ordinal),
        ];
        Assert.NotEmpty(files);
        return files;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWallet.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests don't lie in the source tree.");
    }

    [GeneratedRegex(
        @"\b(DateTime(Offset)?\.(Utc)?(Now|Today)|TimeProvider|Guid\.(NewGuid|CreateVersion7)|Random(NumberGenerator)?"
        + @"|Environment\.TickCount(64)?|Stopwatch|double|float|decimal|Half)\b",
        RegexOptions.CultureInvariant)]
    private static partial Regex Banned();

    [GeneratedRegex("//[^\n]*|\"(\\\\.|[^\"\\\\\n])*\"", RegexOptions.CultureInvariant)]
    private static partial Regex CommentOrText();
}
