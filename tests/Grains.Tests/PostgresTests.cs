using OrleansWallet.Grains.Tests.Support;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>The suites that stand on the store's promises, on three silos over PostgreSQL.</summary>
public sealed class PostgresTests(PostgresCluster postgres, ITestOutputHelper output) : IClassFixture<PostgresCluster>
{
    [PostgresFact]
    public Task Transfers_in_both_directions_all_end_and_the_ledger_holds_to_the_answers() =>
        new HotAccountTests(postgres.Shared, output)
            .Transfers_in_both_directions_all_end_and_the_ledger_holds_to_the_answers(5, 48, 12);

    [PostgresFact]
    public Task A_hundred_equal_requests_move_money_once_and_are_answered_the_same() =>
        new SameIdTests(postgres.Shared, output)
            .A_hundred_equal_requests_move_money_once_and_are_answered_the_same();

    [PostgresFact]
    public Task Single_requests_and_batches_with_the_same_ids_at_once_move_each_once() =>
        new SameIdTests(postgres.Shared, output)
            .Single_requests_and_batches_with_the_same_ids_at_once_move_each_once();

    [PostgresFact]
    public Task Every_fresh_audit_sums_to_zero() =>
        new IsolationTests(postgres.Shared, output).Every_fresh_audit_sums_to_zero();

    [PostgresFact]
    public Task All_accounts_at_one_sequence_number_sum_to_the_same_and_do_so_later() =>
        new IsolationTests(postgres.Shared, output)
            .All_accounts_at_one_sequence_number_sum_to_the_same_and_do_so_later();

    [PostgresFact]
    public Task A_recorded_history_is_strictly_serializable() =>
        new SerializabilityTests(postgres.Shared, output).A_recorded_history_is_strictly_serializable();
}
