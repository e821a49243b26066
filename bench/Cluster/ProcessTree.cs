using System.Globalization;

namespace OrleansWallet.Bench;

/// <summary>The processor time of a process and all it has started, as Linux counts it in <c>/proc</c>.</summary>
/// <remarks>The fields of <c>/proc/PID/stat</c> are those of proc(5).</remarks>
internal static class ProcessTree
{
    // sysconf(_SC_CLK_TCK), the same on all that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>
    /// What the process, its children and theirs have used; those that ended are counted by who waited for them. Null
    /// where it can't be seen.
    /// </summary>
    public static TimeSpan? ProcessorTimeOf(int root)
    {
        var all = ReadAll();
        if (!all.TryGetValue(root, out var own)) return null;
        var children = all.ToLookup(each => each.Value.Parent);
        var ticks = own.Ticks;
        var rest = new Stack<int>([root]);
        while (rest.TryPop(out var parent))
        {
            foreach (var (child, stat) in children[parent])
            {
                ticks += stat.Ticks;
                rest.Push(child);
            }
        }
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>The process that started this one; null where it can't be seen.</summary>
    public static int? ParentOf(int process) =>
        TryRead($"/proc/{process.ToString(CultureInfo.InvariantCulture)}", out var stat) ? stat.Parent : null;

    private static Dictionary<int, (int Parent, long Ticks)> ReadAll()
    {
        var all = new Dictionary<int, (int Parent, long Ticks)>();
        if (!OperatingSystem.IsLinux()) return all;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && TryRead(directory, out var stat))
                all[id] = stat;
        }
        return all;
    }

    private static bool TryRead(string directory, out (int Parent, long Ticks) stat)
    {
        stat = default;
        string text;
        try
        {
            text = File.ReadAllText(Path.Combine(directory, "stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or there is no /proc.
            return false;
        }
        // The second field is a name in brackets, which may have spaces and brackets in it: the third begins here.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        stat = ((int)Number(4), Number(14) + Number(15) + Number(16) + Number(17));
        return true;

        long Number(int field) => long.Parse(fields[field - 3], CultureInfo.InvariantCulture);
    }
}
