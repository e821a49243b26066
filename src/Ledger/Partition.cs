using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansWallet.Ledger;

/// <summary>
/// A transfer to execute, with the numbers of its accounts where the caller looked them up already; -1 where it
/// didn't or found none.
/// </summary>
public readonly record struct TransferCommand(Transfer Transfer, int FromNumber = -1, int ToNumber = -1);

/// <summary>
/// A partition of the ledger: the state machine. A batch of commands goes in, outcomes and records come out; the
/// records replayed give the same state again, byte for byte, on any machine. No thread, clock, I/O or randomness:
/// its host brings the time, keeps the records, and shows no outcome before they are durable. One thread at a time,
/// but for <see cref="Directory"/>.
/// </summary>
public sealed partial class Partition
{
    private const int PrefetchDistance = 12;

    private readonly IRecordedTransfers recorded;
    private readonly Account neverOpened;
    private readonly byte[] found = new byte[Records.LengthMax];
    private readonly long[] totals = new long[1000];
    private readonly bool[] currenciesUsed = new bool[1000];
    // Null where the partition is the whole ledger.
    private readonly Channels? channels;
    // How much time grows at least with each record: nothing, or a microsecond where the time is the sequence number.
    private readonly long stepMicros;
    // The earliest time the next record may have.
    private long earliestMicros;

    /// <summary>An empty partition: no accounts, sequence 0. Without a membership it is the whole ledger.</summary>
    public Partition(IRecordedTransfers recorded, Membership? membership = null)
    {
        this.recorded = recorded;
        Directory = new AccountDirectory(membership?.Partitions ?? 1);
        if (membership is null) return;
        channels = new Channels(membership);
        earliestMicros = stepMicros = 1;
    }

    /// <summary>The number of the last event.</summary>
    public long Sequence { get; private set; }

    /// <summary>
    /// When the last event was recorded, in microseconds. Time never runs back; in a ledger of several partitions no
    /// two events of one have the same.
    /// </summary>
    public long LastAtMicros { get; private set; }

    /// <summary>How many transfers moved money; one to another partition counts with its payer's.</summary>
    public long Transfers { get; private set; }

    /// <summary>How many accounts callers opened; settlement accounts don't count.</summary>
    public long AccountsOpened { get; private set; }

    /// <summary>The accounts' ids. Any thread may look a number up and hand it in with the command.</summary>
    public AccountDirectory Directory { get; }

    /// <summary>The accounts' states.</summary>
    public AccountTable Accounts { get; } = new();

    /// <summary>
    /// The sum of all balances of each currency that was used, by code. Both legs of a transfer are added up apart,
    /// so a lost leg shows. Of one of several partitions the sum needs the others' (<see cref="LedgerCut"/>).
    /// </summary>
    public IReadOnlyList<Money> Totals =>
        [.. Currency.All.Where(c => currenciesUsed[c.NumericCode]).Select(c => new Money(totals[c.NumericCode], c))];

    /// <summary>
    /// Decides and applies each command in order and writes a record for each that has a final outcome.
    /// <paramref name="outcomes"/> has one place for each command, <paramref name="records"/> room for as many. In a
    /// ledger of several partitions both accounts belong here, and the ids were claimed before (<see cref="Claim"/>).
    /// </summary>
    /// <exception cref="ArgumentException">
    /// An amount is not above zero or a name is missing, which no parser lets through. Commands before it are done.
    /// </exception>
    public void Execute(
        ReadOnlySpan<TransferCommand> commands, long atMicros, RecordBuffer records, Span<TransferOutcome> outcomes)
    {
        var at = Math.Max(atMicros, earliestMicros);
        for (var i = 0; i < Math.Min(PrefetchDistance, commands.Length); i++) Prefetch(commands[i]);
        for (var i = 0; i < commands.Length; i++)
        {
            if (i + PrefetchDistance < commands.Length) Prefetch(commands[i + PrefetchDistance]);
            outcomes[i] = Execute(commands[i], at, records);
        }
    }

    /// <summary>Opens an account. <see cref="Rejection.None"/> also where it was open already.</summary>
    public Rejection Open(AccountId id, Currency currency, long atMicros, RecordBuffer records, out bool created)
    {
        created = false;
        var known = Directory.TryFind(id, out var number);
        var refusal = Decider.DecideOpen(known ? Accounts[number].Account : default, id, currency);
        if (refusal != Rejection.None || known) return refusal;
        if (Directory.Count == AccountDirectory.AccountsMax) return Rejection.Overloaded;
        WriteOpening(id, currency, isSettlement: false, atMicros, records);
        created = true;
        return Rejection.None;
    }

