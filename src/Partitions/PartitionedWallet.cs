using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>The wallet over all partitions, as a front end sees it.</summary>
public sealed class PartitionedWallet : IWallet, IDisposable
{
    /// <summary>How long a partition that is at work may take to answer.</summary>
    internal static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(8);

    private const int CutTriesMax = 20;
    private const long CutAheadMicros = 20_000;

    private static readonly TransferOutcome Overloaded = new(Rejection.Overloaded, Replayed: false, 0);
    private static readonly TransferOutcome Unavailable = new(Rejection.Unavailable, Replayed: false, 0);

    private readonly IPartition[] partitions;
    private readonly PartitionLane[] lanes;
    private readonly Func<Readiness> readiness;
    private readonly TimeProvider time;
    private readonly int waitingMax;
    private int waiting;

    /// <summary>
    /// A front end over the partitions, in the order of their numbers; over so many transfers that wait, and after so
    /// long a wait, the answer is "overloaded".
    /// </summary>
    public PartitionedWallet(
        IReadOnlyList<IPartition> partitions, PartitionOptions options, int queueTransfersMax, TimeSpan queuePatience,
        Func<Readiness> readiness, TimeProvider time)
    {
        this.partitions = [.. partitions];
        (this.readiness, this.time, waitingMax) = (readiness, time, queueTransfersMax);
        lanes = [.. partitions.Select(partition => new PartitionLane(
            partition, options.MessageItemsMax, queuePatience, time,
            answered => Interlocked.Add(ref waiting, -answered)))];
    }

    /// <inheritdoc/>
    public Readiness Readiness => readiness();

