using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Something asked of the ledger. It waits in the queue, is carried out on the ledger's thread, and is answered when
/// everything it could have seen is durable.
/// </summary>
internal abstract class Request
{
    /// <summary>How much of the queue and of a batch it takes: one for each transfer, one for anything else.</summary>
    public virtual int Weight => 1;

    /// <summary>Whether it must be carried out when its batch is complete, after everything else in it.</summary>
    public virtual bool IsForTheEnd => false;

    /// <summary>Whether its answer is made from the journal, by <see cref="PastReads"/>.</summary>
    public virtual bool ReadsPast => false;

    /// <summary>Carries it out, on the ledger's thread; what it finds waits for <see cref="Answer"/>.</summary>
    public abstract void Execute(Partition partition, long atMicros, RecordBuffer records);

    /// <summary>Gives the answer to the caller; its batch is durable after <paramref name="after"/>.</summary>
    public abstract void Answer(Journal.JournalPoint after);

    /// <summary>Tells the caller that the ledger can't answer.</summary>
    public abstract void Refuse(string reason);
}
