namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>What a crash keeps of all that was not synced.</summary>
internal abstract class CrashChoice
{
    /// <summary>All that was written is there: the process was killed, and the machine lived on.</summary>
    public static CrashChoice KeepAll { get; } = new Fixed(true);

    /// <summary>Only what was synced is there.</summary>
    public static CrashChoice KeepNothing { get; } = new Fixed(false);

    /// <summary>Every sector, length and name by the toss of a coin.</summary>
    public static CrashChoice Random(int seed) => new Tossed(new Random(seed));

    /// <summary>
    /// Of one file the length, and of its unsynced sectors, counted in order, those whose bit is set; of anything else
    /// nothing.
    /// </summary>
    public static CrashChoice Sectors(int fileNumber, ulong mask) => new Masked(fileNumber, mask);

    public abstract bool KeepsName(DiskOperation change);

    public abstract bool KeepsLength(FaultyFile file);

    public abstract bool KeepsSector(FaultyFile file, long sector);

    private sealed class Fixed(bool keeps) : CrashChoice
    {
        public override bool KeepsName(DiskOperation change) => keeps;

        public override bool KeepsLength(FaultyFile file) => keeps;

        public override bool KeepsSector(FaultyFile file, long sector) => keeps;
    }

    private sealed class Tossed(Random random) : CrashChoice
    {
        public override bool KeepsName(DiskOperation change) => random.Next(2) == 0;

        public override bool KeepsLength(FaultyFile file) => random.Next(2) == 0;

        public override bool KeepsSector(FaultyFile file, long sector) => random.Next(4) != 0;
    }

    private sealed class Masked(int fileNumber, ulong mask) : CrashChoice
    {
        private int next;

        public override bool KeepsName(DiskOperation change) => false;

        public override bool KeepsLength(FaultyFile file) => file.Number == fileNumber;

        public override bool KeepsSector(FaultyFile file, long sector) =>
            file.Number == fileNumber && (mask >> next++ & 1) != 0;
    }
}
