using System.Globalization;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded;

public sealed partial class EmbeddedWallet
{
    /// <inheritdoc/>
    public async ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default)
    {
        var record = new byte[Records.LengthMax];
        return await AskAsync(
            (_, _, _) => index.TryFind(id, record, out var length) ? length : 0,
            (length, _) => length == 0 ? null : partition.Describe(record.AsSpan(0, length)), cancel);
    }

    /// <inheritdoc/>
    public ValueTask<AccountResult> FindAccountAsync(AccountId id, AsOf asOf, CancellationToken cancel = default) =>
        AskAsync(
            (state, at, _) => Locate(state, id, asOf, at),
            (found, _) => found.Rejection != Rejection.None ? AccountResult.Refused(found.Rejection)
                : found.View is { } view ? new AccountResult(Rejection.None, view)
                : FindPast(found, asOf), cancel, readsPast: asOf != AsOf.Now);

    /// <inheritdoc/>
    public ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, IWallet.EntriesMax);
        return AskAsync(
            (state, _, _) => state.Directory.TryFind(id, out var number)
                ? new Located(Rejection.None, number, state.Accounts[number].Newest, null)
                : Located.Refused(Rejection.AccountNotFound),
            (found, _) => found.Rejection == Rejection.None
                ? ReadEntries(found, limit, cursor)
                : EntriesPage.Refused(found.Rejection), cancel, readsPast: true);
    }

    /// <inheritdoc/>
    public ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default) =>
        AskAsync(
            (state, _, _) => new LedgerView(state.Sequence, state.AccountsOpened, state.Transfers, state.Totals, null),
            (view, after) => view with { Digest = Convert.ToHexStringLower(after.Chain) }, cancel, forTheEnd: true);

    private static Located Locate(Partition state, AccountId id, AsOf asOf, long atMicros)
    {
        var now = Math.Max(atMicros, state.LastAtMicros);
        if (asOf.Sequence > state.Sequence || (asOf.Time is { } time && Partition.ToMicros(time) >= now))
            return Located.Refused(Rejection.InTheFuture);
        if (!state.Directory.TryFind(id, out var number)) return Located.Refused(Rejection.AccountNotFound);
        var isNow = asOf == AsOf.Now;
        return new Located(
            Rejection.None, number, state.Accounts[number].Newest, isNow ? state.View(number) : null);
    }

    private AccountResult FindPast(Located found, AsOf asOf)
    {
        var past = asOf.Time is { } time
            ? history.Find(found.Number, found.Newest, moment => moment.AtMicros > Partition.ToMicros(time))
            : history.Find(found.Number, found.Newest, moment => moment.Sequence > asOf.Sequence);
        return past is null
            ? AccountResult.Refused(Rejection.AccountNotFound)
            : new AccountResult(Rejection.None, past);
    }

    private EntriesPage ReadEntries(Located found, int limit, string? cursor)
    {
        var from = found.Newest;
        // What lies behind the account's newest record may be in the journal and not be durable.
        if (cursor is not null && (!TryReadCursor(cursor, out from) || from > found.Newest
            || !history.IsEntryOf(found.Number, from)))
            return EntriesPage.Refused(Rejection.BadCursor);
        var (entries, next) = history.Page(found.Number, from, limit);
        return new EntriesPage(
            Rejection.None, entries, next < 0 ? null : next.ToString(CultureInfo.InvariantCulture));
    }

    private static bool TryReadCursor(string cursor, out long place) =>
        long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out place);

    /// <summary>What a read finds on the ledger's thread; the rest it reads from the journal.</summary>
    private readonly record struct Located(Rejection Rejection, int Number, long Newest, AccountView? View)
    {
        public static Located Refused(Rejection rejection) => new(rejection, -1, -1, null);
    }
}