    /// <summary>
    /// Opens the settlement accounts that are not there yet: all of them in a new ledger, none in another unless
    /// currencies were added to the table.
    /// </summary>
    public void OpenSettlementAccounts(long atMicros, RecordBuffer records) =>
        OpenSettlementAccounts(atMicros, records, static _ => true);

    /// <summary>The same, but only those that belong to this partition.</summary>
    public void OpenSettlementAccounts(long atMicros, RecordBuffer records, Func<AccountId, bool> belongsHere)
    {
        foreach (var currency in Currency.All)
        {
            var id = AccountId.Settlement(currency);
            if (belongsHere(id) && !Directory.TryFind(id, out _))
                WriteOpening(id, currency, isSettlement: true, atMicros, records);
        }
    }

    /// <summary>Freezes an account or ends that; nothing is recorded where nothing changes.</summary>
    public Rejection SetFrozen(AccountId id, bool frozen, long atMicros, RecordBuffer records)
    {
        if (!Directory.TryFind(id, out var number)) return Rejection.AccountNotFound;
        if (Accounts[number].Account.IsFrozen == frozen) return Rejection.None;
        var bytes = Begin<StatusRecord>(
            records, Unsafe.SizeOf<StatusRecord>(), frozen ? RecordKind.AccountFrozen : RecordKind.AccountUnfrozen,
            atMicros, out var place);
        ref var record = ref Records.As<StatusRecord>(bytes);
        record.Number = number;
        ApplyStatus(ref record, place);
        Records.Seal(bytes);
        return Rejection.None;
    }

    /// <summary>An account as it stands.</summary>
    public AccountView View(int number)
    {
        ref readonly var slot = ref Accounts[number];
        return new AccountView(
            Directory.IdOf(number), new Money(slot.Account.Balance, slot.Account.Currency), slot.Account.IsFrozen,
            slot.Account.Version, FromMicros(slot.UpdatedAtMicros));
    }

    /// <summary>A recorded time as a date.</summary>
    public static DateTimeOffset FromMicros(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);

