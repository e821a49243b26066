using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OrleansWallet.Testing;

namespace OrleansWallet.Silo.Tests;

/// <summary>A database that hangs: all its processes are stopped by a signal, until this is disposed of.</summary>
internal sealed class FrozenPostgres : IDisposable
{
    private readonly int[] processes;

    private FrozenPostgres(int[] processes)
    {
        this.processes = processes;
        Signal("STOP");
    }

    /// <summary>Stops the server's main process and all it has started.</summary>
    public static async Task<FrozenPostgres> FreezeAsync(PrivatePostgres postgres)
    {
        await using var source = NpgsqlDataSource.Create(postgres.AdminConnectionString);
        await using var command = source.CreateCommand("SELECT pid FROM pg_stat_activity");
        await using var reader = await command.ExecuteReaderAsync();
        var children = new List<int>();
        while (await reader.ReadAsync()) children.Add(reader.GetInt32(0));
        // The main process first, or it would start others.
        return new FrozenPostgres([ParentOf(children[0]), .. children]);
    }

    public void Dispose() => Signal("CONT");

    // After the name in brackets come the state and the parent.
    private static int ParentOf(int process)
    {
        var status = File.ReadAllText($"/proc/{process}/stat");
        return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private void Signal(string name)
    {
        // Some may have ended in the meantime.
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {string.Join(' ', processes)} 2>/dev/null; true"]);
        kill.WaitForExit();
    }
}
