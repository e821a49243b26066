using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansWallet.Storage;

/// <summary>One step of a schema, as it lies in this assembly. What was applied somewhere is never changed.</summary>
internal sealed record Migration(int Number, string Name, string Sql, string Sha256)
{
    private const int DigitCount = 4;

    /// <summary>A database's steps in order, by the name of the folder they lie in.</summary>
    public static IReadOnlyList<Migration> Of(string folder)
    {
        var assembly = typeof(Migration).Assembly;
        var prefix = folder + "/";
        return
        [
            .. assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).Select(name =>
                {
                    using var stream = assembly.GetManifestResourceStream(name)
                        ?? throw new InvalidOperationException($"The assembly lacks {name}.");
                    using var reader = new StreamReader(stream, Encoding.UTF8);
                    return Parse(name[prefix.Length..], reader.ReadToEnd());
                }),
        ];
    }

    /// <summary>A step from its file's name, <c>NNNN_name</c>, and its text.</summary>
    public static Migration Parse(string fileName, string text)
    {
        var sql = text.ReplaceLineEndings("\n");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
        var number = int.Parse(fileName.AsSpan(0, DigitCount), NumberStyles.None, CultureInfo.InvariantCulture);
        return new Migration(number, fileName[(DigitCount + 1)..], sql, hash);
    }

    /// <summary>Which steps a database lacks.</summary>
    /// <param name="known">The steps of this program.</param>
    /// <param name="applied">The steps the database has, by number, with their checksums.</param>
    /// <param name="place">Where the database is, for messages.</param>
    /// <exception cref="StorageSetupException">The database has a step that this program doesn't know.</exception>
    public static IReadOnlyList<Migration> Lacking(
        IReadOnlyList<Migration> known, IReadOnlyDictionary<int, string> applied, string place)
    {
        foreach (var (number, sha256) in applied.OrderBy(step => step.Key))
        {
            if (known.FirstOrDefault(step => step.Number == number) is not { } own)
            {
                throw new StorageSetupException(
                    $"{place} has a newer schema: it is at step {applied.Keys.Max()}, and this program knows steps up "
                    + $"to {known.Max(step => step.Number)}. Start the version that made it, or a later one.");
            }
            if (own.Sha256 != sha256)
            {
                throw new StorageSetupException(
                    $"{place} has another schema: its step {number} isn't this program's {number:D4}_{own.Name} "
                    + $"(checksum {sha256}, here {own.Sha256}). Start the version that made it.");
            }
        }
        return [.. known.Where(step => !applied.ContainsKey(step.Number))];
    }
}
