using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger.Tests;

// A short history with one record of each kind. Its bytes are written down here as they were first written: the disk
// holds such bytes for years, so they may only change together with the format's version.
internal static class GoldenLedger
{
    public static readonly string[] RecordsHex =
    [
        "300003006353f211010000000000000000401e18240a06000000000048030e01736574746c656d656e743a5553440000",
        "2800030081761e04020000000000000000401e18240a06000100000048030500616c696365000000",
        "78000100e9afe115030000000000000000401e18240a06009b77e3090100004080010203040506070000000001000000" +
            "3412000000000000ccedffffffffffff0100000000000000001000000000000000100000000000003412000000000000" +
            "010000000000000030100000000000003010000000000000",
        "40000200b65b9613040000000000000001401e18240a060036efc6130200004080010203040506075600000000000000" +
            "9e01020505616c696365626f622e6200",
        "40000400f808d3f1050000000000000001401e18240a0600010000000000000034120000000000000100000000000000" +
            "58100000000000003010000000000000",
        "400005002fb66655060000000000000001401e18240a0600010000000000000034120000000000000100000000000000" +
            "10110000000000003010000000000000",
    ];

    public const string ImageHex =
        "060000000000000001401e18240a06000100000000000000010000000000000002000000000000000100000000000000" +
        "48030000000000000000000000000000ccedffffffffffff0100000000000000480305000000000000401e18240a0600" +
        "581000000000000000100000000000000010000000000000001000000000000034120000000000000100000000000000" +
        "480301000000000001401e18240a06005011000000000000301000000000000030100000000000003010000000000000" +
        "0e736574746c656d656e743a55534405616c696365";

    public static TestLedger Run()
    {
        var ledger = TestLedger.Empty();
        ledger.NowMicros = 0x0006_0A24_181E_4000;
        OpenSettlement(ledger);
        ledger.Open("alice", "USD");
        ledger.Send(1, "settlement:USD", "alice", 0x1234);
        ledger.NowMicros++;
        ledger.Send(2, "alice", "bob.b", 0x56, "KWD");
        ledger.Freeze("alice");
        ledger.Freeze("alice", on: false);
        return ledger;
    }

    // Only that of one currency, so that the table of currencies may grow.
    private static void OpenSettlement(TestLedger ledger)
    {
        var id = "settlement:USD"u8;
        var idAt = Unsafe.SizeOf<OpenRecord>();
        var bytes = ledger.Kept.Batch.Append(Records.Padded(idAt + id.Length), out var place);
        bytes.Clear();
        Records.As<OpenRecord>(bytes) = new OpenRecord
        {
            Header = new RecordHeader
            {
                Length = (ushort)bytes.Length,
                Kind = RecordKind.AccountOpened,
                Sequence = 1,
                AtMicros = ledger.NowMicros,
            },
            Currency = Currency.Parse("USD").NumericCode,
            IdLength = (byte)id.Length,
            IsSettlement = 1,
        };
        id.CopyTo(bytes[idAt..]);
        Records.Seal(bytes);
        ledger.Partition.Apply(bytes, place);
        ledger.Kept.KeepBatch();
    }
}
