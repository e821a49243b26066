namespace OrleansWallet.Api;

/// <summary>
/// What is wrong with a request, all of it, by member. Whoever needs no words, a batch, counts only; nothing is
/// allocated for a request without faults.
/// </summary>
internal struct Faults(bool worded)
{
    /// <summary>The name that stands for the whole body.</summary>
    public const string Whole = "$";

    // A body of nothing but faults must not make an answer as large as itself.
    private const int MembersMax = 32;
    private const int MessagesMax = 8;
    private const int MemberCharsMax = 64;

    private Dictionary<string, IReadOnlyList<string>>? messages;

    public bool Any { get; private set; }

    /// <summary>Whether words are asked for, for those who would have to compose them.</summary>
    public readonly bool IsWorded => worded;

    public void Add(string member, string message)
    {
        Any = true;
        if (!worded) return;
        if (member.Length > MemberCharsMax) member = string.Concat(member.AsSpan(0, MemberCharsMax), "…");
        messages ??= new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!messages.TryGetValue(member, out var told))
        {
            if (messages.Count < MembersMax) messages[member] = [message];
        }
        else if (told.Count < MessagesMax && !told.Contains(message))
        {
            messages[member] = [.. told, message];
        }
    }

    public readonly IReadOnlyDictionary<string, IReadOnlyList<string>> Messages =>
        messages ?? throw new InvalidOperationException("There is no fault with words.");

    public readonly Problem ToProblem() => Problems.Invalid(Messages);
}
