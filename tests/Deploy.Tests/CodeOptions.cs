using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansWallet.Deploy.Tests;

/// <summary>One option as the code declares it.</summary>
/// <param name="Type">The property's type.</param>
/// <param name="Name">The property's name.</param>
/// <param name="Default">The text of its default; empty where it has none.</param>
/// <param name="Range">The least and the greatest value; null where any will do.</param>
internal sealed record CodeOption(string Type, string Name, string Default, (long Min, long Max)? Range);

/// <summary>
/// The options of the cluster edition's processes, read from the source: the records that the host binds to the
/// section <c>Wallet</c>, and their properties.
/// </summary>
internal static partial class CodeOptions
{
    private const string Section = "Wallet";
    private const string Separator = "__";

    private static readonly string[] BindingFolders = ["src/Silo", "src/Api"];
    private static readonly string[] RecordFolders = ["src/Api", "src/Silo", "src/Grains", "src/Partitions", "src/Storage"];

    // The embedded edition binds a record of its own, which the cluster's processes don't know.
    private const string EmbeddedHost = "src/Api/EmbeddedServer.cs";

    private static readonly string Sources = string.Join('\n', RecordFolders
        .SelectMany(folder => Repository.Files(folder, "*.cs")).Select(Repository.Read));

    /// <summary>All options.</summary>
    public static readonly IReadOnlyList<CodeOption> All =
    [
        .. BindingFolders.SelectMany(folder => Repository.Files(folder, "*.cs")).Where(file => file != EmbeddedHost)
            .SelectMany(file => Binding().Matches(Repository.Read(file)))
            .Select(match => match.Groups["record"].Value).Distinct().SelectMany(PropertiesOf),
    ];

    /// <summary>What a variable such as <c>Wallet__Keys__0__Name</c> sets; null where it sets nothing.</summary>
    public static CodeOption? Find(string variable)
    {
        var names = variable.Split(Separator);
        if (names.Length < 2 || names[0] != Section) return null;
        CodeOption? found = null;
        var scope = All;
        foreach (var name in names.Skip(1))
        {
            if (found is { } list && list.Type.EndsWith("[]", StringComparison.Ordinal))
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return null;
                found = list with { Type = list.Type[..^2] };
                scope = PropertiesOf(found.Type);
                continue;
            }
            found = scope.FirstOrDefault(option => option.Name == name);
            if (found is null) return null;
            scope = [];
        }
        return found;
    }

    /// <summary>What a number is where nobody sets it.</summary>
    public static int DefaultOf(string name) => (int)Evaluate(All.Single(option => option.Name == name).Default);

    /// <summary>The members of an enum.</summary>
    public static IReadOnlyList<string> MembersOf(string name) =>
        [.. EnumMember().Matches(BodyOf($"enum {name}")).Select(match => match.Groups["name"].Value)];

    private static IReadOnlyList<CodeOption> PropertiesOf(string record) =>
        Regex.IsMatch(Sources, $@"record {record}\b")
            ? [.. Property().Matches(BodyOf($"record {record}")).Select(ToOption)]
            : [];

    private static string BodyOf(string declaration)
    {
        var match = Regex.Match(Sources, $@"{declaration}\b[^\n]*\n\{{(?<body>.*?)\n\}}", RegexOptions.Singleline);
        Assert.True(match.Success, $"The source has no {declaration} in the shape that this test can read.");
        return match.Groups["body"].Value;
    }

    private static CodeOption ToOption(Match match)
    {
        (long, long)? range = null;
        if (match.Groups["min"].Success)
            range = (Evaluate(match.Groups["min"].Value), Evaluate(match.Groups["max"].Value));
        return new CodeOption(
            match.Groups["type"].Value, match.Groups["name"].Value, match.Groups["default"].Value, range);
    }

    // 65_536, and 1 << 24, and a constant's name.
    private static long Evaluate(string expression)
    {
        var name = expression.Split('.')[^1].Trim();
        if (char.IsLetter(name[0]))
            return Evaluate(Regex.Match(Sources, $@"const \w+ {name} = (?<value>[^;]+);").Groups["value"].Value);
        var parts = expression.Replace("_", "", StringComparison.Ordinal).TrimEnd('L').Split("<<");
        var value = long.Parse(parts[0].Trim().TrimEnd('L'), CultureInfo.InvariantCulture);
        return parts.Length == 1 ? value : value << int.Parse(parts[1].Trim(), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"AddOptions<(?<record>\w+)>\(\)\s*\.Bind\(")]
    private static partial Regex Binding();

    [GeneratedRegex(
        @"(?:\[Range\((?<min>[^,)]+),(?<max>[^)]+)\)\]\s*)?public (?<type>[\w.\[\]?]+) (?<name>\w+) \{ get; init; \}" +
        @"(?: = (?<default>[^;]+);)?")]
    private static partial Regex Property();

    [GeneratedRegex(@"^\s+(?<name>[A-Z]\w*)(?: = [^,]+)?,?\s*$", RegexOptions.Multiline)]
    private static partial Regex EnumMember();
}
