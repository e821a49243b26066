using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>Anything that isn't a transfer: a read, an opening, a freeze.</summary>
/// <param name="execute">Carries it out on the ledger's thread.</param>
/// <param name="finish">Makes the answer from that, once it is durable; it may read the journal.</param>
/// <param name="forTheEnd">Whether it is to see the whole batch.</param>
internal sealed class Query<TFound, TAnswer>(
    Func<Partition, long, RecordBuffer, TFound> execute, Func<TFound, JournalPoint, TAnswer> finish,
    bool forTheEnd = false) : Request
{
    private readonly TaskCompletionSource<TAnswer> answered = new();
    private TFound? found;

    public Task<TAnswer> AnswerTask => answered.Task;

    public override bool IsForTheEnd => forTheEnd;

    public override void Execute(Partition partition, long atMicros, RecordBuffer records) =>
        found = execute(partition, atMicros, records);

    public override void Answer(JournalPoint after)
    {
        try
        {
            answered.SetResult(finish(found ?? throw new InvalidOperationException("Not carried out."), after));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or DataDirectoryException)
        {
            // Reading the past failed; the ledger itself is well, and this caller learns why.
            answered.SetException(e);
        }
    }

    public override void Refuse(string reason) => answered.SetException(new WalletUnavailableException(reason));
}
