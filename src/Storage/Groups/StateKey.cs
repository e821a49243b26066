namespace OrleansWallet.Storage.Groups;

/// <summary>A checked key: two that name the same row are equal.</summary>
internal readonly record struct StateKey(StateKind Kind, string Text, Guid Id)
{
    private const int TextLengthMax = 80;

    /// <summary>Whether the rows of a kind are found by a UUID.</summary>
    public static bool IsUuid(StateKind kind) => kind is not StateKind.Account;

    /// <summary>Checks a key.</summary>
    /// <exception cref="ArgumentException">It is no key of that kind.</exception>
    public static StateKey Of(StateKind kind, string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (!Enum.IsDefined(kind)) throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind.");
        if (IsUuid(kind))
        {
            return Guid.TryParseExact(text, "D", out var id)
                ? Of(kind, id)
                : throw new ArgumentException($"The key of a {kind} is a UUID, not {text}.", nameof(text));
        }
        // NUL doesn't go into PostgreSQL's text; the rest would sort and compare differently here and there.
        return text.Length <= TextLengthMax && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? new StateKey(kind, text, Guid.Empty)
            : throw new ArgumentException(
                $"The key of an {kind} has up to {TextLengthMax} printable ASCII characters.", nameof(text));
    }

    /// <summary>The key of a row that a UUID finds.</summary>
    public static StateKey Of(StateKind kind, Guid id) => new(kind, id.ToString("D"), id);

    /// <summary>
    /// One order for all processes: those that lock the same rows lock them in the same order, and never wait for each
    /// other in a circle.
    /// </summary>
    public static int Compare(StateKey one, StateKey other)
    {
        var byKind = one.Kind.CompareTo(other.Kind);
        return byKind != 0 ? byKind : string.CompareOrdinal(one.Text, other.Text);
    }
}
