using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace OrleansWallet.Deploy.Tests;

/// <summary>Reads YAML by the names that lead to a value.</summary>
internal static class Yaml
{
    /// <summary>The documents of a file.</summary>
    public static IReadOnlyList<YamlNode> Load(string file)
    {
        var stream = new YamlStream();
        using var reader = new StringReader(Repository.Read(file));
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>What the names lead to; null where one of them isn't there.</summary>
    public static YamlNode? Find(this YamlNode node, params ReadOnlySpan<string> path)
    {
        YamlNode? found = node;
        foreach (var name in path)
            found = found is YamlMappingNode map && map.Children.TryGetValue(name, out var child) ? child : null;
        return found;
    }

    /// <summary>What the names lead to.</summary>
    public static YamlNode At(this YamlNode node, params ReadOnlySpan<string> path) =>
        node.Find(path) ?? throw new KeyNotFoundException($"There is no {string.Join('.', path.ToArray())}.");

    /// <summary>A value as text.</summary>
    public static string Text(this YamlNode node, params ReadOnlySpan<string> path) =>
        ((YamlScalarNode)node.At(path)).Value ?? "";

    /// <summary>A value as a number.</summary>
    public static int Number(this YamlNode node, params ReadOnlySpan<string> path) =>
        int.Parse(node.Text(path), CultureInfo.InvariantCulture);

    /// <summary>A list's items; none where the list isn't there.</summary>
    public static IReadOnlyList<YamlNode> Items(this YamlNode node, params ReadOnlySpan<string> path) =>
        node.Find(path) is YamlSequenceNode list ? [.. list.Children] : [];

    /// <summary>A list of text.</summary>
    public static IReadOnlyList<string> Texts(this YamlNode node, params ReadOnlySpan<string> path) =>
        [.. node.Items(path).Select(item => item.Text())];

    /// <summary>A mapping of text to text; empty where it isn't there.</summary>
    public static IReadOnlyDictionary<string, string> Map(this YamlNode node, params ReadOnlySpan<string> path) =>
        node.Find(path) is YamlMappingNode map
            ? map.Children.ToDictionary(pair => pair.Key.Text(), pair => pair.Value.Text(), StringComparer.Ordinal)
            : new Dictionary<string, string>();

    /// <summary>All values of one name, however deep they lie.</summary>
    public static IEnumerable<YamlNode> Deep(this YamlNode node, string name) => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(pair => pair.Key is YamlScalarNode key && key.Value == name
            ? pair.Value.Deep(name).Prepend(pair.Value)
            : pair.Value.Deep(name)),
        YamlSequenceNode list => list.Children.SelectMany(item => item.Deep(name)),
        _ => [],
    };
}
