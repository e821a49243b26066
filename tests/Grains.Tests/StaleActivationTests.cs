using Orleans.Transactions;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests;

/// <summary>
/// While silos go and come, a grain may have two activations for a moment, and a message of the commit protocol may
/// reach the one that has loaded its row before the transaction. It answers for a grain that never heard of it. Here
/// its answer is given in the other's place; the money must not notice.
/// </summary>
public sealed class StaleActivationTests(FaultyCluster faulty) : IClassFixture<FaultyCluster>
{
    private const long Start = 100;
    private static readonly TimeSpan PingComes = TimeSpan.FromSeconds(12);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_confirmation_that_a_stale_activation_took_costs_no_money(bool isPayee)
    {
        var accounts = await Ids.FundAsync(faulty.Cluster.Wallet, 2, Start);
        var transfer = Ids.Transfer(accounts[0], accounts[1], 60);
        // "Must have been confirmed already", says who doesn't know the transaction. The manager forgets it then.
        var taken = faulty.Calls.InsteadOf(
            accounts[isPayee ? 1 : 0].Value, nameof(ITransactionalResourceExtension.Confirm), _ => Task.CompletedTask);
        await CheckAsync(accounts, transfer, taken);
    }

    [Fact]
    public async Task A_manager_commits_nothing_that_its_stale_activation_said_was_aborted()
    {
        var accounts = await Ids.FundAsync(faulty.Cluster.Wallet, 2, Start);
        var transfer = Ids.Transfer(accounts[0], accounts[1], 60);
        var key = transfer.Id.ToString();
        // The manager is about to write its commit when a participant asks; another activation of it answers.
        var answered = faulty.Calls.InsteadOf(key, nameof(ITransactionManagerExtension.Ping), async context =>
        {
            var (id, time, participant) = (
                context.Request.GetArgument(1), context.Request.GetArgument(2), context.Request.GetArgument(3));
            var resource = (ParticipantId)(participant ?? throw new InvalidOperationException("Who asks?"));
            await resource.Reference.AsReference<ITransactionalResourceExtension>().Cancel(
                resource.Name, (Guid)(id ?? Guid.Empty), (DateTime)(time ?? DateTime.MinValue),
                TransactionalStatus.PresumedAbort);
        });
        faulty.Store.PlanStores([key], new FaultPlan(1, FaultMode.Late) { Gate = answered });
        await CheckAsync(accounts, transfer, answered);
    }

    private async Task CheckAsync(AccountId[] accounts, Transfer transfer, Task happened)
    {
        var answered = new Answered(accounts, Start);
        answered.Add(transfer, await faulty.Cluster.Wallet.TransferAsync(transfer));
        await happened.WaitAsync(PingComes);
        // Who was not confirmed asks the manager after two seconds.
        await Task.Delay(TimeSpan.FromSeconds(4));
        await answered.SettleAsync(faulty.Cluster.Wallet);
        Assert.Equal(Rejection.None, answered.OutcomeOf(transfer.Id).Rejection);
        await answered.CheckAsync(faulty.Cluster.Wallet);
    }
}
