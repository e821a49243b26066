using System.Collections.Concurrent;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>
/// A thread that does one thing after the other. SQLite's calls block until the disk is done; here they hold up no
/// thread that others need.
/// </summary>
internal sealed class SqliteThread : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;

    public SqliteThread(string name)
    {
        thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Has something done, and hands over what came of it.</summary>
    public Task<T> RunAsync<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            work.Add(() => Complete(done, action));
        }
        catch (InvalidOperationException e)
        {
            done.SetException(new StateUnavailableException("The store is closed.", e, isOutcomeKnown: true));
        }
        return done.Task;
    }

    /// <summary>Has all done that was asked for, and ends.</summary>
    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }

    private void Run()
    {
        foreach (var action in work.GetConsumingEnumerable()) action();
    }

    private static void Complete<T>(TaskCompletionSource<T> done, Func<T> action)
    {
        try
        {
            done.SetResult(action());
        }
        catch (Exception e)
        {
            // It is the caller's, who awaits it; this thread has others to serve.
            done.SetException(e);
        }
    }
}
