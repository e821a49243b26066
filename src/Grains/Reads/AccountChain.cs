namespace OrleansWallet.Grains;

/// <summary>
/// One account's past, or one stripe's, newest first: stands on an event and goes back along its links.
/// </summary>
internal sealed class AccountChain(EventReader events, string key, AccountRecord record)
{
    /// <summary>The event it stands on; null before the first one after the opening.</summary>
    public ChainEvent? Current { get; private set; }

    /// <summary>Balance and version as they stood where the chain stands.</summary>
    public (long Balance, long Version) Standing =>
        Current is { Side: var side } ? (side.Balance, side.Version) : (0, 0);

    /// <summary>Goes to the newest event whose number is not above <paramref name="sequence"/>.</summary>
    public async Task SeekAsync(long sequence)
    {
        Current = await FollowAsync(record.Newest);
        // A link known not to lead too far back: going back by Previous never needs to look at it again.
        var notLater = default(EventLink);
        while (Current is { } here && here.Sequence > sequence)
        {
            var (previous, skip) = (here.Side.Previous, here.Side.Skip);
            if (skip != previous && skip != notLater && skip.Kind != EventKind.None)
            {
                var far = await events.ReadAsync(skip, key);
                if (far.Sequence > sequence)
                {
                    Current = far;
                    continue;
                }
                notLater = skip;
            }
            Current = await FollowAsync(previous);
        }
    }

    /// <summary>Goes one event back.</summary>
    public async Task BackAsync() => Current = Current is null ? null : await FollowAsync(Current.Side.Previous);

    /// <summary>Whether the account was frozen where the chain stands. A transfer tells that it was not.</summary>
    public bool IsFrozen => Current is { FrozenSet: true };

    private async Task<ChainEvent?> FollowAsync(EventLink link) =>
        link.Kind == EventKind.None ? null : await events.ReadAsync(link, key);
}
