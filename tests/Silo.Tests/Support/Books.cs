using System.Globalization;
using System.Text.Json;

namespace OrleansWallet.Silo.Tests;

/// <summary>What the ledger must show, from all that was ever sent.</summary>
internal sealed class Books(int accounts)
{
    private const int OpeningCents = 100_000;
    private readonly List<SentTransfer> all = [];

    /// <summary>All that was sent.</summary>
    public IReadOnlyList<SentTransfer> All => all;

    /// <summary>Opens the accounts and puts money into each.</summary>
    public async Task OpenAsync(FrontEnd wallet)
    {
        await Task.WhenAll(Enumerable.Range(0, accounts).Select(wallet.OpenAsync));
        var funding = Enumerable.Range(0, accounts)
            .Select(i => new SentTransfer(SentTransfer.Outside, i, OpeningCents)).ToList();
        await wallet.SendAsync(funding);
        Assert.All(funding, sent => Assert.Equal("success", sent.Answer));
        all.AddRange(funding);
    }

    /// <summary>A transfer between any two accounts, or one.</summary>
    public SentTransfer Draw(Random random) => new(
        random.Next(accounts), random.Next(accounts), random.Next(1, OpeningCents / 4));

    /// <summary>Adds what was sent.</summary>
    public void Add(IEnumerable<SentTransfer> sent) => all.AddRange(sent);

    /// <summary>
    /// Nothing answered is lost or was done twice: each id is answered the same again, balances, entries and the
    /// fresh sum of the whole ledger are those of the transfers that succeeded, and no others.
    /// </summary>
    public async Task CheckAsync(FrontEnd wallet)
    {
        Assert.All(all, sent => Assert.NotNull(sent.Answer));
        foreach (var portion in all.Chunk(1_000)) Assert.All(await wallet.SendAsync(portion), Assert.True);
        var done = all.Where(sent => sent.Answer == "success").ToList();
        var faults = new List<string>();
        for (var i = 0; i < accounts; i++) faults.AddRange(await FaultsOfAsync(wallet, i, done));

        var ledger = await wallet.GetAsync("ledger?fresh=true");
        var totals = $"{ledger.GetProperty("totals")}";
        if (totals != """{"USD":"0.00"}""") faults.Add($"The totals are {totals}.");
        var transfers = ledger.GetProperty("transfers").GetInt64();
        var opened = ledger.GetProperty("accounts").GetInt64();
        if (transfers != done.Count) faults.Add($"The ledger has {transfers} transfers; {done.Count} succeeded.");
        if (opened != accounts) faults.Add($"The ledger has {opened} accounts; {accounts} were opened.");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    // Newest first: each entry's balance is the one before it, and its amount.
    private static async Task<List<string>> FaultsOfAsync(FrontEnd wallet, int number, List<SentTransfer> done)
    {
        var faults = new List<string>();
        var moves = done.Where(sent => sent.From == number || sent.To == number)
            .ToDictionary(sent => sent.Id, sent => (long)(sent.To == number ? sent.Cents : -sent.Cents));
        var path = $"accounts/{SentTransfer.Account(number)}";
        var account = await wallet.GetAsync(path);
        var (balance, version) = (Cents(account, "balance"), account.GetProperty("version").GetInt64());
        if (balance != moves.Values.Sum()) faults.Add($"{path} has {balance}, and should {moves.Values.Sum()}.");
        if (version != moves.Count) faults.Add($"{path} has {version} entries; {moves.Count} transfers succeeded.");
        var newer = long.MaxValue;
        await foreach (var entry in EntriesAsync(wallet, path))
        {
            var id = entry.GetProperty("transaction_id").GetGuid();
            var sequence = entry.GetProperty("sequence").GetInt64();
            var cents = Cents(entry, "amount") * (entry.GetProperty("direction").GetString() == "debit" ? -1 : 1);
            if (Cents(entry, "balance") != balance) faults.Add($"{path} had {balance} after {entry}.");
            if (balance < 0) faults.Add($"{path} was below zero after {entry}.");
            if (sequence >= newer) faults.Add($"{path} had {entry} after {newer}.");
            if (!moves.Remove(id, out var moved)) faults.Add($"{path} has an entry that should not be: {entry}");
            else if (moved != cents) faults.Add($"{path} should have {moved} in {entry}");
            (balance, newer) = (Cents(entry, "balance") - cents, sequence);
        }
        foreach (var (id, cents) in moves) faults.Add($"{path} has no entry of {id}, which moved {cents}.");
        if (balance != 0) faults.Add($"{path} began with {balance}.");
        return faults;
    }

    private static async IAsyncEnumerable<JsonElement> EntriesAsync(FrontEnd wallet, string path)
    {
        for (var cursor = ""; cursor is not null;)
        {
            var page = await wallet.GetAsync($"{path}/entries?limit=1000{cursor}");
            foreach (var entry in page.GetProperty("entries").EnumerateArray()) yield return entry;
            cursor = page.TryGetProperty("next_cursor", out var next) && next.GetString() is { } more
                ? $"&cursor={more}" : null;
        }
    }

    private static long Cents(JsonElement of, string member) =>
        (long)(decimal.Parse(of.GetProperty(member).GetString() ?? "", CultureInfo.InvariantCulture) * 100);
}
