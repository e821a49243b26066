using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace OrleansWallet.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own, on a free port of the loopback address, in a directory that goes with it. It
/// syncs to disk as in production, and it ends with this process, however that ends.
/// </summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private const string UserName = "wallet";
    private const int PortTries = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly string? Binaries = FindBinaries();
    private readonly string root = Directory.CreateTempSubdirectory("wallet-postgres-").FullName;
    private readonly string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private Process? server;
    private Task<string>? serverLog;
    private int port;
    private int databases;

    private readonly string[] settings;

    private PrivatePostgres(string[] settings) => this.settings = settings;

    /// <summary>Why there can be no server on this machine; null where there can.</summary>
    public static string? WhyMissing { get; } = Binaries is null
        ? "PostgreSQL isn't installed: no initdb in WALLET_POSTGRES_BIN, in /usr/lib/postgresql/*/bin or on the path."
        : null;

    /// <summary>A connection string for the server's own database.</summary>
    public string AdminConnectionString => ConnectionString("postgres");

    /// <summary>Makes a server and starts it, with some settings of its configuration, each as <c>name=value</c>.</summary>
    public static async Task<PrivatePostgres> StartAsync(params string[] settings)
    {
        var made = new PrivatePostgres(settings);
        try
        {
            await made.InitializeAsync();
            await made.StartOnFreePortAsync();
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database, and answers with its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"wallet_{Interlocked.Increment(ref databases)}");
        await ExecuteAsync($"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>Runs a statement as the server's owner.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(AdminConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends all sessions of a database, and waits until they have.</summary>
    public Task KillSessionsAsync(string connectionString) => ExecuteAsync(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = "
        + $"'{new NpgsqlConnectionStringBuilder(connectionString).Database}'");

    /// <summary>
    /// Stops the server: in order, ending its sessions, or at once and without tidying up, as when it crashes.
    /// </summary>
    public async Task StopAsync(bool immediate = false)
    {
        if (server is not { } running) return;
        server = null;
        if (immediate) await running.StandardInput.WriteLineAsync("QUIT");
        running.StandardInput.Close();
        try
        {
            await EndedAsync(running).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            // Then as the power would; what was committed is there all the same.
            await Console.Error.WriteLineAsync($"PostgreSQL did not stop in {Patience}, and was killed.");
            running.Kill(entireProcessTree: true);
            await EndedAsync(running).WaitAsync(Patience);
        }
        running.Dispose();
    }

    /// <summary>Starts it again on the same port, and recovers what a crash has left.</summary>
    public async Task StartAgainAsync()
    {
        if (!await TryStartAsync()) throw new InvalidOperationException($"It didn't start: {await LogAsync()}");
    }

    /// <summary>Stops it and starts it again.</summary>
    public async Task RestartAsync(bool immediate = false)
    {
        await StopAsync(immediate);
        await StartAgainAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(immediate: true);
        Directory.Delete(root, recursive: true);
    }

    private string DataPath => Path.Combine(root, "data");

    private string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = IPAddress.Loopback.ToString(),
        Port = port,
        Username = UserName,
        Password = password,
        Database = database,
        IncludeErrorDetail = true,
    }.ConnectionString;

    private async Task InitializeAsync()
    {
        var passwordPath = Path.Combine(root, "password");
        await File.WriteAllTextAsync(passwordPath, password);
        // PostgreSQL refuses to run as root.
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", ["-R", ServerUser(), root]);
        await RunAsUserAsync(
            "initdb", "-D", DataPath, "-U", UserName, "-E", "UTF8", "--no-locale", "--no-sync",
            "--auth=scram-sha-256", $"--pwfile={passwordPath}");
    }

    private async Task StartOnFreePortAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            port = FreePort();
            if (await TryStartAsync()) return;
            // Another process may have taken the port in the meantime.
            if (attempt == PortTries) throw new InvalidOperationException($"It didn't start: {await LogAsync()}");
        }
    }

    private async Task<bool> TryStartAsync()
    {
        // The shell waits for this process's word, or its end, on its input; so no server outlives the tests.
        const string Guardian = """
            "$@" </dev/null & child=$!
            (read -r signal; kill -"${signal:-INT}" $child) <&3 &
            wait $child; code=$?; kill $! 2>/dev/null; exit $code
            """;
        var start = AsUser("sh", [
            "-c", $"exec 3<&0; {Guardian}", "guardian", Path.Combine(Binaries ?? "", "postgres"), "-D", DataPath,
            "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "shared_buffers=64MB", "-c", "lc_messages=C",
            // After a crash one call for the whole file system, in place of one for each of thousands of files.
            "-c", "recovery_init_sync_method=syncfs", .. settings.SelectMany(setting => new[] { "-c", setting })]);
        start.RedirectStandardInput = true;
        start.RedirectStandardError = true;
        var starting = Process.Start(start) ?? throw new InvalidOperationException("sh didn't start.");
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        serverLog = ReadLogAsync(starting, ready);
        server = starting;
        if (await Task.WhenAny(ready.Task, Task.Delay(Patience)) == ready.Task && await ready.Task) return true;
        await StopAsync(immediate: true);
        return false;
    }

    private async Task EndedAsync(Process running)
    {
        await running.WaitForExitAsync();
        if (serverLog is not null) await serverLog;
    }

    private static async Task<string> ReadLogAsync(Process process, TaskCompletionSource<bool> ready)
    {
        var first = new List<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains("ready to accept connections", StringComparison.Ordinal)) ready.TrySetResult(true);
            if (!ready.Task.IsCompleted) first.Add(line);
        }
        ready.TrySetResult(false);
        return string.Join('\n', first);
    }

    private async Task<string> LogAsync() => serverLog is null ? "" : await serverLog;

    // Below the range of outgoing connections, one of which would take it before the server does.
    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(10_000, 20_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private static Task RunAsUserAsync(string binary, params string[] arguments) =>
        RunAsync(AsUser(Path.Combine(Binaries ?? "", binary), arguments));

    private static Task RunAsync(string file, string[] arguments) => RunAsync(new ProcessStartInfo(file, arguments));

    private static async Task RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)
            ?? throw new InvalidOperationException($"{start.FileName} didn't start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{start.FileName} failed: {errors}{await output}");
    }

    private static ProcessStartInfo AsUser(string file, string[] arguments)
    {
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", [
                $"--reuid={ServerUser()}", $"--regid={ServerUser()}", "--clear-groups", file, .. arguments])
            : new ProcessStartInfo(file, arguments);
        // The server's user may not enter the directory the tests run in.
        start.WorkingDirectory = "/";
        return start;
    }

    private static string ServerUser() => "postgres";

    private static string? FindBinaries()
    {
        if (OperatingSystem.IsWindows()) return null;
        List<string?> places = [Environment.GetEnvironmentVariable("WALLET_POSTGRES_BIN")];
        const string Debian = "/usr/lib/postgresql";
        if (Directory.Exists(Debian))
        {
            places.AddRange(Directory.EnumerateDirectories(Debian)
                .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin")));
        }
        places.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator));
        return places.FirstOrDefault(place =>
            !string.IsNullOrEmpty(place) && File.Exists(Path.Combine(place, "initdb"))
            && File.Exists(Path.Combine(place, "postgres")));
    }
}
