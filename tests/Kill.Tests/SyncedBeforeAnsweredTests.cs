using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace OrleansWallet.Kill.Tests;

/// <summary>The server's calls to the system, as strace lists them: what was written is synced before it is answered.</summary>
public sealed partial class SyncedBeforeAnsweredTests(ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-sync-");

    public void Dispose() => directory.Delete(recursive: true);

    [StraceFact]
    public async Task Every_answer_comes_after_the_journal_was_synced_and_every_new_name_is_made_durable()
    {
        var data = Path.Combine(directory.FullName, "data");
        var list = Path.Combine(directory.FullName, "strace");
        await using (var server = await ServerUnderKill.StartAsync(
            ["strace", "-f", "-y", "-s", "16", "-o", list, "-e", "trace=pwrite64,fdatasync,fsync,sendmsg,sendto,rename"],
            data, []))
        {
            await OrderlyEndTests.OpenAsync(server, 0);
            for (var i = 0; i < 20; i++)
            {
                var funding = new SentTransfer(Guid.NewGuid(), -1, 0, 100);
                var answer = await server.Http.PostAsJsonAsync("/v1/wallet/balance_transfer", funding.ToJson());
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
            await server.TerminateAsync(isTraced: true);
        }
        var calls = await File.ReadAllLinesAsync(list);
        var journal = Path.Combine(data, "journal");
        Assert.True(CheckAnswers(calls, journal) >= 21);
        foreach (var name in new[] { data, journal, Path.Combine(data, "index"), Path.Combine(data, "snapshots") })
            CheckNames(calls, name);
    }

    // Returns how many answers came after a write. Calls of several threads overlap, so a sync counts where it ends.
    private int CheckAnswers(string[] calls, string journal)
    {
        var (written, syncing, answers) = (false, new HashSet<string>(), 0);
        foreach (var call in calls)
        {
            var thread = call.Split(' ')[0];
            if (call.Contains("pwrite64(", StringComparison.Ordinal) && call.Contains(journal, StringComparison.Ordinal)
                && call.Contains(".journal>", StringComparison.Ordinal))
                written = true;
            if (call.Contains("fdatasync(", StringComparison.Ordinal) && call.Contains(".journal>",
                StringComparison.Ordinal)) syncing.Add(thread);
            if (syncing.Contains(thread) && call.Contains("fdatasync", StringComparison.Ordinal)
                && call.EndsWith("= 0", StringComparison.Ordinal))
            {
                syncing.Remove(thread);
                written = false;
            }
            if (!Answer().IsMatch(call)) continue;
            answers++;
            Assert.False(written, $"Answered before the sync: {call}");
        }
        output.WriteLine($"{calls.Length} calls, {answers} answers.");
        return answers;
    }

    // After the last rename in a directory there is a sync of it.
    private static void CheckNames(string[] calls, string name)
    {
        var last = Array.FindLastIndex(calls, call => call.Contains("rename(", StringComparison.Ordinal)
            && Regex.IsMatch(call, $", \"{Regex.Escape(name)}/[^/\"]+\""));
        Assert.True(last >= 0, $"Nothing was renamed in {name}.");
        Assert.Contains(calls.Skip(last), call => call.Contains($"<{name}>", StringComparison.Ordinal)
            && call.Contains(" fsync(", StringComparison.Ordinal));
    }

    [GeneratedRegex("send(msg|to)\\(.*HTTP/1\\.1 20")]
    private static partial Regex Answer();
}

/// <summary>A test that needs strace, and the right to trace; without them it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StraceFactAttribute : FactAttribute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Lazy<string?> WhyNot = new(Try);

    public StraceFactAttribute() => Skip = WhyNot.Value;

    // Tests are found by this: without a limit, a strace that hangs would keep all others from beginning.
    private static string? Try()
    {
        try
        {
            using var tried = Process.Start(new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", "true"])
            {
                RedirectStandardError = true,
            });
            if (tried?.WaitForExit(Patience) == true) return tried.ExitCode == 0 ? null : "strace may not trace here.";
            tried?.Kill(entireProcessTree: true);
            return $"strace has not traced anything here in {Patience}.";
        }
        catch (Win32Exception)
        {
            return "strace is not installed (Debian: apt-get install strace).";
        }
    }
}
