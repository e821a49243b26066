using FsCheck;
using FsCheck.Fluent;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using OrleansWallet.Ledger.Tests;

namespace OrleansWallet.Grains.Tests;

/// <summary>A batch's chains: what shares an account or an id is one, in order, and nothing else is.</summary>
public sealed class BatchPlanTests
{
    private static readonly Arbitrary<Transfer[]> Batches = Arb.From(Gen.ArrayOf(
        from id in Gen.Choose(0, 60)
        from accounts in Gen.Two(Gen.Choose(0, 30))
        from settlement in Gen.Choose(0, 5)
        select Ids.Transfer(
            Command.IdOf(id), settlement == 0 ? Ids.SettlementUsd : Account(accounts.Item1),
            Account(accounts.Item2), 1)));

    [Fact]
    public void Every_transfer_is_in_one_chain_and_chains_keep_the_batchs_order() => Properties.Hold(Batches, batch =>
    {
        var chains = BatchPlan.Chains(batch);
        Assert.Equal(Enumerable.Range(0, batch.Length), chains.SelectMany(chain => chain).Order());
        Assert.All(chains, chain => Assert.Equal(chain.Order(), chain));
    });

    [Fact]
    public void Two_transfers_are_in_one_chain_just_if_a_way_of_shared_accounts_and_ids_leads_between_them() =>
        Properties.Hold(Batches, batch =>
        {
            var chainOf = new int[batch.Length];
            foreach (var (number, chain) in BatchPlan.Chains(batch).Index())
                foreach (var place in chain) chainOf[place] = number;
            // The plain way: what touches takes the lower number until nothing changes.
            var reached = Enumerable.Range(0, batch.Length).ToArray();
            for (var changed = true; changed;)
            {
                changed = false;
                for (var i = 0; i < batch.Length; i++)
                    for (var j = 0; j < batch.Length; j++)
                        if (reached[j] < reached[i] && Touch(batch[i], batch[j]))
                            (reached[i], changed) = (reached[j], true);
            }
            for (var i = 0; i < batch.Length; i++)
                for (var j = 0; j < i; j++)
                    Assert.Equal(reached[i] == reached[j], chainOf[i] == chainOf[j]);
        });

    private static bool Touch(Transfer one, Transfer other) =>
        one.Id == other.Id || OwnAccounts(one).Intersect(OwnAccounts(other)).Any();

    private static IEnumerable<AccountId> OwnAccounts(Transfer transfer) =>
        new[] { transfer.From, transfer.To }.Where(account => !account.IsSettlement);

    private static AccountId Account(int number) => AccountId.Parse($"a{number}");
}
