using Xunit.Abstractions;

namespace OrleansWallet.Ledger.Tests;

// The crash matrix of transfers between partitions of which some commit together.
public sealed class CrashMatrixTogetherTests(ITestOutputHelper output)
{
    public static TheoryData<Together, Ending> All
    {
        get
        {
            var all = new TheoryData<Together, Ending>();
            foreach (var together in Enum.GetValues<Together>().Where(each => each != Together.Nobody))
            {
                foreach (var ending in Enum.GetValues<Ending>())
                    // What is never under way can't be given up.
                    if (ending != Ending.GivenUp || !CrashMatrix.IsInOneCommit(together)) all.Add(together, ending);
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Wherever_anything_stops_and_whatever_becomes_of_a_message_there_is_one_outcome(
        Together together, Ending ending)
    {
        var runs = new Dictionary<string, int>();
        // What is in one commit needs no protocol, unless a partition moves.
        TransferProtocol[] protocols =
            CrashMatrix.IsInOneCommit(together) ? [TransferProtocol.Tcc] : Enum.GetValues<TransferProtocol>();
        var courses = protocols
            .Select(protocol => CrashMatrix.RunAll(new CrashMatrix.Case(together, protocol, ending), runs)).ToList();
        output.WriteLine(CrashMatrix.Tell($"{together} together, {ending}", courses, runs));
    }

    [Theory]
    [InlineData(Together.PayerAndPayee, TransferProtocol.Tcc)]
    [InlineData(Together.PayerAndHome, TransferProtocol.Tcc)]
    [InlineData(Together.PayeeAndHome, TransferProtocol.Saga)]
    [InlineData(Together.All, TransferProtocol.Tcc)]
    public void A_host_that_sends_before_its_records_are_durable_is_found_out(
        Together together, TransferProtocol protocol) =>
        Assert.NotEqual(0, CrashMatrix.FaultsFound(new CrashMatrix.Case(together, protocol, Ending.Success)
        {
            Wrong = CrashMatrix.Wrong.SendsBeforeItWrites,
        }));

    [Theory]
    [InlineData(Together.PayerAndPayee)]
    [InlineData(Together.All)]
    public void A_process_that_writes_its_batches_one_by_one_is_found_out(Together together) =>
        Assert.NotEqual(0, CrashMatrix.FaultsFound(new CrashMatrix.Case(together, TransferProtocol.Tcc, Ending.Success)
        {
            Wrong = CrashMatrix.Wrong.WritesOneByOne,
        }));
}
