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
        options.AddSchemaTransformer(OpenApiSchemas.DescribeMemberAsync);
        options.AddOperationTransformer(async (operation, context, cancel) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            var needed = metadata.OfType<RequiredScope>().LastOrDefault();
            if (needed is { Scope: not Scopes.None }) Secure(operation, context.Document, needed.Scope);
            if (metadata.OfType<TakenBody>().LastOrDefault() is { } taken)
                operation.RequestBody = await BodyAsync(taken, context, cancel);
            DescribeParameters(operation);
            DescribeLines(operation);
            AddHeaders(operation, [.. metadata.OfType<AnswerHeader>()]);
        });
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
                "served, with every scope. A method that a path has no operation for is answered with 405 and Allow. " +
                "In application/x-ndjson each line is one object, and its schema here is that of a line.",
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
            Content = taken.ContentTypes.ToDictionary(
                type => type, type => new OpenApiMediaType { Schema = OpenApiSchemas.OfContent(type, schema) }),
        };
    }

    private static void DescribeParameters(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            parameter.Schema = OpenApiSchemas.OfParameter(parameter.Name);
    }

    private static void DescribeLines(OpenApiOperation operation)
    {
        foreach (var (mediaType, content) in operation.Responses?.Values
            .SelectMany(response => response.Content ?? new Dictionary<string, OpenApiMediaType>()) ?? [])
            if (content.Schema is { } schema) content.Schema = OpenApiSchemas.OfContent(mediaType, schema);
    }

    private static void AddHeaders(OpenApiOperation operation, AnswerHeader[] headers)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (response is not OpenApiResponse own) continue;
            if (status is "429" or "503")
                Add(own, "Retry-After", "When to come again, in seconds.", JsonSchemaType.Integer);
            foreach (var header in headers.Where(header => $"{header.Status}" == status))
                Add(own, header.Name, header.Description, JsonSchemaType.String);
        }
    }

    private static void Add(OpenApiResponse response, string name, string description, JsonSchemaType type)
    {
        response.Headers ??= new Dictionary<string, IOpenApiHeader>();
        response.Headers[name] = new OpenApiHeader
        {
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };
    }
}
