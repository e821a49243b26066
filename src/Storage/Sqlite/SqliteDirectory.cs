using System.Text;
using Microsoft.Data.Sqlite;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>The directory of a database file, locked for this process.</summary>
internal sealed class SqliteDirectory : IDisposable
{
    private const string DatabaseName = "wallet.db";
    private const string LockName = "lock";
    private readonly FileStream lockFile;

    private SqliteDirectory(string root, FileStream lockFile)
    {
        DatabasePath = Path.Combine(root, DatabaseName);
        this.lockFile = lockFile;
    }

    /// <summary>Where the database is.</summary>
    public string DatabasePath { get; }

    /// <summary>Takes a directory for this process alone, and makes it if it isn't there.</summary>
    /// <exception cref="StorageSetupException">It can't be made, written or locked.</exception>
    public static SqliteDirectory Open(string directory)
    {
        var root = Path.GetFullPath(directory);
        try
        {
            Directory.CreateDirectory(root);
            return new SqliteDirectory(root, Lock(root));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageSetupException(
                $"The data directory {root} can't be used: {e.Message} Choose another directory, or give this user the "
                + "right to write there.", e);
        }
    }

    /// <summary>A connection to the database, opened.</summary>
    public SqliteConnection Connect(int commandSeconds)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = DatabasePath,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = commandSeconds,
            // A pooled connection would hold the file open after the store has let go of it.
            Pooling = false,
        }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose() => lockFile.Dispose();

    private static FileStream Lock(string root)
    {
        var path = Path.Combine(root, LockName);
        try
        {
            // The system lets go of the lock when the process ends, however it ends.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            file.Flush();
            return file;
        }
        catch (IOException e) when (IsHeldElsewhere(e))
        {
            throw new StorageSetupException(
                $"The data directory {root} is in use by another process (it holds {path}). Stop that one, or choose "
                + "another directory. A cluster of several silos needs PostgreSQL.", e);
        }
    }

    // .NET reports a lock held elsewhere as EWOULDBLOCK (11 on Linux, 35 on macOS) or as Windows' sharing violation.
    private static bool IsHeldElsewhere(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32;
}