    /// <inheritdoc/>
    public ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default)
    {
        Partition.CheckWhole(transfer);
        cancel.ThrowIfCancellationRequested();
        return TryAdmit(1)
            ? new ValueTask<TransferOutcome>(lanes[NumberOf(transfer.From)].SubmitAsync(transfer))
            : new ValueTask<TransferOutcome>(Overloaded);
    }

    /// <inheritdoc/>
    public async ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transfers.Length, IWallet.TransfersMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outcomes.Length, transfers.Length);
        foreach (ref readonly var transfer in transfers.Span) Partition.CheckWhole(transfer);
        if (!TryAdmit(transfers.Length))
        {
            outcomes.Span.Fill(Overloaded);
            return;
        }
        try
        {
            await SendAsync(transfers, outcomes).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref waiting, -transfers.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in lanes) lane.Dispose();
    }

    private bool TryAdmit(int count)
    {
        if (Interlocked.Add(ref waiting, count) <= waitingMax) return true;
        Interlocked.Add(ref waiting, -count);
        return false;
    }

    private async Task SendAsync(ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes)
    {
        var unknown = false;
        using var accounts = new BatchAccounts(transfers, partitions.Length);
        foreach (var wave in await WavesAsync(transfers, accounts).ConfigureAwait(false))
        {
            if (unknown)
            {
                // What comes after must not overtake what may still happen: it is not sent.
                foreach (var i in wave) outcomes.Span[i] = Unavailable;
                continue;
            }
            await SendWaveAsync(wave, transfers, accounts, outcomes).ConfigureAwait(false);
            unknown = wave.Exists(i => outcomes.Span[i].Rejection == Rejection.Unavailable);
        }
    }

    private Task SendWaveAsync(
        List<int> wave, ReadOnlyMemory<Transfer> transfers, BatchAccounts accounts, Memory<TransferOutcome> outcomes)
    {
        var byPayer = new List<int>?[partitions.Length];
        foreach (var i in wave)
            (byPayer[accounts.PayerPartition(i)] ??= new(2 * wave.Count / partitions.Length + 1)).Add(i);
        var sent = new List<Task>(partitions.Length);
        for (var payer = 0; payer < byPayer.Length; payer++)
            if (byPayer[payer] is { } places) sent.Add(SendAsync(payer, transfers, places, outcomes));
        return Task.WhenAll(sent);
    }

    // Most batches need no order: then all of it goes at once.
    private async Task<IReadOnlyList<List<int>>> WavesAsync(ReadOnlyMemory<Transfer> transfers, BatchAccounts accounts)
    {
        var isFree = new bool[accounts.Count];
        // Only of one that the batch takes from and gives to, the order could make a difference.
        var asked = new List<int>?[partitions.Length];
        for (var account = 0; account < accounts.Count; account++)
            if (accounts.IsPayerAndPayee(account))
                (asked[NumberOf(accounts.TurnoverOf(account).Account)] ??= []).Add(account);
        await Task.WhenAll(asked.Index().Where(each => each.Item is not null).Select(
            each => AskAsync(each.Index, each.Item ?? [], accounts, isFree))).ConfigureAwait(false);
        return BatchWaves.Of(transfers.Span, accounts, isFree);
    }

    private async Task AskAsync(int partition, List<int> asked, BatchAccounts accounts, bool[] isFree)
    {
        try
        {
            var turnovers = asked.ConvertAll(accounts.TurnoverOf).ToArray();
            var needs = await partitions[partition].NeedOrderAsync(turnovers).ConfigureAwait(false);
            for (var i = 0; i < needs.Length; i++) isFree[asked[i]] = !needs[i];
        }
        catch (PartitionUnavailableException)
        {
            // Then they keep their order.
        }
    }

    /// <inheritdoc/>
    public async ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default)
    {
        var home = partitions[Placement.HomeOf(id, partitions.Length)];
        return await ReadAsync(home, it => it.FindClaimantAsync(id)).ConfigureAwait(false) is >= 0 and var payer
            ? await ReadAsync(partitions[payer], it => it.FindTransferAsync(id)).ConfigureAwait(false)
            : null;
    }

    /// <inheritdoc/>
    public async ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default) =>
        await ReadAsync(Of(id), it => it.OpenAsync(id, currency)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<AccountResult> FindAccountAsync(
        AccountId id, AsOf asOf, CancellationToken cancel = default)
    {
        if (asOf.Time is { } at && at >= time.GetUtcNow()) return AccountResult.Refused(Rejection.InTheFuture);
        return await ReadAsync(Of(id), it => it.FindAccountAsync(id, asOf)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<AccountResult> SetFrozenAsync(
        AccountId id, bool frozen, CancellationToken cancel = default) =>
        await ReadAsync(Of(id), it => it.SetFrozenAsync(id, frozen)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default) =>
        await ReadAsync(Of(id), it => it.ListEntriesAsync(id, limit, cursor)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default)
    {
        for (var tries = 1; tries <= CutTriesMax; tries++)
        {
            // A little ahead of all clocks: a partition that recorded something later than that makes it fail.
            var at = Partition.ToMicros(time.GetUtcNow()) + tries * CutAheadMicros;
            var readings = await ReadAllAsync(at).ConfigureAwait(false);
            if (readings.Any(reading => reading is null)) continue;
            // Had one been taken up anew meanwhile, what it recorded could be earlier again.
            var again = await ReadAllAsync(at + 1).ConfigureAwait(false);
            PartitionReading[] whole = [.. readings.OfType<PartitionReading>()];
            if (!whole.Zip(again).All(pair => pair.Second is { } later && later.Activation == pair.First.Activation))
                continue;
            return new LedgerView(
                HybridTime.LastOf(at), whole.Sum(reading => reading.Accounts), whole.Sum(reading => reading.Transfers),
                [.. LedgerCut.Sum([.. whole.Select(reading => reading.Cut)]).Select(total => total.Sum)], null);
        }
        throw new WalletUnavailableException("The partitions can't be read at one moment just now.");
    }

    private Task<PartitionReading?[]> ReadAllAsync(long atMicros) =>
        Task.WhenAll(partitions.Select(partition => ReadAsync(partition, it => it.ReadAsync(atMicros))));

    private IPartition Of(AccountId id) => partitions[NumberOf(id)];

    private int NumberOf(AccountId id) => Placement.PartitionOf(id, partitions.Length);

    private async Task SendAsync(
        int partition, ReadOnlyMemory<Transfer> transfers, List<int> places, Memory<TransferOutcome> outcomes)
    {
        var sent = new Transfer[places.Count];
        for (var i = 0; i < sent.Length; i++) sent[i] = transfers.Span[places[i]];
        try
        {
            await foreach (var answers in partitions[partition].TransferAsync(sent, inOrder: true, AnswerPatience)
                .ConfigureAwait(false))
                for (var i = 0; i < answers.Count; i++)
                    outcomes.Span[places[answers.PlaceOf(i)]] = answers.Outcomes[i];
        }
        catch (PartitionUnavailableException)
        {
            foreach (var place in places) outcomes.Span[place] = Unavailable;
        }
    }

    private static async Task<TResult> ReadAsync<TResult>(IPartition partition, Func<IPartition, Task<TResult>> read)
    {
        try
        {
            return await read(partition).ConfigureAwait(false);
        }
        catch (PartitionUnavailableException e)
        {
            throw new WalletUnavailableException(e.Message);
        }
    }
}
