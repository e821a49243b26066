using System.Text;

namespace OrleansWallet.Ledger.Tests;

public sealed class AccountDirectoryTests
{
    private const int Many = 200_000;
    private static readonly Lazy<AccountId[]> Ids = new(() => RandomIds(Many));

    [Fact]
    public void An_empty_directory_finds_nothing()
    {
        var directory = new AccountDirectory();

        Assert.Equal(0, directory.Count);
        Assert.False(directory.TryFind(AccountId.Parse("alice"), out var number));
        Assert.Equal(-1, number);
        Assert.False(directory.TryFind(default, out _));
    }

    // 200,000 ids fill several chunks of 1 MiB, and every shard grows many times.
    [Fact]
    public void Of_many_ids_each_is_found_by_its_number_and_each_number_by_its_id()
    {
        var directory = new AccountDirectory();
        for (var i = 0; i < Many; i++) Assert.Equal(i, Add(directory, Ids.Value[i]));

        Assert.Equal(Many, directory.Count);
        for (var i = 0; i < Many; i++)
        {
            Assert.True(directory.TryFind(Ids.Value[i], out var number));
            Assert.Equal(i, number);
            Assert.Equal(Ids.Value[i], directory.IdOf(i));
            Assert.True(Ascii.Equals(directory.TextOf(i), Ids.Value[i].Value));
        }
    }

    [Fact]
    public void An_id_that_was_not_added_is_not_found_however_near_it_is()
    {
        var directory = new AccountDirectory();
        foreach (var id in Ids.Value.AsSpan(0, Many / 2)) Add(directory, id);

        foreach (var id in Ids.Value.AsSpan(Many / 2)) Assert.False(directory.TryFind(id, out _));
        var added = Ids.Value.Take(Many / 2).ToHashSet();
        foreach (var id in Ids.Value.Take(10_000))
        {
            foreach (var text in new[] { id.Value + "x", id.Value[..^1], id.Value.ToUpperInvariant() })
                if (AccountId.TryParse(text, out var near))
                    Assert.Equal(added.Contains(near), directory.TryFind(near, out _));
        }
    }

    [Fact]
    public void Ids_of_every_length_are_kept_whole()
    {
        var directory = new AccountDirectory();
        var ids = Enumerable.Range(1, AccountId.LengthMax)
            .SelectMany(length => "abc".Select(c => AccountId.Parse(new string(c, length)))).ToList();
        foreach (var id in ids) Add(directory, id);

        Assert.Equal(ids, Enumerable.Range(0, ids.Count).Select(directory.IdOf));
        Assert.All(ids, (id, at) => Assert.True(directory.TryFind(id, out var number) && number == at));
    }

    // Ids lie in units of 8 bytes and none may cross the end of a chunk of 1 MiB; the longest take 9 units, so nine
    // beginnings of different length meet that end in every way there is.
    [Fact]
    public void No_id_is_torn_where_a_chunk_ends()
    {
        for (var shift = 0; shift < 9; shift++)
        {
            var directory = new AccountDirectory();
            for (var i = 0; i < shift; i++) Add(directory, AccountId.Parse($"{i}"));
            for (var i = 0; i < 15_000; i++) directory.Add(LongId(i));

            for (var i = 14_000; i < 15_000; i++)
            {
                Assert.True(directory.TextOf(shift + i).SequenceEqual(LongId(i)));
                Assert.True(directory.TryFind(directory.IdOf(shift + i), out var number) && number == shift + i);
            }
        }

        static byte[] LongId(int i) => Encoding.ASCII.GetBytes($"{i:D6}" + new string('z', 58));
    }

    [Fact]
    public Task Readers_on_other_threads_see_every_id_announced_and_never_a_wrong_number() =>
        AddWhileReading(Ids.Value);

    // The directory is split by the highest bits of the process's own string hash, so that a part of it grows seldom.
    // These ids all fall into one part: it grows again and again while the readers look into nothing else.
    [Fact]
    public async Task Readers_see_every_id_announced_while_the_part_that_holds_it_grows()
    {
        var ids = Enumerable.Range(0, 1_500_000).Select(i => $"id-{i}")
            .Where(text => (uint)string.GetHashCode(text) >> 22 == 0).Select(AccountId.Parse).ToArray();
        Assert.InRange(ids.Length, 1_000, 2_000);

        for (var round = 0; round < 50; round++) await AddWhileReading(ids);
    }

    private static async Task AddWhileReading(AccountId[] ids)
    {
        var directory = new AccountDirectory();
        var announced = 0;
        var failed = 0;
        using var reading = new Barrier(3);
        var readers = Enumerable.Range(0, 2).Select(seed => Task.Run(() => Read(seed))).ToArray();
        reading.SignalAndWait();

        foreach (var id in ids)
        {
            Add(directory, id);
            Volatile.Write(ref announced, directory.Count);
            if (Volatile.Read(ref failed) != 0) break;
        }
        await Task.WhenAll(readers);

        void Read(int seed)
        {
            try
            {
                reading.SignalAndWait();
                var random = new Random(seed);
                for (var known = -1; known < ids.Length && Volatile.Read(ref failed) == 0;)
                {
                    known = Volatile.Read(ref announced);
                    LookUp(random, known);
                }
            }
            finally
            {
                if (Volatile.Read(ref announced) < ids.Length) Volatile.Write(ref failed, 1);
            }
        }

        // Often one of the newest, else any: also one that may not be there yet.
        void LookUp(Random random, int known)
        {
            var at = random.Next(4) != 0 ? Math.Max(0, known - 1 - random.Next(8)) : random.Next(ids.Length);
            var found = directory.TryFind(ids[at], out var number);
            if (!found && at < known) Assert.Fail($"Id {at} of {known} announced was not found.");
            if (found && number != at) Assert.Fail($"Id {at} was found as {number}.");
            if (found && !Ascii.Equals(directory.TextOf(at), ids[at].Value)) Assert.Fail($"Id {at} was torn.");
        }
    }

    private static int Add(AccountDirectory directory, AccountId id) =>
        directory.Add(Encoding.ASCII.GetBytes(id.Value));

    // Of all lengths, short ones and long ones more often; many share a long beginning.
    private static AccountId[] RandomIds(int count)
    {
        const string characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
        var random = new Random(20260117);
        var ids = new HashSet<AccountId>(count);
        foreach (var one in characters) ids.Add(AccountId.Parse(one.ToString()));
        while (ids.Count < count)
        {
            var length = random.Next(4) == 0 ? AccountId.LengthMax : random.Next(1, AccountId.LengthMax + 1);
            var text = new string(random.GetItems<char>(characters, length));
            if (length > 40 && random.Next(2) == 0) text = new string('s', length - 6) + text[^6..];
            ids.Add(AccountId.Parse(text));
        }
        return [.. ids];
    }
}
