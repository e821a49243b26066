using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Transfers of many callers that came in one call: each is decided when its own id is claimed, and answered when its
/// own outcome is durable. So one whose partitions are away keeps no other waiting.
/// </summary>
internal sealed class SeparateTransfers : TransferGroup
{
    private readonly Lock gate = new();
    private readonly List<int> ready;
    private readonly Decided[] decided;
    private List<int> told = [];
    private TaskCompletionSource? listener;

    public SeparateTransfers(PartitionHost host, Transfer[] transfers)
        : base(host, transfers)
    {
        ready = new(transfers.Length);
        decided = [new(this), new(this)];
    }

    public override bool IsInOrder => false;

    public override int ReadyCount => ready.Count;

    public override int ReadyAt(int number) => ready[number];

    public override void Ready(int index) => ready.Add(index);

    public override void SetAside(IReadOnlyCollection<int> indexes)
    {
        var aside = indexes.ToHashSet();
        for (var i = ready.Count - 1; i >= Next; i--)
            if (aside.Contains(ready[i])) ready.RemoveAt(i);
    }

    public override void CameThrough()
    {
        ready.Clear();
        Next = 0;
    }

    public override void Decide(int index, TransferOutcome outcome, Turn turn)
    {
        Note(index, outcome);
        decided[turn.Index].Add(index, turn);
    }

    public override TransferAnswers TakeAnswers(bool isLast)
    {
        List<int> taken;
        lock (gate) (taken, told) = (told, []);
        return taken.Count == Transfers.Length
            ? new TransferAnswers(null, Outcomes, isLast)
            : new TransferAnswers([.. taken], [.. taken.Select(index => Outcomes[index])], isLast);
    }

    public override Task ListenAsync()
    {
        lock (gate)
        {
            if (told.Count > 0 || Task.IsCompleted) return System.Threading.Tasks.Task.CompletedTask;
            listener = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return System.Threading.Tasks.Task.WhenAny(listener.Task, Task);
        }
    }

    private void Tell(List<int> indexes)
    {
        lock (gate)
        {
            told.AddRange(indexes);
            listener?.TrySetResult();
        }
    }

    // Those whose outcomes are in one commit.
    private sealed class Decided(SeparateTransfers group) : IAnswer
    {
        private readonly List<int> indexes = [];
        private bool isLast;

        public void Add(int index, Turn turn)
        {
            if (indexes.Count == 0) turn.Then(this);
            indexes.Add(index);
            isLast = group.Undecided == 0;
        }

        public void Answer()
        {
            group.Tell(indexes);
            indexes.Clear();
            if (isLast) group.Answer();
        }
    }
}
