using System.Text;

namespace OrleansWallet.Ledger.Tests;

public sealed class AccountSearchTests
{
    private const int Accounts = 1_000;
    private readonly AccountDirectory directory = new(directories: 64);

    public AccountSearchTests()
    {
        for (var number = 0; number < Accounts; number++)
            Assert.Equal(number, directory.Add(Encoding.ASCII.GetBytes($"account-{number}")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(500)]
    public void Many_are_found_as_each_by_itself(int count)
    {
        // Every third payee isn't there.
        var commands = Enumerable.Range(0, count).Select(i => new TransferCommand(
            new Transfer(
                Command.IdOf(i), AccountId.Parse($"account-{i * 7 % Accounts}"),
                AccountId.Parse(i % 3 == 0 ? $"nobody-{i}" : $"account-{i * 3 + 1}"),
                new Money(1, Currency.Parse("USD"))), -2, -2)).ToArray();

        directory.FindMany(commands);

        for (var i = 0; i < count; i++)
        {
            Assert.Equal(i * 7 % Accounts, commands[i].FromNumber);
            Assert.Equal(i % 3 == 0 ? -1 : i * 3 + 1 < Accounts ? i * 3 + 1 : -1, commands[i].ToNumber);
        }
    }

    [Fact]
    public void An_account_in_a_directory_that_is_not_here_is_not_found()
    {
        var search = default(AccountSearch);
        search.Begin(null, AccountId.Parse("account-1"));
        search.FindSlot();
        search.FindEntry();

        Assert.Equal(-1, search.End(AccountId.Parse("account-1")));
    }

    [Fact]
    public void A_search_that_was_begun_before_the_table_grew_finds_what_was_there()
    {
        var search = default(AccountSearch);
        search.Begin(directory, AccountId.Parse("account-17"));
        for (var number = Accounts; number < 5 * Accounts; number++)
            directory.Add(Encoding.ASCII.GetBytes($"account-{number}"));
        search.FindSlot();
        search.FindEntry();

        Assert.Equal(17, search.End(AccountId.Parse("account-17")));
        Assert.True(directory.TryFind(AccountId.Parse("account-4999"), out var last));
        Assert.Equal(4_999, last);
    }

    [Fact]
    public void A_slot_left_over_from_another_search_is_not_taken_for_one()
    {
        var searches = default(AccountSearches);
        searches.Payer(5).Begin(directory, AccountId.Parse("account-5"));
        Assert.Equal(5, searches.Payer(5).End(AccountId.Parse("account-5")));
        // The same place, 32 transfers later.
        searches.Payer(37).Begin(null, AccountId.Parse("account-5"));

        Assert.Equal(-1, searches.Payer(37).End(AccountId.Parse("account-5")));
    }
}
