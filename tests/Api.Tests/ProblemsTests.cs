using System.Diagnostics;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api.Tests;

public sealed class ProblemsTests
{
    [Theory]
    [InlineData(Rejection.SameAccount, 422, "same_account")]
    [InlineData(Rejection.AccountNotFound, 422, "account_not_found")]
    [InlineData(Rejection.AccountFrozen, 422, "account_frozen")]
    [InlineData(Rejection.CurrencyMismatch, 422, "currency_mismatch")]
    [InlineData(Rejection.InsufficientFunds, 422, "insufficient_funds")]
    [InlineData(Rejection.BalanceOverflow, 422, "balance_overflow")]
    [InlineData(Rejection.TransactionIdReused, 409, "transaction_id_reused")]
    [InlineData(Rejection.AccountExists, 409, "account_exists")]
    [InlineData(Rejection.ReservedAccountId, 400, "invalid_request", "account_id")]
    [InlineData(Rejection.InTheFuture, 400, "invalid_request", "at")]
    [InlineData(Rejection.BadCursor, 400, "invalid_request", "cursor")]
    [InlineData(Rejection.Overloaded, 429, "overloaded")]
    [InlineData(Rejection.Unavailable, 503, "unavailable")]
    public void Each_rejection_has_its_status_and_code(
        Rejection rejection, int status, string code, params string[] faults)
    {
        var problem = Problems.For(rejection);
        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.Equal(status is 429 or 503, problem.RetryAfterSeconds is > 0);
        Assert.Equal(faults, problem.Errors?.Keys ?? []);
        Assert.Equal(code, Problems.CodeOf(rejection));
    }

    [Fact]
    public void No_rejection_is_left_without_a_problem()
    {
        foreach (var rejection in Enum.GetValues<Rejection>().Where(one => one != Rejection.None))
        {
            var problem = Problems.For(rejection);
            Assert.EndsWith(".", problem.Title);
            Assert.EndsWith(".", problem.Detail);
            Assert.Equal(rejection.IsFinal(), problem.Status == 422);
        }
        Assert.Throws<UnreachableException>(() => Problems.For(Rejection.None));
        Assert.Throws<UnreachableException>(() => Problems.For((Rejection)99));
    }

    [Fact]
    public void An_account_that_is_not_there_is_not_found()
    {
        var (plain, settlement) = (AccountId.Parse("alice"), AccountId.Parse("settlement:XXX"));
        Assert.Equal((404, "not_found"), Parts(Problems.ForAccount(Rejection.AccountNotFound, plain)));
        Assert.Contains("open it first", Problems.ForAccount(Rejection.AccountNotFound, plain).Detail);
        Assert.Equal((404, "not_found"), Parts(Problems.ForAccount(Rejection.AccountNotFound, settlement)));
        Assert.DoesNotContain("open", Problems.ForAccount(Rejection.AccountNotFound, settlement).Detail);
        Assert.Equal((409, "account_exists"), Parts(Problems.ForAccount(Rejection.AccountExists, plain)));
        static (int, string) Parts(Problem problem) => (problem.Status, problem.Code);
    }
}
