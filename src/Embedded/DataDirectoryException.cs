namespace OrleansWallet.Embedded;

/// <summary>
/// The data directory can't be used as it is. The message names the file, the place in it, and what to do. The journal
/// was not changed, nor any snapshot; the index, which follows from the journal, may have been made anew in part.
/// </summary>
public sealed class DataDirectoryException(string message, Exception? cause = null) : Exception(message, cause);
