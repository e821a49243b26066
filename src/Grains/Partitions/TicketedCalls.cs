using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// Calls whose answers are fetched a part at a time. One that nobody asks about any more is forgotten; what it asked
/// for goes on. A grain's turns alone come here.
/// </summary>
internal sealed class TicketedCalls(TimeProvider time)
{
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromSeconds(10);

    private readonly Dictionary<long, (IAsyncEnumerator<TransferAnswers> Answers, long Since)> waiting = [];
    // Not those of an earlier activation: a ticket must never stand for another call.
    private long tickets = time.GetUtcNow().Ticks;

    /// <summary>Begins a call, and returns its first answers.</summary>
    public async Task<TicketedAnswers> BeginAsync(IAsyncEnumerable<TransferAnswers> call)
    {
        if (waiting.Count > 0) await ForgetOldAsync();
        return await NextAsync(++tickets, call.GetAsyncEnumerator());
    }

    /// <summary>Returns more answers.</summary>
    public Task<TicketedAnswers> GoOnAsync(long ticket) => waiting.Remove(ticket, out var call)
        ? NextAsync(ticket, call.Answers)
        : throw new PartitionUnavailableException(
            "Nobody knows of this call any more; what it asked may have happened.");

    private async Task<TicketedAnswers> NextAsync(long ticket, IAsyncEnumerator<TransferAnswers> call)
    {
        var isWhole = true;
        try
        {
            if (!await call.MoveNextAsync()) throw new PartitionUnavailableException("The answers ended early.");
            isWhole = call.Current.IsLast;
            return new TicketedAnswers(ticket, call.Current);
        }
        finally
        {
            if (isWhole) await call.DisposeAsync();
            else waiting.Add(ticket, (call, time.GetTimestamp()));
        }
    }

    private async Task ForgetOldAsync()
    {
        foreach (var (ticket, call) in waiting.ToArray())
            if (time.GetElapsedTime(call.Since) > ForgottenAfter && waiting.Remove(ticket))
                await call.Answers.DisposeAsync();
    }
}
