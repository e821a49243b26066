using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

// A failed property throws with the shrunk value and the seed. The seed is the same on every run, so that a red build
// is red again; LEDGER_TESTS_SEED=<number> tries others.
internal static class Properties
{
    private static readonly ulong Seed = ulong.Parse(
        Environment.GetEnvironmentVariable("LEDGER_TESTS_SEED") ?? "20260117", CultureInfo.InvariantCulture);

    public static void Hold<T>(Arbitrary<T> values, Action<T> holds, int tests = 100) =>
        Prop.ForAll(values, holds)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(Seed, 0x9E3779B97F4A7C15));

    // FsCheck chooses int only; 93 random bits, brought into the range.
    public static Gen<long> Between(long low, long high) =>
        from a in Gen.Choose(0, int.MaxValue)
        from b in Gen.Choose(0, int.MaxValue)
        from c in Gen.Choose(0, int.MaxValue)
        select (long)(low + (Int128)((((UInt128)a << 62) | ((UInt128)b << 31) | (uint)c)
            % ((UInt128)((Int128)high - low) + 1)));
}
