namespace OrleansWallet.Storage;

/// <summary>What a row is the state of; each kind has a table of its own. The numbers are never reused.</summary>
public enum StateKind : byte
{
    /// <summary>An account, or a stripe of one; its key is text of up to 80 printable ASCII characters.</summary>
    Account = 1,
    /// <summary>A transfer; its key is a UUID with hyphens.</summary>
    Transfer = 2,
    /// <summary>A change of an account's status; its key is a UUID with hyphens.</summary>
    StatusChange = 3,
}
