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

    private const int ShardBits = 10;
    private const int ShardSlotsMin = 8;
    private const int ChunkUnitBits = 17;
    private const int UnitBytes = 8;
    private const int ChunkBytes = UnitBytes << ChunkUnitBits;
    private const int NumbersPerChunkBits = 14;
    private const int EntryHeaderBytes = 5;
    private const int PrefetchDistance = 8;

    // What every shard is until something is added to it: many directories may lie in one process.
    private static readonly ulong[] EmptyShard = new ulong[1];

    private readonly ulong[][] shards = new ulong[1 << ShardBits][];
    private readonly int[] shardCounts = new int[1 << ShardBits];
    private byte[][] idChunks = [];
    private uint[][] placeChunks = [];
    // Units used so far; unit 0 is left free, so that a slot of 0 is an empty one.
    private uint unitsUsed = 1;

    /// <summary>A directory with no accounts.</summary>
    public AccountDirectory()
    {
        Array.Fill(shards, EmptyShard);
    }

    /// <summary>How many accounts there are; the next one gets this number.</summary>
    public int Count { get; private set; }

    /// <summary>Finds an account's number. Any thread.</summary>
    public bool TryFind(AccountId id, out int number) => Find(id.Value, HashOf(id.Value), out number);

    /// <summary>The same with the id's hash (<see cref="HashOf(AccountId)"/>), which may have been asked for.</summary>
    public bool TryFind(AccountId id, uint hash, out int number) => Find(id.Value, hash, out number);

    /// <summary>The hash by which every directory of this process finds an id.</summary>
    public static uint HashOf(AccountId id) => HashOf(id.Value);

    /// <summary>
    /// Fills in the numbers of both accounts of many transfers. Any thread. It does what
    /// <see cref="TryFind(AccountId, out int)"/> does, but asks the processor for the memory of later ones while it
    /// looks at earlier ones: among a million accounts each look-up would wait for memory three times.
    /// </summary>
    public void FindMany(Span<TransferCommand> commands)
    {
        // Three steps behind each other: the ids' text, the table's slots, the ids stored.
        Span<(uint From, uint To)> hashes = stackalloc (uint, uint)[4 * PrefetchDistance];
        for (var i = 0; i < commands.Length + 3 * PrefetchDistance; i++)
        {
            if (i < commands.Length)
            {
                PrefetchText(commands[i].Transfer.From);
                PrefetchText(commands[i].Transfer.To);
            }
            if (i - PrefetchDistance is >= 0 and var second && second < commands.Length)
            {
                ref readonly var command = ref commands[second];
                var hash = (HashOf(command.Transfer.From.Value), HashOf(command.Transfer.To.Value));
                hashes[second % hashes.Length] = hash;
                PrefetchSlot(hash.Item1);
                PrefetchSlot(hash.Item2);
            }
            if (i - 2 * PrefetchDistance is >= 0 and var third && third < commands.Length)
            {
                PrefetchEntry(hashes[third % hashes.Length].From);
                PrefetchEntry(hashes[third % hashes.Length].To);
            }
            if (i - 3 * PrefetchDistance is >= 0 and var last)
            {
                var transfer = commands[last].Transfer;
                var (fromHash, toHash) = hashes[last % hashes.Length];
                Find(transfer.From.Value, fromHash, out var from);
                Find(transfer.To.Value, toHash, out var to);
                commands[last] = new TransferCommand(transfer, from, to);
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

    private bool Find(string text, uint hash, out int number)
    {
        var shard = Volatile.Read(ref shards[hash >> (32 - ShardBits)]);
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

    private static unsafe void PrefetchText(AccountId id)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref MemoryMarshal.GetReference(id.Value.AsSpan())));
    }

    /// <summary>Asks the processor for the table's slot of an id that is looked for soon. Any thread.</summary>
    public unsafe void PrefetchSlot(uint hash)
    {
        if (!Sse.IsSupported) return;
        var shard = Volatile.Read(ref shards[hash >> (32 - ShardBits)]);
        Sse.Prefetch0(Unsafe.AsPointer(ref shard[hash & ((uint)shard.Length - 1)]));
    }

    /// <summary>Asks for the stored id that the slot points to, once the slot is there. Any thread.</summary>
    public unsafe void PrefetchEntry(uint hash)
    {
        if (!Sse.IsSupported) return;
        var shard = Volatile.Read(ref shards[hash >> (32 - ShardBits)]);
        var slot = Volatile.Read(ref shard[hash & ((uint)shard.Length - 1)]);
        if (slot != 0) Sse.Prefetch0(Unsafe.AsPointer(ref MemoryMarshal.GetReference(EntryAt((uint)slot))));
    }

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
        var which = hash >> (32 - ShardBits);
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
