using System.Runtime.InteropServices;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;

namespace OrleansWallet.Partitions;

// What goes to and fro between this partition and the others.
public sealed partial class PartitionHost
{
    /// <summary>
    /// Answers another partition: carries its orders out, each once, and grants its claims. What it answers is durable.
    /// </summary>
    public Task<PeerReply> ExchangeAsync(PeerRequest request)
    {
        var items = request.Orders.Length + request.Claims.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items, 2 * options.MessageItemsMax);
        var call = new Call<PeerReply>(this);
        return SubmitAsync(call, turn => Answer(request, items, call, turn));
    }

    private void Answer(PeerRequest request, int items, Call<PeerReply> call, Turn turn)
    {
        var records = RecordsOf(turn);
        if (!records.HasRoomFor(items))
        {
            domain.Defer(this, next => Answer(request, items, call, next));
            return;
        }
        var unknown = Array.FindAll(request.Claims, ids.MustAskClaim);
        if (unknown.Length > 0)
        {
            _ = AskAndAnswerAsync(request, items, call, unknown, ids.Claims.AskAsync(unknown, stopping.Token));
            return;
        }
        var answers = new CreditAnswer[request.Orders.Length];
        var claims = new ClaimAnswer[request.Claims.Length];
        partition.Claim(
            request.Head.Payer, request.Head.AtMicros, request.Claims, NowMicros, records, claims);
        partition.Receive(request.Head, request.Orders, NowMicros, records, answers);
        var rejections = Array.ConvertAll(
            request.Questions, question => partition.DecideCredit(question.To, question.Amount));
        call.Result = new PeerReply(partition.LastAtMicros, answers, claims, rejections);
        turn.Then(call);
    }

    private async Task AskAndAnswerAsync(
        PeerRequest request, int items, Call<PeerReply> call, TransactionId[] unknown, Task<IdAnswers> asked)
    {
        try
        {
            var answers = await ReadIndexAsync(asked).ConfigureAwait(false);
            domain.Post(this, turn =>
            {
                for (var i = 0; i < unknown.Length; i++)
                    ids.HoldClaim(unknown[i], answers.Values[i], answers.Version);
                Answer(request, items, call, turn);
                foreach (var id in unknown) ids.LetGoOfClaim(id);
            });
        }
        catch (Exception e)
        {
            call.Fail(e);
        }
    }

    /// <summary>Sends what waits to be asked of another partition.</summary>
    internal void Send(PeerLink link)
    {
        var orders = Some(link.Orders);
        var sent = new Sent(orders, Some(link.Claims), Some(link.Questions));
        var written = new CreditOrder[orders.Length];
        var head = partition.WriteOrders(link.Partition, orders, written, out var count);
        var request = new PeerRequest(
            head with { SettledBelow = link.SettledBelow }, written[..count],
            Array.ConvertAll(sent.Claims, place => place.Transfer.Id),
            Array.ConvertAll(sent.Questions, place => new CreditQuestion(place.Transfer.To, place.Transfer.Amount)));
        link.IsBusy = true;
        _ = ExchangeAsync(link, sent, request);
    }

    private async Task ExchangeAsync(PeerLink link, Sent sent, PeerRequest request)
    {
        try
        {
            var reply = await peers.ExchangeAsync(link.Partition, request).ConfigureAwait(false);
            domain.Post(this, turn => Take(link, sent, reply, turn));
        }
        catch (Exception)
        {
            // Nobody knows what became of it. All of it may be asked again, for ever.
            await Task.Delay(TimeSpan.FromMilliseconds(options.ResendMs), time).ConfigureAwait(false);
            domain.Post(this, turn =>
            {
                link.IsBusy = false;
                link.Orders.AddRange(sent.Orders);
                link.Claims.AddRange(sent.Claims);
                link.Questions.AddRange(sent.Questions);
                turn.Flush(link);
            });
        }
    }

    private void Take(PeerLink link, Sent sent, PeerReply reply, Turn turn)
    {
        var records = RecordsOf(turn);
        if (!records.HasRoomFor(reply.Answers.Length))
        {
            domain.Defer(this, next => Take(link, sent, reply, next));
            return;
        }
        link.IsBusy = false;
        turn.Flush(link);
        var progress = new TransferProgress[reply.Answers.Length];
        partition.TakeAnswers(link.Partition, reply.AtMicros, reply.Answers, NowMicros, records, progress);
        foreach (var each in progress)
        {
            if (each.Kind == ProgressKind.None) continue;
            if (each.Kind == ProgressKind.Confirm)
            {
                turn.Order(link, each.Number);
                continue;
            }
            if (!link.TryServe(each.Number, out var first, out var others)) continue;
            Decide(first, each.Outcome, turn);
            foreach (var place in others ?? []) Decide(place, each.Outcome, turn);
        }
        // Those of one call lie side by side.
        for (var i = 0; i < sent.Claims.Length; i++)
        {
            var group = sent.Claims[i].Group;
            Claimed(sent.Claims[i], reply.Claims[i], turn);
            group.Awaited--;
            if (i + 1 == sent.Claims.Length || sent.Claims[i + 1].Group != group) DecideReady(group, turn);
        }
        for (var i = 0; i < sent.Questions.Length; i++)
        {
            var (group, index, _) = sent.Questions[i];
            group.PayeeRefusals ??= new Rejection?[group.Transfers.Length];
            group.PayeeRefusals[index] = reply.Rejections[i];
            group.Ready(index);
            Came(group, turn);
        }
    }

    // What doesn't go now goes when this is answered.
    private T[] Some<T>(List<T> waiting)
    {
        var some = CollectionsMarshal.AsSpan(waiting)[..Math.Min(waiting.Count, options.MessageItemsMax)].ToArray();
        waiting.RemoveRange(0, some.Length);
        return some;
    }
}
