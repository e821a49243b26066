using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Storage.Tests.Support;

// The seed is the same on every run, so that a red build is red again; STORAGE_TESTS_SEED=<number> tries others.
internal static class Properties
{
    private static readonly ulong Seed = ulong.Parse(
        Environment.GetEnvironmentVariable("STORAGE_TESTS_SEED") ?? "20260119", CultureInfo.InvariantCulture);

    public static void Hold<T>(Arbitrary<T> values, Action<T> holds, int tests = 100) =>
        Prop.ForAll(values, holds)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(Seed, 0x9E3779B97F4A7C15));
}
