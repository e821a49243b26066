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
            .Describe(Tag, "healthz", "The process lives.", 403);
        routes.MapOtherMethods("/healthz", "GET, HEAD");

        routes.MapRead("/readyz", Scopes.None, Ready)
            .Describe(Tag, "readyz", "The ledger is recovered and can write; else why not.", 403, 503);
        routes.MapOtherMethods("/readyz", "GET, HEAD");

        // What maps the document maps GET alone; the last word on an endpoint's methods counts.
        routes.MapOpenApi(DocumentPattern).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
        routes.MapOtherMethods(DocumentPattern, "GET, HEAD");

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
