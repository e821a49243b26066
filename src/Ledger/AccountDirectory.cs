using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace OrleansWallet.Ledger;

/// <summary>
/// From account ids to numbers and back. Accounts are numbered in the order of their opening and never leave, so any
/// thread may read while one thread adds: what is found stays true.
/// </summary>
/// <remarks>
/// The ids lie in chunks of ASCII; a hash table over them, split in shards so that no addition moves more than one
/// shard, holds 8 bytes a slot: 32 bits of hash, 32 of where the id lies. The hash is .NET's string hash, seeded anew
/// in each process, so nobody can choose ids that collide; nothing stored depends on it.
/// </remarks>
public sealed class AccountDirectory
{
    /// <summary>How many accounts there can be.</summary>
    public const int AccountsMax = 1 << 28;

    private const int ShardBitsOfAll = 10;
    private const int ShardBitsMin = 2;
    private const int ShardSlotsMin = 8;
    private const int ChunkUnitBits = 17;
    private const int UnitBytes = 8;
    private const int ChunkBytes = UnitBytes << ChunkUnitBits;
    private const int NumbersPerChunkBits = 14;
    private const int EntryHeaderBytes = 5;

    // What every shard is until something is added to it: many directories may lie in one process.
    private static readonly ulong[] EmptyShard = new ulong[1];

    private readonly int shardShift;
    private readonly ulong[][] shards;
    private readonly int[] shardCounts;
    private byte[][] idChunks = [];
    private uint[][] placeChunks = [];
    // Units used so far; unit 0 is left free, so that a slot of 0 is an empty one.
    private uint unitsUsed = 1;

    /// <summary>
    /// A directory with no accounts, one of so many that share them: the more there are, the fewer shards each needs,
    /// and the fewer the processor has to keep at hand.
    /// </summary>
    public AccountDirectory(int directories = 1)
    {
        var shardBits = Math.Max(ShardBitsOfAll - BitOperations.Log2((uint)directories), ShardBitsMin);
        shardShift = 32 - shardBits;
        shards = new ulong[1 << shardBits][];
        shardCounts = new int[1 << shardBits];
        Array.Fill(shards, EmptyShard);
    }

    /// <summary>How many accounts there are; the next one gets this number.</summary>
    public int Count { get; private set; }

    /// <summary>Finds an account's number. Any thread.</summary>
    public bool TryFind(AccountId id, out int number)
    {
        var hash = HashOf(id.Value);
        return Find(Volatile.Read(ref shards[hash >> shardShift]), id.Value, hash, out number);
    }

    /// <summary>
    /// Fills in the numbers of both accounts of many transfers. Any thread. It does what
    /// <see cref="TryFind(AccountId, out int)"/> does, but asks the processor for the memory of later ones while it
    /// looks at earlier ones: among a million accounts each look-up would wait for memory four times.
    /// </summary>
    public void FindMany(Span<TransferCommand> commands)
    {
        const int distance = AccountSearches.Distance;
        var searches = default(AccountSearches);
        for (var i = -distance; i < commands.Length + 3 * distance; i++)
        {
            if (i + distance < commands.Length)
            {
                AccountSearch.PrefetchText(commands[i + distance].Transfer.From);
                AccountSearch.PrefetchText(commands[i + distance].Transfer.To);
            }
            if (i >= 0 && i < commands.Length)
            {
                ref readonly var command = ref commands[i];
                searches.Payer(i).Begin(this, command.Transfer.From);
                searches.Payee(i).Begin(this, command.Transfer.To);
            }
            searches.GoOn(i, commands.Length);
            if (i - 3 * distance is >= 0 and var last)
            {
                var transfer = commands[last].Transfer;
                commands[last] = new TransferCommand(
                    transfer, searches.Payer(last).End(transfer.From), searches.Payee(last).End(transfer.To));
            }
        }
    }

    /// <summary>The id of an account. Any thread.</summary>
    public AccountId IdOf(int number) => AccountId.Parse(Encoding.ASCII.GetString(TextOf(number)));

    /// <summary>The id of an account as ASCII. Any thread.</summary>
    public ReadOnlySpan<byte> TextOf(int number)
    {
        var places = Volatile.Read(ref placeChunks)[number >> NumbersPerChunkBits];
        var entry = EntryAt(places[number & ((1 << NumbersPerChunkBits) - 1)]);
        return entry.Slice(EntryHeaderBytes, entry[4]);
    }

    /// <summary>Adds an id that is not there and returns its number. One thread.</summary>
    public int Add(ReadOnlySpan<byte> id)
    {
        if (Count == AccountsMax) throw new InvalidOperationException($"There are {AccountsMax} accounts already.");
        var number = Count;
        var unit = Store(id, number);
        if (number >> NumbersPerChunkBits == placeChunks.Length)
            Volatile.Write(ref placeChunks, [.. placeChunks, Uncleared<uint>(1 << NumbersPerChunkBits)]);
        placeChunks[number >> NumbersPerChunkBits][number & ((1 << NumbersPerChunkBits) - 1)] = unit;
        Count = number + 1;

        Span<char> text = stackalloc char[AccountId.LengthMax];
        Encoding.ASCII.GetChars(id, text);
        Insert(HashOf(text[..id.Length]), unit);
        return number;
    }

