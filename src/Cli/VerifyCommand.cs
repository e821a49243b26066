using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansWallet.Embedded.Audit;

namespace OrleansWallet.Cli;

/// <summary><c>wallet verify</c>: checks all that lies in a data directory, from the first event on.</summary>
internal static class VerifyCommand
{
    private const string Help =
        """
        Replay a data directory from its first event and check all of it.

        Checked are segment headers, the hash chain, every record's checksum, sequence numbers, the order of times,
        each balance and each link in the records against what follows from the records before, that each transaction
        id has one outcome, that the balances of each currency sum to zero and no account but a settlement account is
        below zero; then the snapshots, byte for byte, and the index of transaction ids against the journal.

        It only reads, takes no lock, and may run beside the wallet. An unfinished write at the very end was never
        acknowledged; it is reported, and no damage.

        Exit codes: 0 all is good, 1 damaged (the first bad place and what to do are printed), 2 usage, 3 the
        directory can't be read or is no wallet's, 130 interrupted.
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "The data directory (Wallet:DataDirectory)." };
        var noUnique = new Option<bool>("--no-unique")
        {
            Description = "Don't check that each transaction id has one outcome. It is about a tenth faster, and needs "
                + "no temporary space; the index is still compared with the journal.",
        };
        var temporary = new Option<string>("--temp")
        {
            Description = "Where up to 16 bytes a transaction go while ids are checked; nothing is left there.",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var command = new Command("verify", Help) { directory, noUnique, temporary };
        command.SetAction((parsed, cancel) => RunAsync(
            parsed.GetRequiredValue(directory),
            new AuditOptions
            {
                ChecksUniqueness = !parsed.GetValue(noUnique),
                TemporaryDirectory = parsed.GetRequiredValue(temporary),
            },
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string directory, AuditOptions options, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var report = await ProgressDisplay.RunAsync(error, "Verifying", show => Task.Run(
            () => LedgerAudit.Run(directory, options, at => Show(at, clock, show), cancel), CancellationToken.None));
        Print(report, options, clock.Elapsed, output);
        foreach (var fault in report.Faults) await error.WriteLineAsync(fault.Message);
        return report.IsGood ? ExitCode.Good : ExitCode.Bad;
    }

    /// <summary>Says how far a pass through the journal is.</summary>
    internal static void Show(AuditProgress at, Stopwatch clock, Action<double, string> show) => show(
        (double)at.BytesDone / Math.Max(at.BytesTotal, 1),
        string.Create(
            CultureInfo.InvariantCulture,
            $"{at.Events:N0} events, {at.Events / Math.Max(clock.Elapsed.TotalSeconds, 0.001):N0} a second"));

    private static void Print(AuditReport report, AuditOptions options, TimeSpan elapsed, TextWriter output)
    {
        var ledger = report.Ledger;
        Line($"ledger      {report.LedgerId?.ToString() ?? "unknown"}");
        Line($"events      {ledger.Sequence:N0}");
        if (report.LastAt is { } last) Line($"last        {last:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}");
        Line($"transfers   {ledger.Transfers:N0}");
        Line($"refusals    {report.Refusals:N0}");
        Line($"accounts    {ledger.Accounts:N0}");
        foreach (var total in ledger.Totals) Line($"total       {total}");
        if (ledger.Digest is not null) Line($"digest      {ledger.Digest}");
        Line($"journal     {report.JournalBytes:N0} bytes in {report.Segments:N0} segments");
        Line($"snapshots   {report.Snapshots:N0} equal to the replayed state");
        Line($"index       {report.IndexedIds:N0} transaction ids");
        Line($"unique ids  {(options.ChecksUniqueness ? "checked" : "not checked (--no-unique)")}");
        if (report.UnfinishedAt is not null)
            Line($"unfinished  {report.UnfinishedBytes:N0} bytes at {report.UnfinishedAt}: a write that was never "
                + "acknowledged; the next start cuts it off");
        Line($"speed       {ledger.Sequence / Math.Max(elapsed.TotalSeconds, 0.001):N0} events a second, "
            + $"{elapsed.TotalSeconds:N1} s");
        Line($"verdict     {(report.IsGood ? "good" : "DAMAGED")}");

        void Line(string text) => output.WriteLine(text);
    }
}
