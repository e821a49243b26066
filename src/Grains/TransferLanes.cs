using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// Keeps one front end's transfers from waiting for each other's locks. A transfer whose accounts are free goes at
/// once, alone. One that shares an account with a transfer under way waits here, and goes with all others that have
/// come to wait for the same accounts meanwhile, as one group: what is hot is done in groups, what isn't never waits.
/// Those that share an account keep the order in which they came. Settlement accounts, being striped, hold none up.
/// </summary>
internal sealed class TransferLanes(Func<IReadOnlyList<TransferLanes.Waiter>, Task> send, int groupMax)
{
    /// <summary>How many that wait are looked at for each group; those behind them wait for a later one.</summary>
    private const int LookAheadMax = 2_048;

    private readonly Lock gate = new();
    private readonly HashSet<AccountId> busy = [];
    private readonly LinkedList<Waiter> waiting = [];
    private readonly Dictionary<AccountId, int> awaited = [];

    /// <summary>Sends a transfer when its turn comes. The task is what <c>send</c> makes of it.</summary>
    public Task<TransferOutcome> SubmitAsync(in Transfer transfer, long now)
    {
        var waiter = new Waiter(transfer, now);
        lock (gate)
        {
            // Whoever comes later than one that waits for an account must not overtake it.
            if (waiter.Accounts.Any(account => busy.Contains(account) || awaited.ContainsKey(account)))
            {
                waiting.AddLast(waiter);
                foreach (var account in waiter.Accounts) Await(account, 1);
                return waiter.Outcome;
            }
            busy.UnionWith(waiter.Accounts);
        }
        _ = RunAsync([waiter]);
        return waiter.Outcome;
    }

    private async Task RunAsync(List<Waiter> group)
    {
        try
        {
            await send(group);
        }
        catch (Exception e)
        {
            // A bug is for those to hear whose transfers met it; the lanes must go on.
            foreach (var waiter in group) waiter.Fail(e);
        }
        foreach (var next in Release(group)) _ = RunAsync(next);
    }

    private List<List<Waiter>> Release(List<Waiter> done)
    {
        var groups = new List<List<Waiter>>();
        lock (gate)
        {
            foreach (var waiter in done) busy.ExceptWith(waiter.Accounts);
            while (waiting.Count > 0 && Gather() is { Count: > 0 } group)
            {
                foreach (var waiter in group) busy.UnionWith(waiter.Accounts);
                groups.Add(group);
            }
        }
        return groups;
    }

    // In the order they came: the first whose accounts are free, and all after it that can go with it.
    private List<Waiter> Gather()
    {
        var group = new List<Waiter>();
        var held = new HashSet<AccountId>();
        var taken = new HashSet<AccountId>();
        var looked = 0;
        for (var node = waiting.First; node is not null && looked++ < LookAheadMax && group.Count < groupMax;)
        {
            var (waiter, next) = (node.Value, node.Next);
            var isFree = !busy.Overlaps(waiter.Accounts) && !held.Overlaps(waiter.Accounts);
            if (isFree && (group.Count == 0 || taken.Overlaps(waiter.Accounts)))
            {
                group.Add(waiter);
                taken.UnionWith(waiter.Accounts);
                waiting.Remove(node);
                foreach (var account in waiter.Accounts) Await(account, -1);
            }
            else
            {
                // Its accounts are spoken for: nobody behind it goes before it.
                held.UnionWith(waiter.Accounts);
            }
            node = next;
        }
        return group;
    }

    private void Await(AccountId account, int more)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(awaited, account, out _);
        count += more;
        if (count == 0) awaited.Remove(account);
    }

    /// <summary>A transfer on its way, and the caller who waits for it.</summary>
    internal sealed class Waiter(Transfer transfer, long since)
    {
        private readonly TaskCompletionSource<TransferOutcome> outcome =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Transfer Transfer { get; } = transfer;

        /// <summary>The accounts that it may have to wait for.</summary>
        public AccountId[] Accounts { get; } =
            [.. new[] { transfer.From, transfer.To }.Where(account => !account.IsSettlement).Distinct()];

        /// <summary>When it came, as its clock's timestamp.</summary>
        public long Since { get; } = since;

        public Task<TransferOutcome> Outcome => outcome.Task;

        public void Answer(TransferOutcome answer) => outcome.TrySetResult(answer);

        public void Fail(Exception e) => outcome.TrySetException(e);
    }
}
