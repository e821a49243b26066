using System.Runtime.InteropServices;

namespace OrleansWallet.Cli.Load;

/// <summary>One transfer of a load, by the numbers of its accounts.</summary>
internal readonly record struct PlannedTransfer(Guid Id, int From, int To, int MinorUnits);

/// <summary>
/// Which accounts and transfers a load has. All of it follows from the seed and a transfer's number, so no two
/// workers need to agree on anything, and a second run with the same seed sends the same transfers again.
/// </summary>
internal sealed class LoadPlan
{
    private const int HotAccounts = 10;
    private const int ZipfDraws = 1 << 20;
    // The load's transfers, the funding, and the draws for Zipf's law are three different rows of numbers.
    private const ulong TransferRow = 1;
    private const ulong FundingRow = 2;
    private const ulong ZipfRow = 3;

    private readonly LoadSettings settings;
    private readonly int minorUnitsMin;
    private readonly int[] zipf = [];

    public LoadPlan(LoadSettings settings)
    {
        this.settings = settings;
        // One digit before the point, and as many after it as the currency has: every amount is as long as any other.
        minorUnitsMin = (int)settings.Currency.MinorUnitsPerMajor;
        if (settings.Spread != Spread.Zipf) return;
        var cumulative = new double[settings.Accounts];
        var sum = 0.0;
        for (var i = 0; i < cumulative.Length; i++) cumulative[i] = sum += 1.0 / (i + 1);
        zipf = new int[ZipfDraws];
        for (var i = 0; i < zipf.Length; i++)
        {
            var at = Array.BinarySearch(cumulative, (Number(ZipfRow, (ulong)i) >> 11) / (double)(1UL << 53) * sum);
            zipf[i] = Math.Min(at < 0 ? ~at : at, cumulative.Length - 1);
        }
    }

    /// <summary>The id of an account; each is as long as any other.</summary>
    public string AccountOf(int number) => $"load-{settings.Seed:x8}-{number:D9}";

    /// <summary>The transfer of that number.</summary>
    public PlannedTransfer Transfer(long number)
    {
        var row = Number(TransferRow, (ulong)number);
        var from = Pick(Mix(row ^ 0xA5A5));
        var to = from;
        for (var draw = row; to == from; draw = Mix(draw)) to = Pick(Mix(draw ^ 0x5A5A));
        var minorUnits = minorUnitsMin + (int)(row % (ulong)(9 * minorUnitsMin));
        return new PlannedTransfer(IdOf(row), from, to, minorUnits);
    }

    /// <summary>The id of the transfer that funds an account.</summary>
    public Guid FundingId(int number) => IdOf(Number(FundingRow, (ulong)number));

    private int Pick(ulong random) => settings.Spread switch
    {
        Spread.Uniform => (int)(random % (ulong)settings.Accounts),
        Spread.Zipf => zipf[random % ZipfDraws],
        Spread.Hot => (int)(random % (ulong)Math.Min(HotAccounts, settings.Accounts)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private ulong Number(ulong row, ulong number) => Mix(Mix(((ulong)settings.Seed << 8) | row) + number);

    // A one-to-one mix, so different transfers have different ids.
    private static Guid IdOf(ulong number)
    {
        Span<ulong> words = [number, Mix(number ^ 0x9E3779B97F4A7C15)];
        return MemoryMarshal.Read<Guid>(MemoryMarshal.AsBytes(words));
    }

    // splitmix64's finalizer.
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
