using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>One thing done to a ledger by its caller, or by whoever pulls its plug.</summary>
internal abstract record LedgerStep
{
    /// <summary>Sends these together; ids are few, so that some are used again.</summary>
    public sealed record Send(Sending[] All) : LedgerStep
    {
        public override string ToString() => $"Send({string.Join(", ", All)})";
    }

    public sealed record Open(int Account) : LedgerStep;

    public sealed record Freeze(int Account, bool Frozen) : LedgerStep;

    /// <summary>Reads an account as it was after that share, in per mille, of all events.</summary>
    public sealed record Look(int Account, int PerMille) : LedgerStep;

    /// <summary>Stops in order and starts again.</summary>
    public sealed record Close : LedgerStep;

    /// <summary>Ends it in the middle; of what was not synced, that is kept, and starts again.</summary>
    public sealed record Crash(int Kept) : LedgerStep;

    /// <summary>One transfer; account -1 is the treasury.</summary>
    public readonly record struct Sending(int Id, int From, int To, int Cents);

    private static readonly Gen<Sending> One =
        from id in Gen.Choose(1, 400)
        from accounts in Gen.Two(Gen.Choose(-1, 5))
        from cents in Gen.Frequency((6, Gen.Choose(1, 100)), (1, Gen.Choose(1, 5_000)))
        select new Sending(id, accounts.Item1, accounts.Item2, cents);

    private static readonly Gen<LedgerStep> Any = Gen.Frequency(
        (8, Gen.Select(One, one => (LedgerStep)new Send([one]))),
        (4, Gen.Select(Gen.Choose(2, 24).SelectMany(count => One.ArrayOf(count)), all => (LedgerStep)new Send(all))),
        (2, Gen.Select(Gen.Choose(0, 5), account => (LedgerStep)new Open(account))),
        (1, Gen.Select(Gen.Choose(0, 5), account => (LedgerStep)new Freeze(account, account % 2 == 0))),
        (1, Gen.Select(Gen.Choose(0, 5), account => (LedgerStep)new Freeze(account, false))),
        (3, Gen.Select(Gen.Two(Gen.Choose(0, 1000)), at => (LedgerStep)new Look(at.Item1 % 6, at.Item2))),
        (1, Gen.Constant((LedgerStep)new Close())),
        (1, Gen.Select(Gen.Choose(0, 9), kept => (LedgerStep)new Crash(kept))));

    /// <summary>Scripts of some dozen steps; a failing one is made smaller by leaving out ever smaller parts.</summary>
    public static Arbitrary<LedgerStep[]> Scripts { get; } = Arb.From(Gen.Choose(1, 80).SelectMany(count => Any.ArrayOf(count)), Smaller);

    private static IEnumerable<LedgerStep[]> Smaller(LedgerStep[] script)
    {
        for (var part = script.Length; part > 0; part /= 2)
            for (var at = 0; at + part <= script.Length; at += part)
                yield return [.. script[..at], .. script[(at + part)..]];
        for (var i = 0; i < script.Length; i++)
            if (script[i] is Send { All.Length: > 1 } send)
                foreach (var half in new[] { send.All[..(send.All.Length / 2)], send.All[(send.All.Length / 2)..] })
                    yield return [.. script[..i], new Send(half), .. script[(i + 1)..]];
    }
}
