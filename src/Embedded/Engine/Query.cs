using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>Anything that isn't a transfer: a read, an opening, a freeze.</summary>
/// <param name="execute">Carries it out on the ledger's thread.</param>
/// <param name="finish">Makes the answer from that, once it is durable.</param>
/// <param name="forTheEnd">Whether it is to see the whole batch.</param>
/// <param name="readsPast">Whether the answer is made from the journal; no other may read it.</param>
internal sealed class Query<TFound, TAnswer>(
    Func<Partition, long, RecordBuffer, TFound> execute, Func<TFound, JournalPoint, TAnswer> finish,
    bool forTheEnd = false, bool readsPast = false) : Request
{
    // The threads that read the past are few, and run no caller's code.
    private readonly TaskCompletionSource<TAnswer> answered =
        new(readsPast ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
    private TFound? found;

    public Task<TAnswer> AnswerTask => answered.Task;

    public override bool IsForTheEnd => forTheEnd;

    public override bool ReadsPast => readsPast;

    public override void Execute(Partition partition, long atMicros, RecordBuffer records) =>
        found = execute(partition, atMicros, records);

    public override void Answer(JournalPoint after)
    {
        TAnswer answer;
        try
        {
            answer = finish(found ?? throw new InvalidOperationException("Not carried out."), after);
        }
        catch (Exception e)
        {
            // Whatever it was, the ledger itself is well: only this caller's answer could not be made, and the thread
            // here has others to answer, or would end the process.
            answered.SetException(e);
            return;
        }
        answered.SetResult(answer);
    }

    public override void Refuse(string reason) => answered.SetException(new WalletUnavailableException(reason));
}
