using Microsoft.Data.Sqlite;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>What SQLite's result codes mean to this program.</summary>
internal static class SqliteFaults
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CantOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>
    /// Whether it isn't known any more what the disk holds. After a failed sync the system may have dropped the pages
    /// it could not write, and a second sync would say that all is well: nothing may be written until a restart.
    /// </summary>
    public static bool IsLasting(SqliteException e) => e.SqliteErrorCode is IoError or Corrupt or NotADatabase;

    /// <summary>Whether the file was at fault while it was opened, so that only its owner can help.</summary>
    public static bool IsSetup(SqliteException e) =>
        e.SqliteErrorCode is ReadOnly or CantOpen or NotADatabase or Corrupt or Busy or Locked;

    /// <summary>What the owner of the file is told.</summary>
    public static StorageSetupException ExplainSetup(SqliteException e, string path) => new(e.SqliteErrorCode switch
    {
        NotADatabase => $"{path} is not a database. Choose another directory, or move the file away.",
        Corrupt => $"{path} is damaged: {e.Message} Restore it from a backup.",
        Busy or Locked => $"{path} is locked by another program. Close that one.",
        _ => $"{path} can't be opened to write: {e.Message} Give this user the right to write there.",
    }, e);

    /// <summary>What a caller is told.</summary>
    public static string Explain(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        Busy or Locked => $"The database {path} is locked by another program.",
        Full => $"There is no room on the disk of {path}.",
        _ => $"The database {path} failed: {e.Message}",
    };
}
