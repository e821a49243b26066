using System.Diagnostics;
using Npgsql;

namespace OrleansWallet.Bench;

/// <summary>
/// The same transfer in PostgreSQL alone: one function, a unique transaction id, two updates,
/// <c>synchronous_commit=on</c>.
/// </summary>
internal static class PostgresTransfers
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

    /// <summary>Makes the tables, with money in each account.</summary>
    public static async Task<NpgsqlDataSource> MakeAsync(string address, int accounts)
    {
        var source = new NpgsqlDataSourceBuilder(
            address + ";Maximum Pool Size=256;No Reset On Close=true;Max Auto Prepare=20").Build();
        await using (var make = source.CreateCommand(Schema)) await make.ExecuteNonQueryAsync();
        await using var fill = source.CreateCommand(
            $"insert into account select i, 1000000000 from generate_series(0, {accounts - 1}) i; analyze");
        fill.CommandTimeout = 600;
        await fill.ExecuteNonQueryAsync();
        return source;
    }

    /// <summary>Sends transfers from so many callers until the time is up.</summary>
    public static Task SendAsync(
        NpgsqlDataSource source, Measurement measurement, AccountPicker picker, int callers)
    {
        return measurement.RunAsync(() => Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallerAsync())));

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
