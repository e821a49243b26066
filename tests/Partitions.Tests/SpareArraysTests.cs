using OrleansWallet.Partitions.Ids;

namespace OrleansWallet.Partitions.Tests;

/// <summary>What was given back comes again, as zeros, and no more of it is kept than may be.</summary>
public sealed class SpareArraysTests
{
    private const int Length = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Length, true)]
    [InlineData(Length - 1, true)]
    [InlineData(Length / 2, true)]
    [InlineData(Length / 2 - 1, false)]
    [InlineData(Length + 1, false)]
    public async Task An_array_comes_again_for_as_many_elements_or_for_half_as_many(int wanted, bool isThatOne)
    {
        var spare = new SpareArrays<long>(Length * sizeof(long));
        var given = spare.Take(Length);
        Array.Fill(given, 1);
        spare.Give(given);
        await CountAsync(spare, 1);

        var taken = spare.Take(wanted);
        Assert.Equal(isThatOne, ReferenceEquals(given, taken));
        Assert.True(taken.Length >= wanted);
        Assert.Equal(-1, taken.AsSpan().IndexOfAnyExcept(0L));
        Assert.NotSame(given, isThatOne ? spare.Take(Length) : taken);
    }

    [Fact]
    public async Task What_is_over_the_limit_is_not_kept()
    {
        var spare = new SpareArrays<long>(2 * Length * sizeof(long));
        long[][] given = [spare.Take(Length), spare.Take(Length), spare.Take(Length)];
        foreach (var array in given) spare.Give(array);
        await CountAsync(spare, 2);
        long[][] taken = [spare.Take(Length), spare.Take(Length), spare.Take(Length)];
        Assert.Equal(2, taken.Intersect(given).Count());

        spare.Give(taken[0]);
        await CountAsync(spare, 1);
        Assert.Same(taken[0], spare.Take(Length));
    }

    private static async Task CountAsync(SpareArrays<long> spare, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (spare.Count != count) await Task.Delay(1, patience.Token);
    }
}
