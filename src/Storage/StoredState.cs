namespace OrleansWallet.Storage;

/// <summary>
/// One grain's state as it lies in the database. The bytes are only read here, and must not change while a store is
/// under way.
/// </summary>
/// <param name="Key">The grain's key; a UUID is written with hyphens and in lower case.</param>
/// <param name="Version">1 for the first write, one more with each.</param>
/// <param name="State">What was committed.</param>
/// <param name="Pending">What the transaction protocol has under way; empty where nothing is.</param>
public sealed record StoredState(
    string Key, long Version, ReadOnlyMemory<byte> State, ReadOnlyMemory<byte> Pending);
