using System.Globalization;
using Orleans.Concurrency;
using Orleans.GrainDirectory;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// Reads the past of accounts. A settlement account's stripes are merged: its balance and version are their sums, its
/// entries theirs in the order of their numbers.
/// </summary>
[StatelessWorker, Reentrant, GrainDirectory(EverywhereDirectory.Name)]
public sealed class StatementGrain(EventReader events, Transactions transactions, StripeCount stripes)
    : Grain, IStatementGrain
{
    /// <inheritdoc/>
    public async Task<AccountAnswer> FindAt(string accountId, long? sequence) => sequence is { } past
        ? await FindPastAsync(accountId, past)
        : await FindNowAsync(accountId);

    private async Task<AccountAnswer> FindNowAsync(string accountId)
    {
        var keys = KeysOf(AccountId.Parse(accountId));
        var records = await transactions.RunAsync(() => ReadAsync(keys));
        if (records is []) return new AccountAnswer(Rejection.AccountNotFound, null);
        var moments = Array.ConvertAll(records, record => record.ToMoment(accountId));
        var moment = moments[0] with
        {
            Balance = Sum(moments.Select(stripe => stripe.Balance)),
            Version = moments.Sum(stripe => stripe.Version),
            Sequence = moments.Max(stripe => stripe.Sequence),
        };
        return new AccountAnswer(Rejection.None, moment);
    }

    /// <inheritdoc/>
    public Task<TransferRecord?> FindTransfer(Guid id) =>
        transactions.RunAsync(() => GrainFactory.GetGrain<ITransferGrain>(id).Find());

    private async Task<AccountAnswer> FindPastAsync(string accountId, long sequence)
    {
        var keys = KeysOf(AccountId.Parse(accountId));
        var past = await transactions.RunAsync(() => ReadAtAsync(keys, sequence));
        if (past.Rejection != Rejection.None) return new AccountAnswer(past.Rejection, null);

        var (balance, version, newest, frozen) = (Int128.Zero, 0L, 0L, false);
        foreach (var (key, record) in keys.Zip(past.Records))
        {
            var chain = new AccountChain(events, key, record);
            await chain.SeekAsync(sequence);
            balance += chain.Standing.Balance;
            version += chain.Standing.Version;
            newest = Math.Max(newest, chain.Current?.Sequence ?? record.OpenedSequence);
            frozen |= chain.IsFrozen;
        }
        return new AccountAnswer(
            Rejection.None,
            new AccountMoment(accountId, (long)balance, past.Records[0].Currency, frozen, version, newest));
    }

    /// <inheritdoc/>
    public async Task<EntriesAnswer> ListEntries(string accountId, int limit, string? cursor)
    {
        var from = long.MaxValue;
        if (cursor is not null && !TryReadCursor(cursor, out from))
            return new EntriesAnswer(Rejection.BadCursor, [], null);
        var keys = KeysOf(AccountId.Parse(accountId));
        var records = await transactions.RunAsync(() => ReadAsync(keys));
        if (records is []) return new EntriesAnswer(Rejection.AccountNotFound, [], null);

        var chains = keys.Zip(records, (key, record) => new AccountChain(events, key, record)).ToArray();
        await Task.WhenAll(chains.Select(chain => SeekEntryAsync(chain, from)));
        // A cursor is the number of an entry of this account, which is where its page begins.
        if (cursor is not null && !chains.Any(chain => chain.Current?.Sequence == from))
            return new EntriesAnswer(Rejection.BadCursor, [], null);
        return await PageAsync(chains, limit, records[0].Currency);
    }

    private static async Task<EntriesAnswer> PageAsync(AccountChain[] chains, int limit, ushort currency)
    {
        var lines = new List<EntryLine>(Math.Min(limit, 64));
        while (true)
        {
            var newest = chains.MaxBy(chain => chain.Current?.Sequence ?? -1);
            if (newest is not { Current: { Transfer: { } transfer } entry }) break;
            if (lines.Count == limit)
                return new EntriesAnswer(
                    Rejection.None, [.. lines], entry.Sequence.ToString(CultureInfo.InvariantCulture));
            var order = transfer.Order;
            lines.Add(new EntryLine(
                entry.Sequence, order.Id, entry.IsDebit ? -order.MinorUnits : order.MinorUnits, currency,
                Sum(chains.Select(chain => chain.Standing.Balance)), entry.IsDebit ? order.To : order.From));
            await newest.BackAsync();
            await SkipStatusAsync(newest);
        }
        return new EntriesAnswer(Rejection.None, [.. lines], null);
    }

    private static async Task SeekEntryAsync(AccountChain chain, long sequence)
    {
        await chain.SeekAsync(sequence);
        await SkipStatusAsync(chain);
    }

    // A freeze changes no balance and is no entry.
    private static async Task SkipStatusAsync(AccountChain chain)
    {
        while (chain.Current is { Transfer: null }) await chain.BackAsync();
    }

    private async Task<(Rejection Rejection, AccountRecord[] Records)> ReadAtAsync(string[] keys, long sequence)
    {
        // A moment that one stripe has seen has come for all of them.
        var hasCome = keys.Length > 1 && (await ReadAsync(keys)).Any(stripe => stripe.Sequence >= sequence);
        var records = new AccountRecord[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var result = await GrainFactory.GetGrain<IAccountGrain>(keys[i]).ReadAt(sequence, hasCome);
            if (result.Account is not { } record) return (result.Rejection, []);
            records[i] = record;
        }
        return (Rejection.None, records);
    }

    private async Task<AccountRecord[]> ReadAsync(string[] keys)
    {
        var records = new AccountRecord[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            if (await GrainFactory.GetGrain<IAccountGrain>(keys[i]).Read() is not { } record) return [];
            records[i] = record;
        }
        return records;
    }

    // Several stripes may be near one end of the range; only the sum of all is sure to be within.
    private static long Sum(IEnumerable<long> balances) =>
        (long)balances.Aggregate(Int128.Zero, (sum, balance) => sum + balance);

    private string[] KeysOf(AccountId id) =>
        SettlementStripes.Exists(id) ? SettlementStripes.Keys(id, stripes.Value) : [id.Value];

    private static bool TryReadCursor(string cursor, out long sequence) =>
        long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out sequence);
}
