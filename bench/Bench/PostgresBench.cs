using System.Diagnostics;
using Npgsql;

namespace OrleansWallet.Bench;

/// <summary>
/// The same transfer in PostgreSQL on the same machine: one function, a unique transaction id, two updates,
/// <c>synchronous_commit=on</c>. The server is one that <c>bench/postgres.sh</c> starts for this run.
/// </summary>
internal static class PostgresBench
{
    private const string Schema = """
        drop table if exists transfer, account;
        create table account (id int primary key, balance bigint not null check (balance >= 0)) with (fillfactor = 50);
        create table transfer (
            id uuid primary key, from_account int not null, to_account int not null, amount bigint not null,
            recorded_at timestamptz not null default now());
        create or replace function balance_transfer(tid uuid, f int, t int, a bigint) returns text as $$
        begin
            insert into transfer (id, from_account, to_account, amount) values (tid, f, t, a) on conflict do nothing;
            if not found then return 'replayed'; end if;
            if f < t then
                perform 1 from account where id = f for update; perform 1 from account where id = t for update;
            else
                perform 1 from account where id = t for update; perform 1 from account where id = f for update;
            end if;
            update account set balance = balance - a where id = f and balance >= a;
            if not found then raise exception 'insufficient_funds'; end if;
            update account set balance = balance + a where id = t;
            return 'success';
        end $$ language plpgsql;
        """;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var address = settings.Postgres
            ?? throw new InvalidOperationException("POSTGRES is not set; run this through bench/postgres.sh.");
        await using var source = new NpgsqlDataSourceBuilder(
            address + ";Maximum Pool Size=256;No Reset On Close=true;Max Auto Prepare=20").Build();
        await using (var make = source.CreateCommand(Schema)) await make.ExecuteNonQueryAsync();
        await using (var fill = source.CreateCommand(
            $"insert into account select i, 1000000000 from generate_series(0, {settings.Accounts - 1}) i; analyze"))
        {
            fill.CommandTimeout = 600;
            await fill.ExecuteNonQueryAsync();
        }
        Console.WriteLine("| PostgreSQL, callers | spread | transfers/s | p50 ms | p99 ms |");
        Console.WriteLine("| ---: | --- | ---: | ---: | ---: |");
        var best = 0.0;
        foreach (var callers in new[] { 1, 16, 64 })
            best = Math.Max(best, await MeasureAsync(source, settings, callers, Spread.Uniform));
        await MeasureAsync(source, settings, 16, Spread.Hot);
        Console.WriteLine();
        var (singles, batches) = await EngineBench.RatesAsync(settings);
        Console.WriteLine();
        Console.WriteLine(
            $"Against PostgreSQL's best, {best:N0}/s: single callers {singles / best:F0} times, batches "
            + $"{batches / best:F0} times.");
        return 0;
    }

    private static async Task<double> MeasureAsync(
        NpgsqlDataSource source, BenchSettings settings, int callers, Spread spread)
    {
        var picker = new AccountPicker(settings.Accounts, spread);
        var measurement = new Measurement(TimeSpan.FromSeconds(settings.Seconds));
        await measurement.RunAsync(() => Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallerAsync())));
        Console.WriteLine(
            $"| {callers} | {spread} | {measurement.Count / measurement.Elapsed.TotalSeconds:N0} "
            + $"| {measurement.Quantile(0.5):F2} | {measurement.Quantile(0.99):F2} |");
        return measurement.Count / measurement.Elapsed.TotalSeconds;

        async Task CallerAsync()
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var command = new NpgsqlCommand("select balance_transfer($1, $2, $3, $4)", connection);
            for (var i = 0; i < 4; i++) command.Parameters.Add(new NpgsqlParameter());
            var random = FastRandom.Fresh();
            var done = 0;
            for (; !measurement.IsOver; done++)
            {
                var (from, to) = picker.Pick(ref random);
                command.Parameters[0].Value = random.NextId().Value;
                command.Parameters[1].Value = from;
                command.Parameters[2].Value = to;
                command.Parameters[3].Value = 1L;
                var begun = Stopwatch.GetTimestamp();
                await command.ExecuteScalarAsync();
                measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
            }
            measurement.AddCount(done);
        }
    }
}
