using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Accounts: opening, reading as of any moment, statements, freezing.</summary>
internal sealed class AccountEndpoints(IWallet wallet, ApiOptions options)
{
    private const string Tag = "Accounts";
    /// <summary>How many entries a page has if nothing else is asked for.</summary>
    internal const int EntriesUsual = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/accounts", (Delegate)OpenAsync).RequireScope(Scopes.Transfer).Takes(typeof(AccountRequestBody))
            .Says(201, "Location", "Where the account is.")
            .Describe(Tag, "openAccount", "Opens an account; again with the same currency, answers with it.",
                400, 401, 403, 408, 409, 413, 415, 429, 500, 503);
        routes.MapOtherMethods("/accounts", "POST");

        routes.MapRead("/accounts/{account_id}", Scopes.Read, FindAsync)
            .Describe(Tag, "findAccount", "An account as it stands, or stood.", 400, 401, 403, 404, 429, 500, 503);
        routes.MapOtherMethods("/accounts/{account_id}", "GET, HEAD");

        routes.MapRead("/accounts/{account_id}/entries", Scopes.Read, ListEntriesAsync)
            .Describe(Tag, "listEntries", "An account's entries, newest first.", 400, 401, 403, 404, 429, 500, 503);
        routes.MapOtherMethods("/accounts/{account_id}/entries", "GET, HEAD");

        foreach (var (verb, frozen) in new[] { ("freeze", true), ("unfreeze", false) })
        {
            var pattern = $"/accounts/{{account_id}}/{verb}";
            routes.MapPost(pattern, ([FromRoute(Name = "account_id")] string accountId, HttpContext context) =>
                    SetFrozenAsync(accountId, frozen, context))
                .RequireScope(Scopes.Operate)
                .Describe(Tag, $"{verb}Account", frozen
                    ? "Freezes an account: it may neither pay nor be paid."
                    : "Ends an account's freeze.", 400, 401, 403, 404, 408, 429, 500, 503);
            routes.MapOtherMethods(pattern, "POST");
        }
    }

    private async Task<Results<Ok<AccountBody>, Created<AccountBody>, Problem>> OpenAsync(HttpContext context)
    {
        if (!RequestBody.Is(context.Request, RequestBody.Json))
            return Problems.UnsupportedMediaType(RequestBody.Json);
        var faults = new Faults(worded: true);
        QueryReader.CheckNames(context.Request, ref faults);
        AccountId id;
        Currency currency;
        using (var body = await RequestBody.ReadAsync(context.Request, options.BodyBytesMax))
            AccountReader.TryRead(body.Written.Span, out id, out currency, ref faults);
        if (faults.Any) return faults.ToProblem();

        var result = await wallet.OpenAccountAsync(id, currency, context.RequestAborted);
        if (result.Account is not { } account) return Problems.ForAccount(result.Rejection, id);
        var answer = AccountBody.Of(account);
        return result.Created
            ? TypedResults.Created($"/v1/wallet/accounts/{id}", answer)
            : TypedResults.Ok(answer);
    }

    private async Task<Results<Ok<AccountBody>, Problem>> FindAsync(
        [FromRoute(Name = "account_id")] string accountId,
        HttpContext context,
        [Description("As it stood at this time, RFC 3339; not together with sequence.")] string? at = null,
        [Description("As it stood after this event; not together with at.")] string? sequence = null)
    {
        var faults = new Faults(worded: true);
        var query = context.Request.Query;
        QueryReader.CheckNames(query, ref faults, nameof(at), nameof(sequence));
        var asOf = QueryReader.AsOf(query, ref faults);
        var id = IdOf(accountId, ref faults);
        if (faults.Any) return faults.ToProblem();

        var result = await wallet.FindAccountAsync(id, asOf, context.RequestAborted);
        if (result.Rejection == Rejection.InTheFuture)
            return Problems.For(result.Rejection, member: asOf.Time is null ? nameof(sequence) : nameof(at));
        return result.Account is { } account
            ? TypedResults.Ok(AccountBody.Of(account))
            : Problems.ForAccount(result.Rejection, id);
    }

    private async Task<Results<Ok<EntriesBody>, Problem>> ListEntriesAsync(
        [FromRoute(Name = "account_id")] string accountId,
        HttpContext context,
        [Description("How many entries, 1 to 1,000; usually 50.")] string? limit = null,
        [Description("The next_cursor of the page before.")] string? cursor = null)
    {
        var faults = new Faults(worded: true);
        var query = context.Request.Query;
        QueryReader.CheckNames(query, ref faults, nameof(limit), nameof(cursor));
        var count = QueryReader.Limit(query, EntriesUsual, ref faults);
        var from = QueryReader.Cursor(query, ref faults);
        var id = IdOf(accountId, ref faults);
        if (faults.Any) return faults.ToProblem();

        var page = await wallet.ListEntriesAsync(id, count, from, context.RequestAborted);
        if (page.Rejection != Rejection.None) return Problems.ForAccount(page.Rejection, id);
        return TypedResults.Ok(new EntriesBody([.. page.Entries.Select(EntryBody.Of)], page.NextCursor));
    }

    private async Task<Results<Ok<AccountBody>, Problem>> SetFrozenAsync(
        string accountId, bool frozen, HttpContext context)
    {
        var faults = new Faults(worded: true);
        QueryReader.CheckNames(context.Request, ref faults);
        var id = IdOf(accountId, ref faults);
        if (!await RequestBody.IsEmptyAsync(context.Request))
            faults.Add(Faults.Whole, "Send no body; what is to be done stands in the path.");
        if (faults.Any) return faults.ToProblem();
        var result = await wallet.SetFrozenAsync(id, frozen, context.RequestAborted);
        return result.Account is { } account
            ? TypedResults.Ok(AccountBody.Of(account))
            : Problems.ForAccount(result.Rejection, id);
    }

    private static AccountId IdOf(string text, ref Faults faults)
    {
        if (!AccountIdText.TryParse(text, out var id)) faults.Add("account_id", Explain.AccountId);
        return id;
    }
}
