namespace OrleansWallet.Storage;

/// <summary>
/// The database can't be used as it is set up, and waiting won't help. The message names the place and the remedy.
/// </summary>
public sealed class StorageSetupException(string message, Exception? cause = null) : Exception(message, cause);
