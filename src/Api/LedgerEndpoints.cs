using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>The ledger as a whole.</summary>
internal sealed class LedgerEndpoints(IWallet wallet)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapRead("/ledger", Scopes.Read, ReadAsync)
            .Describe("Ledger", "readLedger", "The totals of all balances at one moment; each is zero.",
                400, 401, 403, 429, 500, 503);
        routes.MapOtherMethods("/ledger", "GET, HEAD");
    }

    private async Task<Results<Ok<LedgerBody>, Problem>> ReadAsync(
        HttpContext context,
        [Description("true: as of a moment after this request; usually false.")] string? fresh = null)
    {
        var faults = new Faults(worded: true);
        QueryReader.CheckNames(context.Request.Query, ref faults, nameof(fresh));
        var isFresh = QueryReader.Flag(context.Request.Query, nameof(fresh), ref faults);
        if (faults.Any) return faults.ToProblem();
        return TypedResults.Ok(LedgerBody.Of(await wallet.ReadLedgerAsync(isFresh, context.RequestAborted)));
    }
}
