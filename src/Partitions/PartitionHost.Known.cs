using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

// Ids that left memory: pages tell of them, and the journal has their records. The loop goes on meanwhile.
public sealed partial class PartitionHost
{
    // Reads what pages say of claims whose homes are near, then claims.
    private void AskForClaims(TransferGroup group)
    {
        if (group.Asked.Count == 0) return;
        var asked = new List<ClaimQuestion>();
        foreach (var some in group.Asked.GroupBy(index => group.Where[index].Home))
        {
            // That it was near was seen a moment ago; if it has left since, its pages tell all the same.
            if (domain.Here(some.Key) is not { } home) continue;
            int[] indexes = [.. some];
            var questions = Array.ConvertAll(indexes, index => group.Transfers[index].Id);
            asked.Add(new ClaimQuestion(home, indexes, questions, home.ids.Claims.AskAsync(questions, stopping.Token)));
        }
        group.Asked.Clear();
        group.Awaited++;
        _ = TakeClaimsAsync(group, asked);
    }

    private async Task TakeClaimsAsync(TransferGroup group, List<ClaimQuestion> asked)
    {
        try
        {
            foreach (var question in asked) await question.Home.ReadIndexAsync(question.Answers).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            group.Fail(e);
            return;
        }
        domain.Post(this, turn =>
        {
            foreach (var question in asked) question.Hold();
            TakeClaims(group, asked, new Queue<int>(asked.SelectMany(question => question.Indexes)), turn);
        });
    }

    private void TakeClaims(TransferGroup group, List<ClaimQuestion> asked, Queue<int> indexes, Turn turn)
    {
        var now = NowMicros;
        while (indexes.TryPeek(out var index))
        {
            if (!TryClaim(new Place(group, index), now, turn))
            {
                domain.Defer(this, next => TakeClaims(group, asked, indexes, next));
                return;
            }
            indexes.Dequeue();
        }
        foreach (var question in asked) question.LetGo();
        // Those that left memory between the question and the answer.
        AskForClaims(group);
        Came(group, turn);
    }

    // Reads the records that the partition will ask for: until they are there, their transfers are not ready.
    private void ReadKnown(TransferGroup group, Turn turn)
    {
        if (group.IsNewIn(turn)) return;
        var (places, unknown) = (new List<(TransactionId Id, long Place)>(), new List<TransactionId>());
        var waits = new List<int>();
        for (var i = group.Next; i < group.ReadyCount; i++)
        {
            var index = group.ReadyAt(i);
            if (group.IsDecided(index)) continue;
            var id = group.Transfers[index].Id;
            var isNew = group.Where[index].IsNew && group.Version == ids.Recorded.Version;
            var missing = ids.MissingOf(id, isNew, out var place);
            if (missing == Missing.Nothing) continue;
            waits.Add(index);
            if (missing == Missing.Record) places.Add((id, place));
            else unknown.Add(id);
        }
        if (waits.Count == 0) return;
        group.Awaited++;
        group.SetAside(waits);
        _ = ReadKnownAsync(group, waits, places, unknown, ids.Recorded.AskAsync(unknown, stopping.Token));
    }

    private async Task ReadKnownAsync(
        TransferGroup group, List<int> waits, List<(TransactionId Id, long Place)> places, List<TransactionId> unknown,
        Task<IdAnswers> asked)
    {
        var read = new List<(TransactionId Id, byte[]? Record, long Version)>();
        try
        {
            var answers = await ReadIndexAsync(asked).ConfigureAwait(false);
            for (var i = 0; i < unknown.Count; i++)
            {
                if (answers.Values[i] is { } place) places.Add((unknown[i], place));
                else read.Add((unknown[i], null, answers.Version));
            }
            foreach (var some in places.GroupBy(each => RecordPlace.BatchOf(each.Place)))
            {
                var batch = await FindBatchAsync(some.First().Place).ConfigureAwait(false);
                foreach (var (id, place) in some) read.Add((id, batch.At(place).ToArray(), answers.Version));
            }
        }
        catch (Exception e)
        {
            group.Fail(e);
            domain.Post(this, _ => LetGo(group));
            return;
        }
        domain.Post(this, turn =>
        {
            // Held until the group is decided: what of others was in memory may be gone by then.
            foreach (var (id, record, version) in read)
            {
                ids.Hold(id, record, version);
                group.Held.Add(id);
            }
            foreach (var index in waits) group.Ready(index);
            Came(group, turn);
        });
    }

    private void LetGo(TransferGroup group)
    {
        foreach (var id in group.Held) ids.LetGo(id);
        group.Held.Clear();
    }

    // Of a damaged index no answer is given, but by the next activation.
    private async Task<IdAnswers> ReadIndexAsync(Task<IdAnswers> asked)
    {
        try
        {
            return await asked.ConfigureAwait(false);
        }
        catch (PartitionIndexDamagedException e)
        {
            await FailAsync(e).ConfigureAwait(false);
            throw Stopped();
        }
    }

    private sealed record ClaimQuestion(
        PartitionHost Home, int[] Indexes, TransactionId[] Ids, Task<IdAnswers> Answers)
    {
        public void Hold()
        {
            var answers = Answers.Result;
            for (var i = 0; i < Ids.Length; i++) Home.ids.HoldClaim(Ids[i], answers.Values[i], answers.Version);
        }

        public void LetGo()
        {
            foreach (var id in Ids) Home.ids.LetGoOfClaim(id);
        }
    }
}
