using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api.Tests;

public sealed class TransferReaderTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3_000);

    [Fact]
    public void Whatever_is_read_is_what_the_contract_says() => Prop.ForAll(TransferBodies.Any, body =>
        Read(Encoding.UTF8.GetBytes(body)) == TransferBodies.Decide(Encoding.UTF8.GetBytes(body))).Check(Many);

    [Fact]
    public void The_generated_bodies_are_of_both_kinds()
    {
        var bodies = TransferBodies.Any.Generator.Sample(1_000).Select(Encoding.UTF8.GetBytes);
        Assert.InRange(bodies.Count(body => Read(body) is not null), 200, 900);
    }

    [Fact]
    public void No_mutation_throws_and_each_is_read_as_the_contract_says() =>
        Prop.ForAll(TransferBodies.Mutated, body => Read(body) == TransferBodies.Decide(body)).Check(Many);

    [Fact]
    public void No_noise_throws() => Prop.ForAll<byte[]>(body =>
    {
        var faults = new Faults(worded: true);
        using var batch = new TransferBatch();
        Read(body);
        AccountReader.TryRead(body, out _, out _, ref faults);
        BatchReader.TryReadArray(body, batch, ref faults);
        BatchReader.TryReadLines(body, batch, ref faults);
    }).Check(Many);

    [Fact]
    public void A_batch_is_read_as_its_elements_are() => Prop.ForAll(TransferBodies.Any.Array(), bodies =>
    {
        using var batch = new TransferBatch();
        var faults = new Faults(worded: true);
        var isRead = BatchReader.TryReadArray(
            Encoding.UTF8.GetBytes($"[{string.Join(',', bodies)}]"), batch, ref faults);
        var isJson = bodies.All(IsJson) && bodies.Length > 0;
        return isRead == isJson && (!isRead || Same(bodies, batch));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Lines_are_read_as_each_is_by_itself() => Prop.ForAll(TransferBodies.Mutated.Array(), bodies =>
    {
        byte[][] lines = [.. bodies.Select(body => body.Where(letter => letter != '\n').ToArray())];
        using var batch = new TransferBatch();
        var faults = new Faults(worded: true);
        BatchReader.TryReadLines([.. lines.SelectMany(line => line.Append((byte)'\n'))], batch, ref faults);
        return batch.Count == lines.Length
            && lines.Select(TransferBodies.Decide).OfType<Transfer>().SequenceEqual(batch.Transfers.ToArray())
            && batch.Invalid.Select(one => one.Place).SequenceEqual(
                Enumerable.Range(0, lines.Length).Where(i => TransferBodies.Decide(lines[i]) is null));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Faults_are_told_in_words_where_something_is_wrong_and_only_there() =>
        Prop.ForAll(TransferBodies.Mutated, body =>
        {
            var faults = new Faults(worded: true);
            var isRead = TransferReader.TryRead(body, out _, ref faults);
            return isRead != faults.Any && (isRead || faults.Messages.Count > 0);
        }).Check(Many);

    [Theory]
    [InlineData("0x589980-2664-11ec-9621-0242ac130002")]
    [InlineData("+1589980-2664-11ec-9621-0242ac130002")]
    [InlineData("01589980-0x64-11ec-9621-0242ac130002")]
    public void A_transaction_id_has_hexadecimal_digits_only(string text) =>
        Assert.False(TransactionId.TryParse(text, out _));

    private static bool Same(string[] bodies, TransferBatch batch) =>
        batch.Count == bodies.Length && bodies.Select(body => TransferBodies.Decide(Encoding.UTF8.GetBytes(body)))
            .OfType<Transfer>().SequenceEqual(batch.Transfers.ToArray());

    private static bool IsJson(string body)
    {
        try
        {
            // One level less: in the batch it stands inside the array.
            using var document = JsonDocument.Parse(
                body, new JsonDocumentOptions { MaxDepth = StrictObject.DepthMax - 1 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Transfer? Read(byte[] body)
    {
        var faults = new Faults(worded: true);
        return TransferReader.TryRead(body, out var transfer, ref faults) ? transfer : null;
    }
}
