using System.Buffers.Binary;
using System.Globalization;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>Rows that tests write, and how they compare what they read.</summary>
internal static class Rows
{
    public static string Id(int number) => new Guid(number, 0, 0, new byte[8]).ToString("D");

    public static string KeyOf(StateKind kind, int number) => kind is StateKind.Account
        ? string.Create(CultureInfo.InvariantCulture, $"account/{number}") : Id(number);

    public static StoredState Of(string key, long version, long number = 0, params byte[] pending)
    {
        var state = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(state, number);
        return new StoredState(key, version, state, pending);
    }

    public static long NumberOf(StoredState? row) => row is null
        ? 0 : BinaryPrimitives.ReadInt64LittleEndian(row.State.Span);

    public static void AssertSame(StoredState expected, StoredState? found)
    {
        Assert.NotNull(found);
        Assert.Equal((expected.Key, expected.Version), (found.Key, found.Version));
        Assert.Equal(expected.State.ToArray(), found.State.ToArray());
        Assert.Equal(expected.Pending.ToArray(), found.Pending.ToArray());
    }
}
