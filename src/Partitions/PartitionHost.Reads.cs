using System.Globalization;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

// Accounts, and what they were: the present in the partition's turn, the past from the journal along its links.
public sealed partial class PartitionHost
{
    /// <inheritdoc/>
    public Task<AccountResult> OpenAsync(AccountId id, Currency currency) => AskAsync(turn =>
    {
        var refusal = partition.Open(id, currency, NowMicros, RecordsOf(turn), out var created);
        return refusal == Rejection.None ? Found(id) with { Created = created } : AccountResult.Refused(refusal);
    });

    /// <inheritdoc/>
    public Task<AccountResult> SetFrozenAsync(AccountId id, bool frozen) => AskAsync(turn =>
    {
        var refusal = partition.SetFrozen(id, frozen, NowMicros, RecordsOf(turn));
        return refusal == Rejection.None ? Found(id) : AccountResult.Refused(refusal);
    });

    /// <inheritdoc/>
    public async Task<AccountResult> FindAccountAsync(AccountId id, AsOf asOf)
    {
        if (asOf is { Sequence: null, Time: null }) return await AskAsync(_ => Found(id)).ConfigureAwait(false);
        if (await FindNewestAsync(id).ConfigureAwait(false) is not { } newest)
            return AccountResult.Refused(Rejection.AccountNotFound);
        var at = asOf.Sequence is { } sequence ? sequence
            : HybridTime.LastOf(Partition.ToMicros(asOf.Time ?? DateTimeOffset.UnixEpoch));
        if (at > Math.Max(HybridTime.LastOf(NowMicros), newest.LastSequence))
            return AccountResult.Refused(Rejection.InTheFuture);
        var past = new PartitionPast(this, newest.Number);
        return await past.FindAsync(newest.Place, at).ConfigureAwait(false) is { } account
            ? new AccountResult(Rejection.None, account)
            : AccountResult.Refused(Rejection.AccountNotFound);
    }

    /// <inheritdoc/>
    public async Task<EntriesPage> ListEntriesAsync(AccountId id, int limit, string? cursor)
    {
        if (await FindNewestAsync(id).ConfigureAwait(false) is not { } newest)
            return EntriesPage.Refused(Rejection.AccountNotFound);
        var past = new PartitionPast(this, newest.Number);
        var from = newest.Place;
        if (cursor is not null
            && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out from)
                || !await past.IsEntryAsync(from).ConfigureAwait(false)))
            return EntriesPage.Refused(Rejection.BadCursor);
        var (entries, next) = await past.PageAsync(from, limit).ConfigureAwait(false);
        return new EntriesPage(
            Rejection.None, entries, next < 0 ? null : next.ToString(CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public async Task<TransferView?> FindTransferAsync(TransactionId id) =>
        await LookUpAsync(ids.Recorded, id).ConfigureAwait(false) is { } place
            ? partition.Describe(await ReadRecordAsync(place).ConfigureAwait(false))
            : null;

    /// <inheritdoc/>
    public async Task<int> FindClaimantAsync(TransactionId id) =>
        (int)(await LookUpAsync(ids.Claims, id).ConfigureAwait(false) ?? -1);

    private async Task<long?> LookUpAsync(IdIndex where, TransactionId id)
    {
        while (true)
        {
            var (finding, value, asked) = await AskAsync(_ =>
            {
                var found = where.Find(id, out var at);
                return (found, at, found == IdFinding.MustAsk ? where.AskAsync([id], stopping.Token) : null);
            }).ConfigureAwait(false);
            if (asked is null) return finding == IdFinding.Found ? value : null;
            var answers = await ReadIndexAsync(asked).ConfigureAwait(false);
            if (answers.Values[0] is { } read) return read;
            // None: unless it left memory meanwhile.
            if (answers.Version == await AskAsync(_ => where.Version).ConfigureAwait(false)) return null;
        }
    }

    /// <inheritdoc/>
    public Task<PartitionReading?> ReadAsync(long atMicros)
    {
        // Partitions that are read at one time are read at one moment, or what one does makes the reading another.
        var call = new Call<PartitionReading?>(this);
        return SubmitAsync(call, turn => turn.AtEnd(() =>
        {
            if (partition.TryCut(atMicros, out var cut) && cut is not null)
                call.Result = new(point.Activation, partition.AccountsOpened, partition.Transfers, cut);
            turn.Then(call);
        }));
    }

    /// <summary>What a record says about an account.</summary>
    /// <exception cref="PartitionDamagedException">There is none, or it says nothing about the account.</exception>
    internal AccountMoment Describe(BatchRecords batch, long place, int number)
    {
        var record = batch.At(place).Span;
        return Concerns(record, number)
            ? partition.Describe(record, number)
            : throw new PartitionDamagedException(
                Number, RecordPlace.BatchOf(place), $"the record at {place} is of no such account");
    }

    private static bool Concerns(ReadOnlySpan<byte> record, int number) =>
        Records.As<RecordHeader>(record).Kind switch
        {
            RecordKind.TransferSucceeded =>
                Records.As<TransferRecord>(record).From == number || Records.As<TransferRecord>(record).To == number,
            RecordKind.TransferSettled => Records.As<ReservationRecord>(record).From == number,
            RecordKind.TransferCredited => Records.As<PromiseRecord>(record).To == number,
            RecordKind.DebitLeg or RecordKind.CreditLeg => Records.As<LegRecord>(record).Account == number,
            RecordKind.AccountOpened => Records.As<OpenRecord>(record).Number == number,
            RecordKind.AccountFrozen or RecordKind.AccountUnfrozen => Records.As<StatusRecord>(record).Number == number,
            _ => false,
        };

    /// <summary>The whole state as bytes, as it stands and is durable.</summary>
    internal Task<byte[]> ImageAsync() => AskAsync(_ =>
    {
        var capture = partition.BeginCapture();
        while (!capture.CopySome(int.MaxValue))
        {
            // To the end.
        }
        using var image = new MemoryStream();
        capture.WriteTo(image);
        return image.ToArray();
    });

    /// <summary>The records of the batch that a place is in.</summary>
    internal async Task<BatchRecords> FindBatchAsync(long place)
    {
        var sequence = RecordPlace.BatchOf(place);
        return sequence > 0 && await journal.FindAsync(Number, sequence).ConfigureAwait(false) is { } batch
            ? new BatchRecords(batch)
            : throw new PartitionDamagedException(Number, sequence, "it is missing, and a record leads to it");
    }

    private async Task<byte[]> ReadRecordAsync(long place) =>
        (await FindBatchAsync(place).ConfigureAwait(false)).At(place).ToArray();

    private AccountResult Found(AccountId id) => partition.Directory.TryFind(id, out var number)
        ? new AccountResult(Rejection.None, partition.View(number))
        : AccountResult.Refused(Rejection.AccountNotFound);

    private Task<(int Number, long Place, long LastSequence)?> FindNewestAsync(AccountId id) =>
        AskAsync<(int, long, long)?>(_ => partition.Directory.TryFind(id, out var number)
            ? (number, partition.Accounts[number].Newest, HybridTime.LastOf(partition.LastAtMicros))
            : null);
}
