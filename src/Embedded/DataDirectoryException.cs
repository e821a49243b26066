namespace OrleansWallet.Embedded;

/// <summary>
/// The data directory can't be used as it is. The message names the file, the place in it, and what to do; nothing in
/// the directory was changed.
/// </summary>
public sealed class DataDirectoryException(string message, Exception? cause = null) : Exception(message, cause);
