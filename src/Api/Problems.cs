using System.Diagnostics;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>All the problems there are. Here, and nowhere else, a rejection gets its status, code and words.</summary>
public static class Problems
{
    /// <summary>What <c>Retry-After</c> says while the ledger can't write: longer than for a full queue.</summary>
    private const int UnavailableRetrySeconds = 5;

    /// <summary>
    /// The problem that tells a transfer's or an account's refusal. Where the request is at fault,
    /// <paramref name="member"/> is what named the moment asked for.
    /// </summary>
    public static Problem For(Rejection rejection, string member = "at") => rejection switch
    {
        Rejection.SameAccount => Refused("same_account", "Payer and payee are the same account.",
            "Name two different accounts, under a new transaction id."),
        Rejection.AccountNotFound => Refused("account_not_found", "One of the accounts was never opened.",
            "Open the account first (a settlement account is there from the start, under an active ISO 4217 code), "
            + "then send the transfer under a new transaction id."),
        Rejection.AccountFrozen => Refused("account_frozen", "One of the accounts is frozen.",
            "Have the account unfrozen, then send the transfer under a new transaction id."),
        Rejection.CurrencyMismatch => Refused("currency_mismatch", "One of the accounts holds another currency.",
            "Transfer between accounts of the transfer's currency, under a new transaction id."),
        Rejection.InsufficientFunds => Refused("insufficient_funds", "The payer has less than the amount.",
            "Send a smaller amount, or fund the account, under a new transaction id."),
        Rejection.BalanceOverflow => Refused("balance_overflow", "A balance would pass the largest number there is.",
            $"No balance may pass {Money.MinorUnitsMax} minor units; use another account, under a new transaction id."),
        Rejection.TransactionIdReused => new(409, "transaction_id_reused", "The transaction id was used before.",
            "Another transfer has this transaction id; send this one under an id of its own."),
        Rejection.AccountExists => new(409, "account_exists", "The account is open already, in another currency.",
            "An account keeps its currency for ever; choose another account id."),
        Rejection.ReservedAccountId => Invalid("account_id", Explain.ReservedAccountId),
        Rejection.InTheFuture => Invalid(member, "The moment asked for has not come yet; ask for one that is past."),
        Rejection.BadCursor => Invalid("cursor", Explain.Cursor),
        Rejection.Overloaded => Overloaded,
        Rejection.Unavailable => Unavailable("The ledger can't be written just now."),
        Rejection.None or _ => throw new UnreachableException($"{rejection} is no refusal."),
    };

    /// <summary>The code of a rejection, as the answers to a batch and to reads carry it.</summary>
    public static string CodeOf(Rejection rejection) => For(rejection).Code;

    /// <summary>The problem of a request about one account: there, an account that isn't there is 404.</summary>
    public static Problem ForAccount(Rejection rejection, AccountId id) =>
        rejection != Rejection.AccountNotFound ? For(rejection)
        : id.IsSettlement ? NotFound(
            $"There is no such settlement account, or there was none at that moment; {AccountId.SettlementPrefix} " +
            "is followed by an active ISO 4217 code in capitals.")
        : NotFound("There is no such account, or there was none at that moment; open it first.");

    /// <summary>No room in the queue.</summary>
    public static Problem Overloaded { get; } = new(429, "overloaded", "The server has more work than it can queue.",
        "Nothing was done. Wait as long as Retry-After says, then send the same request again, under the same ids.")
    {
        RetryAfterSeconds = 1,
    };

    /// <summary>The ledger can't write, or is stopping or starting.</summary>
    public static Problem Unavailable(string reason) => new(503, "unavailable", "The ledger is not available.",
        $"{reason} Wait as long as Retry-After says, then send the same request again: the same ids make that safe.")
    {
        RetryAfterSeconds = UnavailableRetrySeconds,
    };

    /// <summary>A malformed request, with one fault.</summary>
    public static Problem Invalid(string member, string message) =>
        Invalid(new Dictionary<string, IReadOnlyList<string>> { [member] = [message] });

    /// <summary>A malformed request, with all its faults.</summary>
    public static Problem Invalid(IReadOnlyDictionary<string, IReadOnlyList<string>> errors) =>
        new(400, "invalid_request", "The request is malformed.",
            "Correct what errors names, then send the request again; nothing was done.") { Errors = errors };

    /// <summary>No key, or a wrong one.</summary>
    public static Problem Unauthenticated { get; } = new(401, "unauthenticated", "There is no valid key.",
        "Send a key this server knows: Authorization: Bearer <key>.") { Challenge = "Bearer realm=\"wallet\"" };

    /// <summary>A key without the scope.</summary>
    public static Problem Forbidden(Scopes scope)
    {
        var name = ScopeNames.NameOf(scope);
        return new(403, "forbidden", "The key may not do that.", $"Use a key with the scope {name}; nothing was done.")
        {
            Challenge = $"Bearer realm=\"wallet\", error=\"insufficient_scope\", scope=\"{name}\"",
        };
    }

    /// <summary>Without keys: the request was sent to a name that anybody may point at this machine.</summary>
    public static Problem ForbiddenHost { get; } = new(403, "forbidden", "The server was called by a foreign name.",
        "No keys are configured, so only this machine is served, under its own names: call it as localhost, " +
        "127.0.0.1 or [::1], or configure Wallet:Keys and send a key. Nothing was done.");

    /// <summary>Without keys: a page from elsewhere sent the request.</summary>
    public static Problem ForbiddenOrigin { get; } = new(403, "forbidden", "A web page from elsewhere sent this.",
        "No keys are configured, so pages of other origins may change nothing: send the request without a browser, " +
        "or configure Wallet:Keys and send a key. Nothing was done.");

    /// <summary>Nothing is there.</summary>
    public static Problem NotFound(string detail) => new(404, "not_found", "There is nothing here.", detail);

    /// <summary>The route has other methods.</summary>
    public static Problem MethodNotAllowed(string allow) => new(
        405, "method_not_allowed", "The method is not known here.",
        $"Use {allow}; GET /openapi/v1.json describes every route.") { Allow = allow };

    /// <summary>The body came too slowly.</summary>
    public static Problem RequestTimeout { get; } = new(408, "request_timeout", "The body came too slowly.",
        "Send the request again, faster; nothing was done.");

    /// <summary>The body is over the limit.</summary>
    public static Problem TooLarge(int bytesMax) => new(413, "too_large", "The body is too large.",
        $"Send at most {bytesMax} bytes at once; nothing was done.");

    /// <summary>The body is of another kind.</summary>
    public static Problem UnsupportedMediaType(string expected) => new(415, "unsupported_media_type",
        "The body is of a kind that is not read here.",
        $"Send Content-Type: {expected} in UTF-8, without Content-Encoding; nothing was done.");

    /// <summary>A fault of the server. What it is stands in the log, under the trace id.</summary>
    public static Problem Internal { get; } = new(500, "internal", "The server failed.",
        "Send the same request again: the same ids make that safe. If it stays, tell the operator the trace_id.");

    private static Problem Refused(string code, string title, string detail) => new(422, code, title, detail);
}
