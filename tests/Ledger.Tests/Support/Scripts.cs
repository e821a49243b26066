using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

// Random commands over few accounts, so that they meet: unknown and frozen accounts, wrong currencies, the same
// account twice, ids used again with the same or with other content, and amounts at the limits.
internal static class Scripts
{
    private static readonly string[] Accounts =
        ["alice", "alice", "bob", "bob", "carol", "yuki", "settlement:USD", "settlement:USD", "settlement:JPY", "no"];

    private static readonly string[] Currencies = ["USD", "USD", "USD", "JPY", "KWD"];

    private static readonly Gen<long> Amount = Gen.Frequency(
        (8, Gen.Choose(1, 100).Select(small => (long)small)),
        (1, Gen.Choose(0, 400).Select(less => Money.MinorUnitsMax - less)),
        (1, Gen.Choose(0, 3).Select(part => Money.MinorUnitsMax / 2 + part)));

    private static readonly Gen<Command> Send =
        from id in Gen.Choose(0, 400)
        from fromTo in Gen.Two(Gen.Elements(Accounts))
        from amount in Amount
        from currency in Gen.Elements(Currencies)
        select (Command)new Command.Send(id, fromTo.Item1, fromTo.Item2, amount, currency);

    private static readonly Gen<Command> Open =
        from account in Gen.Elements(["alice", "carol", "dave", "settlement:USD"])
        from currency in Gen.Elements(Currencies)
        select (Command)new Command.Open(account, currency);

    private static readonly Gen<Command> Freeze =
        from account in Gen.Elements(Accounts)
        from choice in Gen.Choose(0, 2)
        select (Command)new Command.Freeze(account, choice == 0);

    private static readonly Gen<Command> Any = Gen.Frequency((16, Send), (1, Open), (2, Freeze));

    public static readonly Arbitrary<Script> Few = Arb.From(
        Gen.ArrayOf(Gen.Zip(Any, Gen.Choose(0, 999))).Select(WithRepeats), Smaller);

    // One command in eight is an earlier one, sent again.
    private static Script WithRepeats((Command Step, int Chance)[] drawn)
    {
        var steps = new Command[drawn.Length];
        for (var i = 0; i < drawn.Length; i++)
            steps[i] = i > 0 && drawn[i].Chance < 125 ? steps[drawn[i].Chance % i] : drawn[i].Step;
        return new Script([.. Script.Beginning.Steps, .. steps]);
    }

    // Leaves out ever smaller parts behind the beginning.
    private static IEnumerable<Script> Smaller(Script script)
    {
        var kept = Script.Beginning.Steps.Length;
        for (var part = script.Steps.Length - kept; part > 0; part /= 2)
            for (var at = kept; at + part <= script.Steps.Length; at += part)
                yield return new Script([.. script.Steps[..at], .. script.Steps[(at + part)..]]);
    }
}
