using System.Text.Json;

namespace OrleansWallet.Kill.Tests;

/// <summary>A transfer that was sent, and what was heard of it, over all restarts.</summary>
internal sealed class SentTransfer(Guid id, int from, int to, int cents)
{
    public Guid Id => id;

    public int From => from;

    public int To => to;

    public int Cents => cents;

    /// <summary>Success or the code of the refusal; null while nothing was answered.</summary>
    public string? Answer { get; set; }

    public object ToJson() => new
    {
        from_account = Account(from),
        to_account = Account(to),
        amount = $"{cents / 100}.{cents % 100:00}",
        currency = "USD",
        transaction_id = id.ToString(),
    };

    /// <summary>The outcome in a batch's answer; null for one that says nothing was recorded.</summary>
    public static string? OutcomeIn(JsonElement item) => item.GetProperty("status").GetString() switch
    {
        "success" => "success",
        "rejected" when item.GetProperty("code").GetString() is var code and not "overloaded" and not "unavailable" =>
            code,
        _ => null,
    };

    public static string Account(int number) => number < 0 ? "settlement:USD" : $"account-{number}";
}
