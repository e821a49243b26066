using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests.Support;

internal static class Entries
{
    // All of an account's entries, newest first, by pages.
    public static async Task<List<EntryView>> AllAsync(IWallet wallet, AccountId account, int limit = 300)
    {
        var all = new List<EntryView>();
        string? cursor = null;
        do
        {
            var page = await wallet.ListEntriesAsync(account, limit, cursor);
            Assert.Equal(Rejection.None, page.Rejection);
            all.AddRange(page.Entries);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(all.Select(entry => entry.Sequence).OrderDescending(), all.Select(entry => entry.Sequence));
        return all;
    }
}
