using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// Hosts a partition: where Orleans places this grain, the partition works, on a loop of its own. Should it have two
/// activations for a moment, the journal lets only the newer write.
/// </summary>
[Reentrant, KeepAlive, PartitionPlacement]
public sealed partial class PartitionGrain(PartitionGrainServices services, ILogger<PartitionGrain> log)
    : Grain, IPartitionGrain
{
    // A grain is sent away only when its calls have ended, and two that wait for each other would never end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    // Transfers are answered by several calls, none of which is long.
    private static readonly TimeSpan TransferPatience = TimeSpan.FromSeconds(8);
    private readonly TicketedCalls calls = new(TimeProvider.System);
    private PartitionHost? host;

    private int Number => (int)this.GetPrimaryKeyLong();

    private PartitionHost Host
    {
        get
        {
            if (host is { Ended.IsCompleted: false } working) return working;
            // The next call finds a new activation, which begins from the journal.
            DeactivateOnIdle();
            throw new PartitionUnavailableException($"Partition {Number} begins anew: {host?.Fault?.Message}");
        }
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        host = await PartitionHost.StartAsync(Number, services.Value);
        services.Add(host);
        LogActive(Number);
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (host is null) return;
        await host.DisposeAsync();
        services.Remove(host);
    }

    /// <inheritdoc/>
    public Task<TicketedAnswers> Transfer(Immutable<Transfer[]> transfers, bool inOrder) =>
        calls.BeginAsync(Host.TransferAsync(transfers.Value, inOrder, TransferPatience));

    /// <inheritdoc/>
    public Task<TicketedAnswers> MoreAnswers(long ticket) => calls.GoOnAsync(ticket);

    /// <inheritdoc/>
    public async Task<Immutable<PeerReplies>> Exchange(Immutable<AddressedRequest[]> requests)
    {
        // Should this partition begin anew, the caller must hear of that, and not that it isn't here.
        _ = Host;
        var replies = await Task.WhenAll(requests.Value.Select(AnswerAsync));
        return new(new PeerReplies(RuntimeIdentity, replies));
    }

    private async Task<PeerReply?> AnswerAsync(AddressedRequest asked)
    {
        if (!services.TryFind(asked.Partition, out var near)) return null;
        try
        {
            return await InTimeAsync(near.ExchangeAsync(asked.Request));
        }
        catch (PartitionUnavailableException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<Immutable<bool[]>> NeedOrder(Immutable<AccountTurnover[]> accounts) =>
        new(await InTimeAsync(Host.NeedOrderAsync(accounts.Value)));

    /// <inheritdoc/>
    public async Task<PartitionAccount> Open(string accountId, ushort currency) =>
        PartitionAccount.Of(await Host.OpenAsync(AccountId.Parse(accountId), Stored.Currency(currency)));

    /// <inheritdoc/>
    public async Task<PartitionAccount> SetFrozen(string accountId, bool frozen) =>
        PartitionAccount.Of(await Host.SetFrozenAsync(AccountId.Parse(accountId), frozen));

    /// <inheritdoc/>
    public async Task<PartitionAccount> FindAccount(string accountId, long? sequence)
    {
        var asOf = sequence is { } past ? AsOf.AfterSequence(past) : AsOf.Now;
        return PartitionAccount.Of(await Host.FindAccountAsync(AccountId.Parse(accountId), asOf));
    }

    /// <inheritdoc/>
    public async Task<RecordedTransfer?> FindTransfer(Guid id) =>
        await Host.FindTransferAsync(new TransactionId(id)) is { } found
            ? new RecordedTransfer(TransferOrder.Of(found.Transfer), found.Rejection, found.Sequence)
            : null;

    /// <inheritdoc/>
    public Task<int> FindClaimant(Guid id) => Host.FindClaimantAsync(new TransactionId(id));

    /// <inheritdoc/>
    public async Task<Immutable<PartitionReading?>> Read(long atMicros) => new(await Host.ReadAsync(atMicros));

    /// <inheritdoc/>
    public async Task<EntriesAnswer> ListEntries(string accountId, int limit, string? cursor)
    {
        var page = await Host.ListEntriesAsync(AccountId.Parse(accountId), limit, cursor);
        return new EntriesAnswer(page.Rejection, [.. page.Entries.Select(LineOf)], page.NextCursor);
    }

    /// <inheritdoc/>
    public Task Wake() => Host.Ended.IsCompleted ? Host.Ended : Task.CompletedTask;

    /// <inheritdoc/>
    public Task Avoid(string silo)
    {
        services.Avoid(SiloAddress.FromParsableString(silo));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Leave()
    {
        // Just deactivated, it would come back with the next message from a silo that takes it for still here.
        this.MigrateOnIdle();
        return Task.CompletedTask;
    }

    private static async Task<TResult> InTimeAsync<TResult>(Task<TResult> answer)
    {
        try
        {
            return await answer.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new PartitionUnavailableException(
                "There was no answer in time; what was asked may have happened.", e);
        }
    }

    private static EntryLine LineOf(EntryView entry) => new(
        entry.Sequence, entry.TransactionId.Value,
        entry.Direction == EntryDirection.Debit ? -entry.Amount.MinorUnits : entry.Amount.MinorUnits,
        entry.Amount.Currency.NumericCode, entry.Balance.MinorUnits, entry.Counterparty.Value);

    [LoggerMessage(1, LogLevel.Information, "Partition {Number} works here.")]
    private partial void LogActive(int number);
}

/// <summary>What a silo's partitions work with, once their journals are open; and those that work here.</summary>
public sealed class PartitionGrainServices(Func<PartitionServices> open)
{
    private readonly ConcurrentDictionary<int, PartitionHost> hosts = [];
    // Silos end once; one that starts again has another address.
    private readonly ConcurrentDictionary<SiloAddress, bool> leaving = [];
    private readonly Lock gate = new();
    private PartitionServices? services;

    /// <summary>The services, the same for all: partitions that share them commit together.</summary>
    public PartitionServices Value
    {
        get
        {
            lock (gate) return services ??= open();
        }
    }

    /// <summary>
    /// Has all partitions that work here end what they write and stop, so that others may take them over at once.
    /// </summary>
    public Task StopAsync() => Task.WhenAll(hosts.Values.Select(host => host.StopAsync()));

    /// <summary>
    /// A partition that works here: who is near needs no message. Should another silo have taken it over, it can't
    /// write any more, and so decides nothing.
    /// </summary>
    public bool TryFind(int number, [NotNullWhen(true)] out PartitionHost? host) =>
        hosts.TryGetValue(number, out host) && host.IsWorking;

    /// <summary>Where partitions may go: to no silo that is about to leave, if there is another.</summary>
    public IReadOnlyCollection<SiloAddress> Staying(IReadOnlyCollection<SiloAddress> silos)
    {
        SiloAddress[] staying = [.. silos.Where(silo => !leaving.ContainsKey(silo))];
        return staying.Length > 0 ? staying : silos;
    }

    /// <summary>Says that a silo is about to leave the cluster.</summary>
    public void Avoid(SiloAddress silo) => leaving.TryAdd(silo, true);

    /// <summary>The numbers of the partitions that work here.</summary>
    public IReadOnlyCollection<int> Here => [.. hosts.Values.Where(host => host.IsWorking).Select(host => host.Number)];

    internal void Add(PartitionHost host) => hosts[host.Number] = host;

    internal void Remove(PartitionHost host) =>
        hosts.TryRemove(new KeyValuePair<int, PartitionHost>(host.Number, host));
}
