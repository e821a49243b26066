using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace OrleansWallet.Cli;

/// <summary>
/// Shows how far something is, on standard error: a bar on a terminal, a plain line now and then where it is
/// redirected, so that logs stay readable and results can be piped. A caller that collects the errors itself gets none.
/// </summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs some work that reports how much of a total is done, and what there is to say about it.</summary>
    public static async Task<TResult> RunAsync<TResult>(
        TextWriter error, string title, Func<Action<double, string>, Task<TResult>> work)
    {
        if (!ReferenceEquals(error, Console.Error)) return await work((_, _) => { });
        if (Console.IsErrorRedirected) return await work(new Lines(error, title).Report);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return await console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
            new ElapsedTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask(Markup.Escape(title), maxValue: 1), title).Report));
    }

    private sealed class Bar(ProgressTask task, string title)
    {
        private long shownAt;

        public void Report(double share, string text)
        {
            var last = Volatile.Read(ref shownAt);
            if (Stopwatch.GetElapsedTime(last) < BarInterval) return;
            if (Interlocked.CompareExchange(ref shownAt, Stopwatch.GetTimestamp(), last) != last) return;
            task.Value = share;
            task.Description = Markup.Escape($"{title}: {text}");
        }
    }

    private sealed class Lines(TextWriter error, string title)
    {
        private long shownAt = Stopwatch.GetTimestamp();

        public void Report(double share, string text)
        {
            var last = Volatile.Read(ref shownAt);
            if (Stopwatch.GetElapsedTime(last) < LineInterval) return;
            if (Interlocked.CompareExchange(ref shownAt, Stopwatch.GetTimestamp(), last) != last) return;
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title}: {share:P0}, {text}"));
        }
    }
}
