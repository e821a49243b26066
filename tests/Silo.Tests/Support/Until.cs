using System.Diagnostics;

namespace OrleansWallet.Silo.Tests;

/// <summary>Waits for what can be observed and tells nobody when it comes.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again and again until the answer is yes; fails when that takes too long.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan patience, Func<string> complaint)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > patience) Assert.Fail(complaint());
            await Task.Delay(Pause);
        }
    }
}
