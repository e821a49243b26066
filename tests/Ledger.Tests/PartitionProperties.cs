using System.Numerics;

namespace OrleansWallet.Ledger.Tests;

// What is true of a partition after any commands whatever.
public sealed class PartitionProperties
{
    [Fact]
    public void Every_answer_and_every_balance_is_that_of_the_reference_model() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var ledger = TestLedger.WithSettlement();
            var model = new ReferenceModel();

            Assert.Equal(script.Steps.Select(model.Run), ledger.Run(script, batchMax: 7));

            Assert.Equal(model.Sequence, ledger.Partition.Sequence);
            Assert.Equal(model.Purses.Count, ledger.Partition.Directory.Count);
            foreach (var (name, purse) in model.Purses)
            {
                var account = ledger.Partition.Accounts[ledger.NumberOf(name)].Account;
                Assert.Equal(
                    (purse.Balance, (long)purse.Version, purse.Frozen, purse.Currency),
                    (new BigInteger(account.Balance), account.Version, account.IsFrozen, account.Currency.Code));
            }
        }, tests: 300);

    [Fact]
    public void Random_commands_reach_every_outcome_there_is()
    {
        var seen = new HashSet<(Rejection, bool Replayed)>();
        var opened = new HashSet<(Rejection, bool)>();
        Properties.Hold(Scripts.Few, script =>
        {
            var model = new ReferenceModel();
            foreach (var step in script.Steps)
            {
                var answer = model.Run(step);
                (step is Command.Send ? seen : opened).Add((answer.Rejection, answer.Replayed));
            }
        }, tests: 1000);

        foreach (var rejection in Enum.GetValues<Rejection>().Where(r => r == Rejection.None || r.IsFinal()))
        {
            Assert.Contains((rejection, false), seen);
            Assert.Contains((rejection, true), seen);
        }
        Assert.Contains((Rejection.TransactionIdReused, false), seen);
        Assert.Contains((Rejection.AccountExists, true), opened);
        Assert.Contains((Rejection.ReservedAccountId, true), opened);
    }

    [Fact]
    public void The_balances_of_each_currency_sum_to_zero_and_only_settlement_is_below_zero() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var partition = TestLedger.After(script).Partition;
            var sums = new Dictionary<Currency, BigInteger>();
            for (var number = 0; number < partition.Accounts.Count; number++)
            {
                var account = partition.Accounts[number].Account;
                Assert.True(account.Balance >= 0 || account.IsSettlement);
                Assert.InRange(account.Balance, -Money.MinorUnitsMax, Money.MinorUnitsMax);
                sums[account.Currency] = sums.GetValueOrDefault(account.Currency) + account.Balance;
            }
            Assert.All(sums.Values, sum => Assert.Equal(BigInteger.Zero, sum));
            Assert.All(partition.Totals, total => Assert.Equal(0, total.MinorUnits));
        });

    [Fact]
    public void Sending_every_transfer_twice_changes_nothing_and_answers_with_the_same_sequence() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var ledger = TestLedger.WithSettlement();
            var first = ledger.Run(script);
            var (image, records) = (ledger.Image, ledger.Kept.Written.ToArray());
            ledger.NowMicros += 1_000_000;

            var sends = script.Steps.Zip(first).Where(pair => pair.First is Command.Send).ToList();
            var again = ledger.Run(new Script([.. sends.Select(pair => pair.First)]));

            Assert.Equal(again, sends.Select(pair => pair.Second.Rejection == Rejection.TransactionIdReused
                ? pair.Second
                : pair.Second with { Replayed = true }));
            Assert.Equal(image, ledger.Image);
            Assert.Equal(records, ledger.Kept.Written.ToArray());
        });

    [Fact]
    public void The_same_id_with_any_other_content_is_refused_and_changes_nothing() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var ledger = TestLedger.After(script);
            var (image, records) = (ledger.Image, ledger.Kept.Written.ToArray());
            var settled = script.Steps.OfType<Command.Send>().DistinctBy(send => send.Id);

            var others = settled.SelectMany<Command.Send, Command>(send =>
            [
                send with { Amount = send.Amount == 1 ? 2 : send.Amount - 1 },
                send with { From = send.From == "bob" ? "alice" : "bob" },
                send with { To = send.To == "nobody-at-all" ? "alice" : "nobody-at-all" },
                send with { Currency = send.Currency == "EUR" ? "USD" : "EUR" },
            ]);

            Assert.All(ledger.Run(new Script([.. others])), answer =>
                Assert.Equal(new TransferOutcome(Rejection.TransactionIdReused, false, 0), answer));
            Assert.Equal(image, ledger.Image);
            Assert.Equal(records, ledger.Kept.Written.ToArray());
        });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(32)]
    public void Where_a_batch_ends_makes_no_difference(int batchMax) =>
        Properties.Hold(Scripts.Few, script =>
        {
            var whole = TestLedger.WithSettlement();
            var split = TestLedger.WithSettlement();

            Assert.Equal(whole.Run(script), split.Run(script, batchMax));

            Assert.Equal(whole.Kept.Written.ToArray(), split.Kept.Written.ToArray());
            Assert.Equal(whole.Image, split.Image);
        }, tests: 40);

    [Fact]
    public void When_a_batch_runs_shows_in_the_times_of_its_records_and_nowhere_else() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var still = TestLedger.WithSettlement();
            var ticking = TestLedger.WithSettlement();

            Assert.Equal(still.Run(script), ticking.Run(script, batchMax: 3, tick: 17));

            Assert.Equal(WithoutTimes(still), WithoutTimes(ticking));
        });

    [Fact]
    public void Account_numbers_handed_in_with_the_command_make_no_difference() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var without = TestLedger.WithSettlement();
            var with = TestLedger.WithSettlement();

            Assert.Equal(without.Run(script), with.Run(script, hints: true));

            Assert.Equal(without.Kept.Written.ToArray(), with.Kept.Written.ToArray());
            Assert.Equal(without.Image, with.Image);
        });

    [Fact]
    public void The_records_replayed_give_the_same_state_byte_for_byte() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var ledger = TestLedger.WithSettlement();
            ledger.Run(script, batchMax: 5, tick: 3);

            var replayed = ledger.Replayed();

            Assert.Equal(ledger.Image, replayed.Image);
            Assert.Equal(ledger.Partition.Totals, replayed.Partition.Totals);
            AssertSameFuture(ledger, replayed, script);
        });

    [Fact]
    public void A_state_taken_up_from_its_image_is_the_same_and_goes_on_the_same() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var half = script.Steps.Length / 2;
            var ledger = TestLedger.After(new Script(script.Steps[..half]));

            var loaded = ledger.Loaded();

            Assert.Equal(ledger.Image, loaded.Image);
            Assert.Equal(ledger.Partition.Totals, loaded.Partition.Totals);
            AssertSameFuture(ledger, loaded, new Script(script.Steps[half..]));
        });

    [Fact]
    public void A_capture_taken_while_commands_go_on_is_the_state_at_its_beginning() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var half = script.Steps.Length / 2;
            var ledger = TestLedger.After(new Script(script.Steps[..half]));
            var image = ledger.Image;

            var capture = ledger.Partition.BeginCapture();
            foreach (var step in script.Steps[half..])
            {
                ledger.Run(new Script(step));
                capture.CopySome(1);
            }
            while (!capture.CopySome(1)) continue;
            ledger.Run(script);

            using var captured = new MemoryStream();
            capture.WriteTo(captured);
            Assert.Equal(image, captured.ToArray());
        });

    [Fact]
    public void Time_never_runs_back_in_the_records() =>
        Properties.Hold(Scripts.Few, script =>
        {
            var ledger = TestLedger.WithSettlement();
            ledger.Run(script, batchMax: 2, tick: -5);
            ledger.NowMicros += 1_000;
            ledger.Run(new Script(script.Steps), batchMax: 2, tick: -5);

            var last = (Sequence: 0L, AtMicros: 0L);
            foreach (var (_, record) in ledger.Kept.All())
            {
                var header = Records.As<RecordHeader>(record.AsSpan());
                Assert.Equal(last.Sequence + 1, header.Sequence);
                Assert.True(header.AtMicros >= last.AtMicros);
                last = (header.Sequence, header.AtMicros);
            }
            Assert.Equal(last, (ledger.Partition.Sequence, ledger.Partition.LastAtMicros));
        });

    private static void AssertSameFuture(TestLedger one, TestLedger other, Script script)
    {
        // Some of it was sent before, some is new.
        var renamed = script.Steps.Select(step => step is Command.Send send ? send with { Id = send.Id + 7 } : step);
        var future = new Script([.. script.Steps, .. renamed]);

        Assert.Equal(one.Run(future), other.Run(future));
        Assert.Equal(one.Kept.Written.ToArray(), other.Kept.Written.ToArray());
        Assert.Equal(one.Image, other.Image);
    }

    private static List<byte[]> WithoutTimes(TestLedger ledger)
    {
        var records = ledger.Kept.All().Select(each => each.Record).ToList();
        foreach (var record in records)
        {
            ref var header = ref Records.As<RecordHeader>(record.AsSpan());
            (header.AtMicros, header.Checksum) = (0, 0);
        }
        return records;
    }
}
