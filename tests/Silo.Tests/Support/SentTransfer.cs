namespace OrleansWallet.Silo.Tests;

/// <summary>A transfer that was sent, perhaps more than once, and the one outcome that was heard of it.</summary>
internal sealed class SentTransfer(int from, int to, int cents)
{
    /// <summary>Stands for the settlement account.</summary>
    public const int Outside = -1;

    public Guid Id { get; } = Guid.NewGuid();

    public int From => from;

    public int To => to;

    public int Cents => cents;

    /// <summary>Success or the code of the refusal; null while nothing was answered.</summary>
    public string? Answer { get; private set; }

    /// <summary>Notes an answer, which may never change.</summary>
    public void Note(string answer)
    {
        if (Answer is not null && Answer != answer) Assert.Fail($"{Id} was answered {Answer}, and then {answer}.");
        Answer = answer;
    }

    public object ToJson() => new
    {
        from_account = Account(from),
        to_account = Account(to),
        amount = $"{cents / 100}.{cents % 100:00}",
        currency = "USD",
        transaction_id = Id.ToString(),
    };

    public static string Account(int number) => number == Outside ? "settlement:USD" : $"account-{number}";
}
