using System.Buffers;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>Many transfers of one caller, in their order. The outcomes go straight to the caller's memory.</summary>
internal sealed class TransfersRequest : Request
{
    private readonly TaskCompletionSource answered = new();
    private readonly TransferCommand[] commands;
    private readonly Memory<TransferOutcome> outcomes;

    public TransfersRequest(
        ReadOnlySpan<Transfer> transfers, Memory<TransferOutcome> outcomes, AccountDirectory directory)
    {
        this.outcomes = outcomes;
        commands = ArrayPool<TransferCommand>.Shared.Rent(transfers.Length);
        for (var i = 0; i < transfers.Length; i++) commands[i] = new TransferCommand(transfers[i]);
        directory.FindMany(commands.AsSpan(0, transfers.Length));
    }

    public override int Weight => outcomes.Length;

    public Task AnswerTask => answered.Task;

    public override void Execute(Partition partition, long atMicros, RecordBuffer records) =>
        partition.Execute(commands.AsSpan(0, outcomes.Length), atMicros, records, outcomes.Span);

    public override void Answer(JournalPoint after)
    {
        Release();
        answered.SetResult();
    }

    public override void Refuse(string reason) => RefuseAll(Rejection.Unavailable);

    /// <summary>Answers all of them with the same refusal.</summary>
    public void RefuseAll(Rejection rejection)
    {
        outcomes.Span.Fill(new TransferOutcome(rejection, Replayed: false, 0));
        Release();
        answered.SetResult();
    }

    private void Release() => ArrayPool<TransferCommand>.Shared.Return(commands, clearArray: true);
}
