using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace OrleansWallet.Api;

/// <summary>The OpenAPI document: what the endpoints can't say about themselves.</summary>
internal static class OpenApiDocuments
{
    public const string Name = "v1";
    private const string SchemeName = "bearer";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer(DescribeTime);
        options.AddOperationTransformer(async (operation, context, cancel) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            var needed = metadata.OfType<RequiredScope>().LastOrDefault();
            if (needed is { Scope: not Scopes.None }) Secure(operation, context.Document, needed.Scope);
            if (metadata.OfType<TakenBody>().LastOrDefault() is { } taken)
                operation.RequestBody = await BodyAsync(taken, context, cancel);
            AddHeaders(operation);
        });
    }

    // A converter of our own hides from the generator that a time is a string.
    private static Task DescribeTime(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken _)
    {
        if (context.JsonTypeInfo.Type == typeof(DateTimeOffset)) schema.Type = JsonSchemaType.String;
        return Task.CompletedTask;
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "OrleansWallet",
            Version = Name,
            Description = "A digital wallet: moves money once. Amounts are strings of decimal digits; times are RFC " +
                "3339 in UTC; errors are RFC 9457 problem details with a stable code. Keys have scopes: transfer " +
                "opens accounts and moves money between them, read reads, operate freezes and unfreezes, treasury " +
                "moves money out of settlement accounts. Where no key is configured only the machine itself is " +
                "served, with every scope.",
        };
        // HEAD is GET without the body; a second description of each read would say nothing.
        foreach (var path in document.Paths.Values) path.Operations?.Remove(HttpMethod.Head);
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[SchemeName] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A key of Wallet:Keys.",
        };
    }

    private static void Secure(OpenApiOperation operation, OpenApiDocument? document, Scopes scope)
    {
        operation.Description = $"Needs the scope {ScopeNames.NameOf(scope)}.";
        operation.Security = [new OpenApiSecurityRequirement
        {
            [new OpenApiSecuritySchemeReference(SchemeName, document)] = [],
        }];
    }

    private static async Task<OpenApiRequestBody> BodyAsync(
        TakenBody taken, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var schema = await context.GetOrCreateSchemaAsync(taken.Type, parameterDescription: null, cancel);
        return new OpenApiRequestBody
        {
            Required = true,
            Content = taken.ContentTypes.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = schema }),
        };
    }

    private static void AddHeaders(OpenApiOperation operation)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (status is not ("429" or "503") || response is not OpenApiResponse own) continue;
            own.Headers ??= new Dictionary<string, IOpenApiHeader>();
            own.Headers["Retry-After"] = new OpenApiHeader
            {
                Description = "When to come again, in seconds.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
            };
        }
    }
}
