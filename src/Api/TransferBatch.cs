using System.Buffers;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>
/// A batch on its way: the transfers that could be read, in order, the places where one couldn't, and what became of
/// them. Its arrays are the pool's; whoever disposes it gives them back.
/// </summary>
internal sealed class TransferBatch : IDisposable
{
    private const int TransfersUsual = 256;

    private Transfer[] transfers = ArrayPool<Transfer>.Shared.Rent(TransfersUsual);
    private TransferOutcome[] outcomes = [];
    private List<(int Place, string? Id)>? invalid;
    private int valid;

    /// <summary>How many elements there are, valid or not.</summary>
    public int Count { get; private set; }

    public ReadOnlyMemory<Transfer> Transfers => transfers.AsMemory(0, valid);

    public Memory<TransferOutcome> Outcomes => outcomes.AsMemory(0, valid);

    /// <summary>The invalid elements by their places, with their transaction ids as far as they can be told.</summary>
    public IReadOnlyList<(int Place, string? Id)> Invalid => invalid ?? [];

    /// <summary>Adds a transfer.</summary>
    public void Add(in Transfer transfer)
    {
        if (valid == transfers.Length) Grow();
        transfers[valid++] = transfer;
        Count++;
    }

    /// <summary>Adds an element that can't be read.</summary>
    public void AddInvalid(string? id) => (invalid ??= []).Add((Count++, id));

    /// <summary>Makes room for the outcomes, once all elements are there.</summary>
    public void Close() => outcomes = ArrayPool<TransferOutcome>.Shared.Rent(Math.Max(valid, 1));

    public void Dispose()
    {
        transfers.AsSpan(0, valid).Clear();
        ArrayPool<Transfer>.Shared.Return(transfers);
        if (outcomes.Length > 0) ArrayPool<TransferOutcome>.Shared.Return(outcomes);
        (transfers, outcomes, valid) = ([], [], 0);
    }

    private void Grow()
    {
        var larger = ArrayPool<Transfer>.Shared.Rent(Math.Max(TransfersUsual, transfers.Length * 4));
        transfers.AsSpan(0, valid).CopyTo(larger);
        transfers.AsSpan(0, valid).Clear();
        ArrayPool<Transfer>.Shared.Return(transfers);
        transfers = larger;
    }
}
