namespace OrleansWallet.Storage.Tests.Support;

/// <summary>
/// Writers that know what was answered. Each has a row of its own, so that after any failure only two versions of it
/// can be there: the last that was answered, or the one on its way.
/// </summary>
internal sealed class CheckedWriters(IStateStore store, StateKind kind, int writerCount)
{
    private readonly Dictionary<string, long> last = [];
    private Task disturbing = Task.CompletedTask;
    private int answered;
    private int failed;

    /// <summary>How many stores were answered with success.</summary>
    public int Answered => Volatile.Read(ref answered);

    /// <summary>How many stores failed, and were looked up.</summary>
    public int Failed => Volatile.Read(ref failed);

    /// <summary>
    /// Writes until so many stores were answered. On the way the disturbance runs so often, beside the writers.
    /// </summary>
    public async Task RunAsync(int storeCount, int disturbances, Func<Task> disturb)
    {
        var stage = 0;
        await Task.WhenAll(Enumerable.Range(0, writerCount).Select(async writer =>
        {
            await Task.Yield();
            var key = Rows.KeyOf(kind, writer);
            var version = 0L;
            while (Answered < storeCount)
            {
                version = await WriteAsync(key, version);
                lock (last)
                {
                    if (Answered * (disturbances + 1) / storeCount <= stage || !disturbing.IsCompleted) continue;
                    stage++;
                    disturbing = Task.Run(disturb);
                }
            }
        }));
        await disturbing;
        await AssertNothingLostAsync();
    }

    private async Task<long> WriteAsync(string key, long version)
    {
        try
        {
            await store.StoreAsync(kind, Rows.Of(key, version + 1, version + 1));
            Interlocked.Increment(ref answered);
            return Remember(key, version + 1);
        }
        catch (StateUnavailableException)
        {
            Interlocked.Increment(ref failed);
            var found = await LoadUntilAnsweredAsync(key);
            var held = found?.Version ?? 0;
            Assert.True(held == version || held == version + 1, $"{key} was at {version}, and is at {held}.");
            Assert.Equal(held, Rows.NumberOf(found));
            return Remember(key, held);
        }
    }

    private async Task<StoredState?> LoadUntilAnsweredAsync(string key)
    {
        while (true)
        {
            try
            {
                return await store.LoadAsync(kind, key);
            }
            catch (StateUnavailableException)
            {
                // The database is still down; asking again at once would only keep it from coming up.
                Task current;
                lock (last) current = disturbing;
                await current;
            }
        }
    }

    private long Remember(string key, long version)
    {
        lock (last) last[key] = version;
        return version;
    }

    private async Task AssertNothingLostAsync()
    {
        foreach (var (key, version) in last)
            Assert.Equal(version, (await store.LoadAsync(kind, key))?.Version ?? 0);
    }
}
