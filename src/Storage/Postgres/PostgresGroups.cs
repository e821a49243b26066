using Npgsql;
using NpgsqlTypes;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Postgres;

/// <summary>Sends a group of stores, or of loads, in one round trip.</summary>
internal sealed class PostgresGroups(NpgsqlDataSource source, StateStoreOptions options)
{
    private static readonly StateKind[] Kinds = Enum.GetValues<StateKind>();
    private readonly string place = PostgresConnections.PlaceOf(source);

    /// <summary>
    /// Writes a group in one transaction. It isn't tried again when it fails: the commit may have been lost on its way
    /// back only, and the second try would then find its own rows and call them a conflict.
    /// </summary>
    public async Task StoreAsync(List<StoreRequest> group)
    {
        group.Sort(static (one, other) => StateKey.Compare(one.Key, other.Key));
        try
        {
            var written = await WriteAsync(group).ConfigureAwait(false);
            foreach (var request in group)
            {
                if (written is null || written.Contains(request.Key)) request.TrySetResult(true);
                else request.Refuse();
            }
        }
        catch (Exception e) when (PostgresFaults.IsFailure(e) || e is StorageSetupException)
        {
            // The pool's other connections will hardly be better than the one that was lost.
            if (PostgresFaults.IsLostConnection(e)) source.Clear();
            var message = PostgresFaults.Explain(e, place).Message;
            foreach (var request in group) request.Fail(message, e);
        }
    }

    /// <summary>Reads a group in one statement a kind. As it changes nothing, it may go twice.</summary>
    public async Task LoadAsync(List<LoadRequest> group)
    {
        try
        {
            var found = await ReadAgainIfLostAsync(group).ConfigureAwait(false);
            foreach (var request in group) request.TrySetResult(found.GetValueOrDefault(request.Key));
        }
        catch (Exception e) when (PostgresFaults.IsFailure(e) || e is StorageSetupException)
        {
            var message = PostgresFaults.Explain(e, place).Message;
            foreach (var request in group) request.Fail(message, e);
        }
    }

    // Null where all were written: then nobody needs the keys.
    private async Task<HashSet<StateKey>?> WriteAsync(List<StoreRequest> group)
    {
        await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        await using var batch = connection.CreateBatch();
        batch.Timeout = options.CommandSeconds;
        var sent = new List<ArraySegment<StoreRequest>>();
        var sorted = group.ToArray();
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            end = start + 1;
            while (end < sorted.Length && sorted[end].Key.Kind == sorted[start].Key.Kind) end++;
            sent.Add(new ArraySegment<StoreRequest>(sorted, start, end - start));
            batch.BatchCommands.Add(StoreCommand(sent[^1]));
        }
        // The answers count only once the whole of the reply was read: the commit comes last.
        var answers = new List<Array>();
        await using (var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false))
        {
            foreach (var rows in sent)
            {
                await reader.ReadAsync().ConfigureAwait(false);
                answers.Add(StateKey.IsUuid(rows[0].Key.Kind)
                    ? reader.GetFieldValue<Guid[]>(0) : reader.GetFieldValue<string[]>(0));
                await reader.NextResultAsync().ConfigureAwait(false);
            }
        }
        return answers.Sum(keys => keys.Length) == sorted.Length ? null : KeysOf(sent, answers);
    }

    private static HashSet<StateKey> KeysOf(List<ArraySegment<StoreRequest>> sent, List<Array> answers)
    {
        var written = new HashSet<StateKey>();
        foreach (var (rows, keys) in sent.Zip(answers))
        {
            var kind = rows[0].Key.Kind;
            foreach (var key in keys)
                written.Add(key is Guid id ? StateKey.Of(kind, id) : StateKey.Of(kind, (string)key));
        }
        return written;
    }

    private static NpgsqlBatchCommand StoreCommand(ArraySegment<StoreRequest> rows)
    {
        var kind = rows[0].Key.Kind;
        var command = new NpgsqlBatchCommand(PostgresTable.Of(kind).Store);
        command.Parameters.Add(KeysParameter(kind, rows, static row => row.Key));
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(row => row.State.Version)] });
        command.Parameters.Add(BytesParameter([.. rows.Select(row => row.State.State)]));
        command.Parameters.Add(BytesParameter([.. rows.Select(row => row.State.Pending)]));
        return command;
    }

    private static NpgsqlParameter<ReadOnlyMemory<byte>[]> BytesParameter(ReadOnlyMemory<byte>[] values) =>
        new()
        {
            TypedValue = values,
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        };

    private static NpgsqlParameter KeysParameter<T>(StateKind kind, IEnumerable<T> rows, Func<T, StateKey> keyOf) =>
        StateKey.IsUuid(kind)
            ? new NpgsqlParameter<Guid[]> { TypedValue = [.. rows.Select(row => keyOf(row).Id)] }
            : new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => keyOf(row).Text)] };

    private async Task<Dictionary<StateKey, StoredState>> ReadAgainIfLostAsync(List<LoadRequest> group)
    {
        try
        {
            return await ReadAsync(group).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFaults.IsLostConnection(e))
        {
            source.Clear();
            return await ReadAsync(group).ConfigureAwait(false);
        }
    }

    private async Task<Dictionary<StateKey, StoredState>> ReadAsync(List<LoadRequest> group)
    {
        await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        await using var batch = connection.CreateBatch();
        batch.Timeout = options.CommandSeconds;
        var kinds = new List<StateKind>();
        foreach (var kind in Kinds)
        {
            var wanted = group.Where(request => request.Key.Kind == kind).Select(request => request.Key).Distinct();
            if (!wanted.Any()) continue;
            var command = new NpgsqlBatchCommand(PostgresTable.Of(kind).Load);
            command.Parameters.Add(KeysParameter(kind, wanted, static key => key));
            batch.BatchCommands.Add(command);
            kinds.Add(kind);
        }
        var found = new Dictionary<StateKey, StoredState>();
        await using var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        foreach (var kind in kinds)
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                var row = PostgresRow.Read(reader, kind);
                found.Add(StateKey.Of(kind, row.Key), row);
            }
            await reader.NextResultAsync().ConfigureAwait(false);
        }
        return found;
    }
}