    private bool Find(ulong[] shard, string text, uint hash, out int number)
    {
        var mask = (uint)shard.Length - 1;
        for (var i = hash & mask; ; i = (i + 1) & mask)
        {
            var slot = Volatile.Read(ref shard[i]);
            if (slot == 0)
            {
                number = -1;
                return false;
            }
            if ((uint)(slot >> 32) == hash && Matches((uint)slot, text, out number)) return true;
        }
    }

    private static uint HashOf(ReadOnlySpan<char> text) => (uint)string.GetHashCode(text);

    /// <summary>Begins a search: the id's hash, and the shard it would be in, whose beginning is asked for.</summary>
    internal unsafe (uint Hash, ulong[] Shard) BeginSearch(AccountId id)
    {
        var hash = HashOf(id.Value);
        var shard = Volatile.Read(ref shards[hash >> shardShift]);
        // Its length, which tells the slot.
        if (Sse.IsSupported) Sse.Prefetch0(*(void**)Unsafe.AsPointer(ref shard));
        return (hash, shard);
    }

    /// <summary>Asks for the slot that the hash points to.</summary>
    internal static unsafe void PrefetchSlot(ulong[] shard, uint hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref shard[hash & ((uint)shard.Length - 1)]));
    }

    /// <summary>Asks for the stored id that the slot points to.</summary>
    internal unsafe void PrefetchEntry(ulong[] shard, uint hash)
    {
        if (!Sse.IsSupported) return;
        var slot = Volatile.Read(ref shard[hash & ((uint)shard.Length - 1)]);
        if (slot != 0) Sse.Prefetch0(Unsafe.AsPointer(ref MemoryMarshal.GetReference(EntryAt((uint)slot))));
    }

    /// <summary>Ends a search: the account's number, or -1.</summary>
    internal int EndSearch(ulong[] shard, uint hash, AccountId id) =>
        Find(shard, id.Value, hash, out var number) ? number : -1;

    private ReadOnlySpan<byte> EntryAt(uint unit) =>
        Volatile.Read(ref idChunks)[unit >> ChunkUnitBits]
            .AsSpan((int)(unit & ((1 << ChunkUnitBits) - 1)) * UnitBytes);

    private bool Matches(uint unit, string text, out int number)
    {
        var entry = EntryAt(unit);
        number = Unsafe.ReadUnaligned<int>(in entry[0]);
        return entry[4] == text.Length && Ascii.Equals(entry.Slice(EntryHeaderBytes, text.Length), text);
    }

    // An entry is the account's number, its id's length, the id, padded to whole units; none crosses a chunk.
    private uint Store(ReadOnlySpan<byte> id, int number)
    {
        var units = (uint)(EntryHeaderBytes + id.Length + UnitBytes - 1) / UnitBytes;
        const uint unitsPerChunk = 1u << ChunkUnitBits;
        if (unitsUsed % unitsPerChunk + units > unitsPerChunk)
            unitsUsed = (unitsUsed / unitsPerChunk + 1) * unitsPerChunk;
        if (unitsUsed / unitsPerChunk == idChunks.Length)
            Volatile.Write(ref idChunks, [.. idChunks, Uncleared<byte>(ChunkBytes)]);

        var unit = unitsUsed;
        var entry = idChunks[unit >> ChunkUnitBits].AsSpan((int)(unit % unitsPerChunk) * UnitBytes);
        Unsafe.WriteUnaligned(ref entry[0], number);
        entry[4] = (byte)id.Length;
        id.CopyTo(entry[EntryHeaderBytes..]);
        unitsUsed += units;
        return unit;
    }

    // Memory that no account needs yet is never touched; each place is written before it is read.
    private static T[] Uncleared<T>(int length) where T : unmanaged => GC.AllocateUninitializedArray<T>(length);

    private void Insert(uint hash, uint unit)
    {
        var which = hash >> shardShift;
        var shard = shards[which];
        if ((shardCounts[which] + 1) * 4 > shard.Length * 3)
        {
            var larger = new ulong[Math.Max(shard.Length * 2, ShardSlotsMin)];
            foreach (var slot in shard)
                if (slot != 0) Place(larger, slot);
            shard = larger;
            Place(shard, ((ulong)hash << 32) | unit);
            // Published whole: a reader sees the old shard or the new one, each complete.
            Volatile.Write(ref shards[which], shard);
        }
        else
        {
            Place(shard, ((ulong)hash << 32) | unit);
        }
        shardCounts[which]++;
    }

    private static void Place(ulong[] shard, ulong slot)
    {
        var mask = (uint)shard.Length - 1;
        var i = (uint)(slot >> 32) & mask;
        while (shard[i] != 0) i = (i + 1) & mask;
        Volatile.Write(ref shard[i], slot);
    }
}
