using System.Globalization;
using System.Text;
using OrleansWallet.Embedded.Storage;

namespace OrleansWallet.Embedded;

/// <summary>The small file that makes a directory a ledger's: which one, since when, in which format.</summary>
/// <param name="Id">The ledger's id; every file in the directory carries it.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record LedgerIdentity(Guid Id, DateTimeOffset CreatedAt)
{
    public const string Name = "LEDGER";
    private const int FormatVersion = 1;
    private const string FirstLine = "OrleansWallet ledger";

    /// <summary>Writes it; from then on the directory is a ledger's.</summary>
    public void Write(IStorage storage) => SealedFile.Write(storage, "", Name, Encoding.ASCII.GetBytes(ToText()));

    /// <summary>Reads it; null if the directory has none.</summary>
    /// <exception cref="DataDirectoryException">It is of a newer format, damaged, or not ours.</exception>
    public static LedgerIdentity? Read(IStorage storage)
    {
        if (SealedFile.Read(storage, "", Name) is not { } content) return null;
        var path = Path.Combine(storage.Root, Name);
        var text = Encoding.Latin1.GetString(content);
        var lines = text.Split('\n');
        if (lines[0] != FirstLine || lines.Length < 2 || !TryReadLine(lines[1], "format ", out var format)
            || !int.TryParse(format, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw new DataDirectoryException(
                $"{path} is not the file that a wallet's data directory has there. Choose another directory with "
                + "--Wallet:DataDirectory, or put the file back from a backup.");
        if (version > FormatVersion)
            throw new DataDirectoryException(
                $"{path} says that the ledger has format {version}, and this program knows up to {FormatVersion}: use "
                + "a newer version of it.");
        // What was read must give the same text again, checksum included: no byte may be other than it was written.
        if (lines.Length > 4 && TryReadLine(lines[2], "id ", out var idText) && Guid.TryParse(idText, out var id)
            && TryReadLine(lines[3], "created ", out var at)
            && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, out var created)
            && new LedgerIdentity(id, created) is var identity && identity.ToText() == text)
            return identity;
        throw new DataDirectoryException($"{path} is damaged; put it back from a backup.");
    }

    private string ToText()
    {
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{FirstLine}\nformat {FormatVersion}\nid {Id}\ncreated {CreatedAt:O}\n");
        return $"{text}checksum {Crc.Of(Encoding.ASCII.GetBytes(text)):x8}\n";
    }

    private static bool TryReadLine(string line, string name, out string value)
    {
        var has = line.StartsWith(name, StringComparison.Ordinal);
        value = has ? line[name.Length..] : "";
        return has;
    }
}
