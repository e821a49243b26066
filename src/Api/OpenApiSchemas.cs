using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>What the types of members and parameters don't tell the document about the values they carry.</summary>
internal static class OpenApiSchemas
{
    /// <summary>Says of a member's schema what its converter and its attributes hide from the generator.</summary>
    public static Task DescribeMemberAsync(
        OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken _)
    {
        // A converter of our own hides that a time is a string.
        if (context.JsonTypeInfo.Type == typeof(DateTimeOffset)) schema.Type = JsonSchemaType.String;
        foreach (var attribute in context.JsonPropertyInfo?.AttributeProvider?.GetCustomAttributes(true) ?? [])
        {
            switch (attribute)
            {
                case AllowedValuesAttribute allowed:
                    schema.Enum = [.. allowed.Values.Select(value => (JsonNode)JsonValue.Create($"{value}"))];
                    break;
                case JsonIgnoreAttribute { Condition: JsonIgnoreCondition.WhenWritingNull }:
                    // It is left out where there is none, and so never null.
                    schema.Type &= ~JsonSchemaType.Null;
                    break;
                default:
                    break;
            }
        }
        return Task.CompletedTask;
    }

    /// <summary>
    /// The schema of a parameter. The endpoints take all of them as text, to tell every fault in words of their own.
    /// </summary>
    public static OpenApiSchema OfParameter(string? name) => name switch
    {
        "account_id" => new() { Type = JsonSchemaType.String, Pattern = Forms.AccountId },
        "transaction_id" => new() { Type = JsonSchemaType.String, Format = "uuid" },
        "at" => new() { Type = JsonSchemaType.String, Format = "date-time" },
        "sequence" => new() { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
        "limit" => new()
        {
            Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = $"{IWallet.EntriesMax}",
            Default = JsonValue.Create(AccountEndpoints.EntriesUsual),
        },
        "fresh" => new() { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) },
        "cursor" => new() { Type = JsonSchemaType.String },
        _ => throw new InvalidOperationException($"The document has no form for the parameter {name}."),
    };

    /// <summary>
    /// The schemas of a body by media type. As lines each line is an object by itself, which no schema can say of the
    /// whole: it is the line's.
    /// </summary>
    public static IOpenApiSchema OfContent(string mediaType, IOpenApiSchema schema) =>
        mediaType == RequestBody.Lines && schema is { Type: JsonSchemaType.Array, Items: { } line } ? line : schema;
}
