using Xunit.Abstractions;

namespace OrleansWallet.Ledger.Tests;

// The crash matrix of transfers between partitions that each have a process of their own.
public sealed class CrashMatrixTests(ITestOutputHelper output)
{
    public static TheoryData<TransferProtocol, Ending> All
    {
        get
        {
            var all = new TheoryData<TransferProtocol, Ending>();
            foreach (var protocol in Enum.GetValues<TransferProtocol>())
                foreach (var ending in Enum.GetValues<Ending>()) all.Add(protocol, ending);
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Wherever_anything_stops_and_whatever_becomes_of_a_message_there_is_one_outcome(
        TransferProtocol protocol, Ending ending)
    {
        var runs = new Dictionary<string, int>();
        var course = CrashMatrix.RunAll(new CrashMatrix.Case(Together.Nobody, protocol, ending), runs);
        output.WriteLine(CrashMatrix.Tell($"{protocol}, {ending}", [course], runs));
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void A_host_that_sends_before_its_records_are_durable_is_found_out(TransferProtocol protocol) =>
        Assert.NotEqual(0, CrashMatrix.FaultsFound(new CrashMatrix.Case(Together.Nobody, protocol, Ending.Success)
        {
            Wrong = CrashMatrix.Wrong.SendsBeforeItWrites,
        }));
}
