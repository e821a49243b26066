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
    public void Write(IStorage storage) => SealedFile.Write(storage, "", Name, Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{FirstLine}\nformat {FormatVersion}\nid {Id}\ncreated {CreatedAt:O}\n")));

    /// <summary>Reads it; null if the directory has none.</summary>
    /// <exception cref="DataDirectoryException">It is of a newer format, or not ours.</exception>
    public static LedgerIdentity? Read(IStorage storage)
    {
        if (SealedFile.Read(storage, "", Name) is not { } content) return null;
        var path = Path.Combine(storage.Root, Name);
        var lines = Encoding.ASCII.GetString(content).Split('\n');
        if (lines[0] != FirstLine || lines.Length < 4 || !lines[1].StartsWith("format ", StringComparison.Ordinal)
            || !int.TryParse(lines[1].AsSpan(7), CultureInfo.InvariantCulture, out var version))
            throw new DataDirectoryException(
                $"{path} is not the file that a wallet's data directory has there. Choose another directory with "
                + "--Wallet:DataDirectory, or put the file back from a backup.");
        if (version > FormatVersion)
            throw new DataDirectoryException(
                $"{path} says that the ledger has format {version}, and this program knows up to {FormatVersion}: use "
                + "a newer version of it.");
        if (!Guid.TryParse(lines[2].AsSpan(3), out var id)
            || !DateTimeOffset.TryParse(lines[3].AsSpan(8), CultureInfo.InvariantCulture, out var created))
            throw new DataDirectoryException($"{path} is damaged; put it back from a backup.");
        return new LedgerIdentity(id, created);
    }
}
