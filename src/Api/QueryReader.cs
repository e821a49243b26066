using System.Globalization;
using Microsoft.Extensions.Primitives;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Reads query parameters strictly: an unknown name is a fault, for it was meant to do something.</summary>
internal static class QueryReader
{
    public static void CheckNames(IQueryCollection query, ref Faults faults, params ReadOnlySpan<string> known)
    {
        foreach (var (name, values) in query)
        {
            if (!known.Contains(name)) faults.Add(name, "There is no such query parameter here; leave it out.");
            else if (values.Count > 1) faults.Add(name, "Send this query parameter once.");
        }
    }

    /// <summary>The same for a command, which has no parameters at all.</summary>
    public static void CheckNames(HttpRequest request, ref Faults faults)
    {
        // Only a request that has a query pays for the reading of it.
        if (request.QueryString.HasValue) CheckNames(request.Query, ref faults);
    }

    /// <summary>Reads which moment is asked for: now, a time, or a sequence number.</summary>
    public static AsOf AsOf(IQueryCollection query, ref Faults faults)
    {
        var at = One(query, "at");
        var sequence = One(query, "sequence");
        if (at is not null && sequence is not null)
        {
            faults.Add("at", "Send at or sequence, not both.");
            faults.Add("sequence", "Send at or sequence, not both.");
        }
        if (sequence is not null)
        {
            if (TryDigits(sequence, out var number)) return Ledger.AsOf.AfterSequence(number);
            faults.Add("sequence", Explain.Sequence);
        }
        if (at is not null)
        {
            if (Rfc3339.TryParse(at, out var time)) return Ledger.AsOf.At(time);
            faults.Add("at", Explain.Time);
        }
        return Ledger.AsOf.Now;
    }

    /// <summary>Reads how many entries are asked for.</summary>
    public static int Limit(IQueryCollection query, int usual, ref Faults faults)
    {
        if (One(query, "limit") is not { } text) return usual;
        if (TryDigits(text, out var limit) && limit is >= 1 and <= IWallet.EntriesMax) return (int)limit;
        faults.Add("limit", $"Send a number from 1 to {IWallet.EntriesMax}.");
        return usual;
    }

    /// <summary>Reads where a page begins; null for the first. Only the ledger knows whether it is a place.</summary>
    public static string? Cursor(IQueryCollection query, ref Faults faults)
    {
        var text = One(query, "cursor");
        if (text is not null && !TryDigits(text, out _)) faults.Add("cursor", Explain.Cursor);
        return text;
    }

    /// <summary>Reads a parameter that is true or false.</summary>
    public static bool Flag(IQueryCollection query, string name, ref Faults faults)
    {
        switch (One(query, name))
        {
            case null or "false": return false;
            case "true": return true;
            default:
                faults.Add(name, "Send true or false.");
                return false;
        }
    }

    public static string? One(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && !StringValues.IsNullOrEmpty(values) ? values[0]
        : query.ContainsKey(name) ? "" : null;

    private static bool TryDigits(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
