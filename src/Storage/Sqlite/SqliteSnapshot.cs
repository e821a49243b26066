using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>A connection that reads, and sees what its first read saw.</summary>
internal sealed class SqliteSnapshot(SqliteSession session, string path, Action closed) : IStateSnapshot
{
    private const int ChunkRows = 500;
    private bool isClosed;

    public async IAsyncEnumerable<StoredState> ScanAsync(
        StateKind kind, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var table = session.Table(kind);
        using var reader = table.Scan();
        while (true)
        {
            var rows = await Task.Run(() => Explained(() => ReadChunk(table, reader)), cancel).ConfigureAwait(false);
            foreach (var row in rows) yield return row;
            if (rows.Count < ChunkRows) yield break;
        }
    }

    public Task<StoredState?> FindAsync(StateKind kind, string key, CancellationToken cancel = default)
    {
        var checkedKey = StateKey.Of(kind, key);
        return Task.Run(() => Explained(() => session.Table(kind).Find(checkedKey)), cancel);
    }

    public ValueTask DisposeAsync()
    {
        if (isClosed) return ValueTask.CompletedTask;
        isClosed = true;
        session.Dispose();
        closed();
        return ValueTask.CompletedTask;
    }

    private static List<StoredState> ReadChunk(SqliteTable table, SqliteDataReader reader)
    {
        var rows = new List<StoredState>(ChunkRows);
        while (rows.Count < ChunkRows && reader.Read()) rows.Add(table.RowOf(reader));
        return rows;
    }

    private T Explained<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException e)
        {
            throw new StateUnavailableException(SqliteFaults.Explain(e, path), e);
        }
    }
}
