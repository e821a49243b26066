using Npgsql;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>How rows are read that reading doesn't change: twice, where the first connection was lost.</summary>
internal static class PostgresReading
{
    /// <summary>Reads once, and once more on a new connection where the first was lost.</summary>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    public static async Task<T> ReadAgainIfLostAsync<T>(
        this NpgsqlDataSource source, string place, Func<Task<T>> read, CancellationToken cancel)
    {
        try
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresFaults.IsLostConnection(e))
            {
                source.Clear();
                return await read().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
    }
}
