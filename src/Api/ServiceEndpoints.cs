using Microsoft.AspNetCore.Http.HttpResults;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>What an operator's machines ask: does it live, can it work. None of it needs a key.</summary>
internal sealed class ServiceEndpoints(IWallet wallet)
{
    private const string Tag = "Service";
    private const string DocumentPattern = "/openapi/{documentName:regex(^" + OpenApiDocuments.Name + "$)}.json";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapRead("/healthz", Scopes.None, () => TypedResults.Ok(new HealthBody("alive")))
            .Describe(Tag, "healthz", "The process lives.");
        routes.MapOtherMethods("/healthz", "GET, HEAD");

        routes.MapRead("/readyz", Scopes.None, Ready)
            .Describe(Tag, "readyz", "The ledger is recovered and can write; else why not.", 503);
        routes.MapOtherMethods("/readyz", "GET, HEAD");

        routes.MapOpenApi(DocumentPattern);
        routes.MapOtherMethods(DocumentPattern, "GET");

        routes.MapRead("/", Scopes.None, () => TypedResults.Ok(new IndexBody("OrleansWallet", "/openapi/v1.json")))
            .ExcludeFromDescription();
        routes.MapOtherMethods("/", "GET, HEAD");

        var nothing = Problems.NotFound("There is no such route; GET /openapi/v1.json describes all there are.");
        routes.Map("/{**path}", nothing.ExecuteAsync).WithOrder(int.MaxValue);
    }

    private Results<Ok<HealthBody>, Problem> Ready() => wallet.Readiness is { IsReady: false } readiness
        ? Problems.Unavailable(readiness.Reason ?? "The ledger can't be written just now.")
        : TypedResults.Ok(new HealthBody("ready"));
}
