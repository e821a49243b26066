namespace OrleansWallet.Ledger.Tests;

public sealed class RejectionTests
{
    private static readonly Rejection[] Family = Enum.GetValues<Rejection>();

    // What is stored under these numbers was promised for ever. Add lines; never change one.
    private static readonly (string Name, int Number)[] Numbers =
    [
        ("None", 0),
        ("SameAccount", 1),
        ("AccountNotFound", 2),
        ("AccountFrozen", 3),
        ("CurrencyMismatch", 4),
        ("InsufficientFunds", 5),
        ("BalanceOverflow", 6),
        ("TransactionIdReused", 100),
        ("AccountExists", 101),
        ("ReservedAccountId", 102),
        ("InTheFuture", 103),
        ("BadCursor", 104),
        ("Overloaded", 110),
        ("Unavailable", 111),
    ];

    [Fact]
    public void The_numbers_are_those_promised() =>
        Assert.Equal(Numbers, Family.Select(rejection => (rejection.ToString(), (int)rejection)));

    [Fact]
    public void A_rejection_is_stored_in_one_byte() =>
        Assert.Equal(typeof(byte), Enum.GetUnderlyingType(typeof(Rejection)));

    [Fact]
    public void Exactly_the_refusals_of_an_understood_transfer_are_final() =>
        Assert.Equal(
            [
                Rejection.SameAccount, Rejection.AccountNotFound, Rejection.AccountFrozen, Rejection.CurrencyMismatch,
                Rejection.InsufficientFunds, Rejection.BalanceOverflow,
            ],
            Family.Where(rejection => rejection.IsFinal()));

    [Fact]
    public void Only_numbers_from_1_to_99_are_final()
    {
        for (var number = 0; number <= byte.MaxValue; number++)
            Assert.Equal(number is >= 1 and <= Rejections.StoredMax, ((Rejection)number).IsFinal());
    }

    [Fact]
    public void Of_two_answers_the_caller_hears_the_refusal_and_of_two_refusals_the_lower_number()
    {
        foreach (var one in Family)
        {
            foreach (var other in Family)
            {
                var refusals = new[] { one, other }.Where(answer => answer != Rejection.None).ToList();
                var expected = refusals.Count == 0 ? Rejection.None : refusals.Min();
                Assert.Equal(expected, Rejections.First(one, other));
            }
        }
    }
}
