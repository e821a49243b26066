using System.Buffers;
using Orleans.Serialization;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>What the transaction protocol keeps beside a grain's committed state.</summary>
[GenerateSerializer, Alias("wallet.Protocol`1")]
public sealed class ProtocolRecord<TState> where TState : class, new()
{
    /// <summary>The number of the committed state among this grain's writes.</summary>
    [Id(0)] public long CommittedSequence { get; set; }
    /// <summary>The protocol's time, and the transactions managed here that aren't confirmed everywhere.</summary>
    [Id(1)] public TransactionalStateMetaData Metadata { get; set; } = new();
    /// <summary>States that were prepared and are neither committed nor aborted.</summary>
    [Id(2)] public List<PendingTransactionState<TState>> Prepared { get; set; } = [];
    /// <summary>The newest transactions managed here that are confirmed everywhere, as was said; newest last.</summary>
    [Id(3)] public List<Guid> Confirmed { get; set; } = [];
    /// <summary>How many of the row's versions were written by participants that gave a transaction up.</summary>
    [Id(4)] public long Fences { get; set; }
    /// <summary>The transactions given up since the grain's own last write, newest last: none may commit.</summary>
    [Id(5)] public List<Guid> GivenUp { get; set; } = [];

    /// <summary>Whether this row's grain managed a transaction and committed it.</summary>
    public bool HasCommitted(Guid transaction) =>
        Metadata.CommitRecords.ContainsKey(transaction) || Confirmed.Contains(transaction);
}

/// <summary>
/// Turns states to bytes and back: a byte that names the format, then Orleans' version-tolerant serialization of
/// types whose member numbers are never reused.
/// </summary>
public sealed class StateCodec<TState>(Serializer<TState> states, Serializer<ProtocolRecord<TState>> protocols)
    where TState : class, new()
{
    private const byte Format = 1;
    private const int GivenUpMax = 64;

    /// <summary>The committed state in bytes.</summary>
    public ReadOnlyMemory<byte> Write(TState state) => Write(writer => states.Serialize(state, writer));

    /// <summary>The protocol's part in bytes.</summary>
    public ReadOnlyMemory<byte> Write(ProtocolRecord<TState> protocol) =>
        Write(writer => protocols.Serialize(protocol, writer));

    /// <summary>A row as it is before its first write, version 0.</summary>
    public StoredState NewRow(string key) => new(key, 0, Write(new TState()), Write(new ProtocolRecord<TState>()));

    /// <summary>
    /// The row's next version, in which a transaction that its grain manages is given up, and nothing else is changed.
    /// </summary>
    public StoredState Fence(StoredState row, Guid transaction)
    {
        var protocol = ReadProtocol(row);
        protocol.Fences++;
        protocol.GivenUp = [.. protocol.GivenUp.TakeLast(GivenUpMax - 1), transaction];
        return row with { Version = row.Version + 1, Pending = Write(protocol) };
    }

    /// <summary>Reads a committed state.</summary>
    /// <exception cref="StateFormatException">A newer release wrote it, or it is damaged.</exception>
    public TState ReadState(StoredState row) => states.Deserialize(Body(row, row.State))
        ?? throw new StateFormatException($"The stored state of '{row.Key}' is empty.");

    /// <summary>Reads the protocol's part.</summary>
    /// <exception cref="StateFormatException">A newer release wrote it, or it is damaged.</exception>
    public ProtocolRecord<TState> ReadProtocol(StoredState row) => protocols.Deserialize(Body(row, row.Pending))
        ?? throw new StateFormatException($"The stored protocol of '{row.Key}' is empty.");

    private static ArrayBufferWriter<byte> NewWriter()
    {
        var writer = new ArrayBufferWriter<byte>(256);
        writer.GetSpan(1)[0] = Format;
        writer.Advance(1);
        return writer;
    }

    private static ReadOnlyMemory<byte> Write(Action<ArrayBufferWriter<byte>> body)
    {
        var writer = NewWriter();
        body(writer);
        return writer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Body(StoredState row, ReadOnlyMemory<byte> bytes) =>
        bytes.Length > 0 && bytes.Span[0] == Format
            ? bytes[1..]
            : throw new StateFormatException(
                $"The stored state of '{row.Key}' has format {(bytes.Length > 0 ? bytes.Span[0] : 0)}; this release "
                + $"reads {Format}. Run a release at least as new as the one that wrote it.");
}

/// <summary>A stored state can't be read by this release.</summary>
[GenerateSerializer, Alias("wallet.StateFormatException")]
public sealed class StateFormatException(string message) : Exception(message);
