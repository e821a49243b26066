using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>
/// The grains' states in a file of this machine, for one silo: development and tests, with the same guarantees.
/// </summary>
public sealed class SqliteStateStore : IStateStore
{
    private readonly SqliteDirectory directory;
    private readonly SqliteSession writer;
    private readonly SqliteSession reader;
    private readonly StateStoreOptions options;
    private readonly SqliteThread writing = new("wallet sqlite writer");
    private readonly SqliteThread reading = new("wallet sqlite reader");
    private readonly SemaphoreSlim snapshots;
    private readonly StateQueues queues;
    private volatile SqliteException? lastingFault;
    private int isDisposed;

    private SqliteStateStore(
        SqliteDirectory directory, SqliteSession writer, SqliteSession reader, StateStoreOptions options)
    {
        this.directory = directory;
        this.writer = writer;
        this.reader = reader;
        this.options = options;
        snapshots = new SemaphoreSlim(options.SnapshotsMax, options.SnapshotsMax);
        queues = new StateQueues(options, writers: 1, loaders: 1, StoreGroupAsync, LoadGroupAsync);
    }

    /// <summary>Opens the database of a directory for this process alone; makes both where they aren't there.</summary>
    /// <exception cref="StorageSetupException">The directory or the file can't be used as it is.</exception>
    public static Task<SqliteStateStore> OpenAsync(
        string directory, StateStoreOptions options, CancellationToken cancel = default) =>
        Task.Run(() => Open(directory, options.Checked()), cancel);

    /// <inheritdoc/>
    public Task<StoredState?> LoadAsync(StateKind kind, string key, CancellationToken cancel = default) =>
        queues.LoadAsync(kind, key, cancel);

    /// <inheritdoc/>
    public Task StoreAsync(StateKind kind, StoredState state, CancellationToken cancel = default) =>
        queues.StoreAsync(kind, state, cancel);

    /// <inheritdoc/>
    public async Task<IStateSnapshot> OpenSnapshotAsync(CancellationToken cancel = default)
    {
        if (!await snapshots.WaitAsync(TimeSpan.FromSeconds(options.CommandSeconds), cancel).ConfigureAwait(false))
        {
            throw new StateUnavailableException(
                $"All {options.SnapshotsMax} snapshots of the database {directory.DatabasePath} are in use.");
        }
        try
        {
            var session = await Task.Run(OpenSnapshotSession, CancellationToken.None).ConfigureAwait(false);
            return new SqliteSnapshot(session, directory.DatabasePath, () => snapshots.Release());
        }
        catch (Exception e)
        {
            snapshots.Release();
            if (e is SqliteException failed) throw Unavailable(failed);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancel = default)
    {
        try
        {
            // A writer that hangs in a write to a slow disk answers late: that is what the probe is to find.
            await WriteAsync(() => writer.Text("""
                INSERT INTO probe (id, checked_at) VALUES (1, strftime('%Y-%m-%dT%H:%M:%fZ'))
                ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at
                """)).WaitAsync(TimeSpan.FromSeconds(options.CheckSeconds), cancel).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new StateUnavailableException(
                $"The database {directory.DatabasePath} wasn't written within {options.CheckSeconds} s.", e);
        }
    }

    /// <inheritdoc/>
    public async Task<long> NextNodeAsync(CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        var number = await WriteAsync(() => writer.Text("""
            INSERT INTO ledger_counter AS held (name, value) VALUES ('node', 1)
            ON CONFLICT (name) DO UPDATE SET value = held.value + 1 RETURNING value
            """)).ConfigureAwait(false);
        return long.Parse(number, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public Task<string> FixAsync(string name, string value, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        cancel.ThrowIfCancellationRequested();
        return WriteAsync(() => writer.Text("""
            INSERT INTO ledger_fact AS held (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = held.value RETURNING value
            """, name, value));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Its host and the host's container may each do so.
        if (Interlocked.Exchange(ref isDisposed, 1) != 0) return;
        await queues.CloseAsync().ConfigureAwait(false);
        writing.Dispose();
        reading.Dispose();
        // The writer goes last: the connection that closes the file folds the log into it.
        reader.Dispose();
        writer.Dispose();
        directory.Dispose();
    }

    private static SqliteStateStore Open(string path, StateStoreOptions options)
    {
        var directory = SqliteDirectory.Open(path);
        SqliteSession? writer = null;
        try
        {
            writer = SqliteSession.OpenWriter(directory, options);
            return new SqliteStateStore(directory, writer, SqliteSession.OpenReader(directory, options), options);
        }
        catch (Exception e)
        {
            writer?.Dispose();
            directory.Dispose();
            if (e is not SqliteException failed) throw;
            throw new StateUnavailableException(SqliteFaults.Explain(failed, directory.DatabasePath), e);
        }
    }

    private async Task StoreGroupAsync(List<StoreRequest> group)
    {
        try
        {
            var written = await WritingAsync(() => writer.Write(group)).ConfigureAwait(false);
            foreach (var (index, request) in group.Index())
            {
                if (written[index]) request.TrySetResult(true);
                else request.Refuse();
            }
        }
        catch (SqliteException e)
        {
            var message = SqliteFaults.Explain(e, directory.DatabasePath);
            foreach (var request in group) request.Fail(message, e);
        }
    }

    private async Task LoadGroupAsync(List<LoadRequest> group)
    {
        try
        {
            var found = await reading.RunAsync(() => group.ConvertAll(
                request => reader.Table(request.Key.Kind).Find(request.Key))).ConfigureAwait(false);
            foreach (var (index, request) in group.Index()) request.TrySetResult(found[index]);
        }
        catch (SqliteException e)
        {
            var message = SqliteFaults.Explain(e, directory.DatabasePath);
            foreach (var request in group) request.Fail(message, e);
        }
    }

    private async Task<string> WriteAsync(Func<string?> write)
    {
        try
        {
            return await WritingAsync(() => writer.InTransaction(write)).ConfigureAwait(false) ?? "";
        }
        catch (SqliteException e)
        {
            throw Unavailable(e);
        }
    }

    private Task<T> WritingAsync<T>(Func<T> write) => writing.RunAsync(() =>
    {
        if (lastingFault is { } earlier) throw earlier;
        try
        {
            return write();
        }
        catch (SqliteException e) when (SqliteFaults.IsLasting(e))
        {
            lastingFault = e;
            throw;
        }
    });

    private SqliteSession OpenSnapshotSession()
    {
        var session = SqliteSession.OpenReader(directory, options);
        try
        {
            session.BeginSnapshot();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private StateUnavailableException Unavailable(SqliteException e) =>
        new(SqliteFaults.Explain(e, directory.DatabasePath), e);
}