    /// <summary>A date as it is recorded, the microsecond begun.</summary>
    public static long ToMicros(DateTimeOffset at) =>
        (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Throws where a transfer lacks a part: its record could be written, but never be told again.</summary>
    /// <exception cref="ArgumentException">An amount is not above zero, or a name is missing.</exception>
    public static void CheckWhole(in Transfer transfer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(transfer.Amount.MinorUnits);
        if (transfer.Id == default || transfer.From == default || transfer.To == default
            || transfer.Amount.Currency == default)
            throw new ArgumentException("A transfer names its id, both accounts and a currency.");
    }

    private void Prefetch(in TransferCommand command)
    {
        recorded.Prefetch(command.Transfer.Id);
        Accounts.Prefetch(command.FromNumber);
        Accounts.Prefetch(command.ToNumber);
    }

    private TransferOutcome Execute(in TransferCommand command, long at, RecordBuffer records)
    {
        var transfer = command.Transfer;
        CheckWhole(transfer);
        if (recorded.TryFind(transfer.Id, found, out var length)) return AnswerAgain(transfer, found.AsSpan(0, length));
        // What is under way goes to another partition, so it is another transfer.
        if (channels is { UnderWayCount: > 0 } && channels.TryFind(transfer.Id, out _, out _))
            return new TransferOutcome(Rejection.TransactionIdReused, Replayed: false, 0);

        var from = NumberOf(transfer.From, command.FromNumber);
        var to = NumberOf(transfer.To, command.ToNumber);
        // Accounts that exist are the same where their numbers are: the names need not be fetched from memory again.
        var refusal = from >= 0 && to >= 0
            ? Decider.DecideAccounts(from, to)
            : Decider.DecideAccounts(transfer.From, transfer.To);
        if (refusal == Rejection.None)
            refusal = DecideLocal(from, to, transfer.Amount);
        return refusal == Rejection.None
            ? WriteTransfer(transfer, from, to, at, records)
            : WriteRefusal(transfer, refusal, at, records);
    }

    private Rejection DecideLocal(int from, int to, Money amount) => channels is null
        ? Decider.Decide(in AccountOf(from), in AccountOf(to), amount)
        : Rejections.First(DecideDebitOf(from, amount), DecideCreditOf(to, amount));

    private int NumberOf(AccountId id, int number)
    {
        if (number < 0) Directory.TryFind(id, out number);
        return number;
    }

    private ref readonly Account AccountOf(int number)
    {
        if (number < 0) return ref neverOpened;
        return ref Accounts[number].Account;
    }

    private TransferOutcome WriteTransfer(in Transfer transfer, int from, int to, long at, RecordBuffer records)
    {
        var bytes = Begin<TransferRecord>(
            records, Unsafe.SizeOf<TransferRecord>(), RecordKind.TransferSucceeded, at, out var place);
        ref var record = ref Records.As<TransferRecord>(bytes);
        record.Id = transfer.Id.Value;
        record.From = from;
        record.To = to;
        record.Amount = transfer.Amount.MinorUnits;
        ApplyTransfer(ref record, place);
        Records.Seal(bytes);
        return new TransferOutcome(Rejection.None, Replayed: false, Shown(record.Header));
    }

    private TransferOutcome WriteRefusal(in Transfer transfer, Rejection refusal, long at, RecordBuffer records)
    {
        var from = transfer.From.Value;
        var to = transfer.To.Value;
        var idsAt = Unsafe.SizeOf<RefusalRecord>();
        var bytes = Begin<RefusalRecord>(
            records, Records.Padded(idsAt + from.Length + to.Length), RecordKind.TransferRefused, at, out var place);
        ref var record = ref Records.As<RefusalRecord>(bytes);
        record.Id = transfer.Id.Value;
        record.Amount = transfer.Amount.MinorUnits;
        record.Currency = transfer.Amount.Currency.NumericCode;
        record.Rejection = refusal;
        record.FromLength = (byte)Encoding.ASCII.GetBytes(from, bytes[idsAt..]);
        record.ToLength = (byte)Encoding.ASCII.GetBytes(to, bytes[(idsAt + from.Length)..]);
        bytes[(idsAt + from.Length + to.Length)..].Clear();
        ApplyHeader(record.Header);
        recorded.Remember(transfer.Id, place);
        Records.Seal(bytes);
        return new TransferOutcome(refusal, Replayed: false, Shown(record.Header));
    }

    private void WriteOpening(AccountId id, Currency currency, bool isSettlement, long at, RecordBuffer records)
    {
        var idAt = Unsafe.SizeOf<OpenRecord>();
        var bytes = Begin<OpenRecord>(
            records, Records.Padded(idAt + id.Value.Length), RecordKind.AccountOpened, at, out var place);
        ref var record = ref Records.As<OpenRecord>(bytes);
        record.Number = Directory.Count;
        record.Currency = currency.NumericCode;
        record.IsSettlement = isSettlement ? (byte)1 : (byte)0;
        record.IdLength = (byte)Encoding.ASCII.GetBytes(id.Value, bytes[idAt..]);
        bytes[(idAt + record.IdLength)..].Clear();
        ApplyOpening(bytes, place);
        Records.Seal(bytes);
    }

    private Span<byte> Begin<TRecord>(
        RecordBuffer records, int length, RecordKind kind, long at, out long place) where TRecord : unmanaged
    {
        var bytes = records.Append(length, out place);
        Records.As<TRecord>(bytes) = default;
        ref var header = ref Records.As<RecordHeader>(bytes);
        header.Length = (ushort)length;
        header.Kind = kind;
        header.Sequence = Sequence + 1;
        header.AtMicros = Math.Max(at, earliestMicros);
        return bytes;
    }

    // The number callers see.
    private long Shown(in RecordHeader header) =>
        channels is null ? header.Sequence : HybridTime.Of(header.AtMicros, channels.Membership.Number);

    private TransferOutcome AnswerAgain(in Transfer transfer, ReadOnlySpan<byte> record)
    {
        var earlier = Describe(record);
        return earlier.Transfer == transfer
            ? new TransferOutcome(earlier.Rejection, Replayed: true, earlier.Sequence)
            : new TransferOutcome(Rejection.TransactionIdReused, Replayed: false, 0);
    }
}
