using System.Reflection;

namespace OrleansWallet.Api;

/// <summary>How routes are mapped here: each with its scope and its words, its other methods refused.</summary>
internal static class Routes
{
    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps a resource to read. What GET answers, HEAD answers without the body.</summary>
    public static RouteHandlerBuilder MapRead(
        this IEndpointRouteBuilder routes, string pattern, Scopes scope, Delegate handler) =>
        routes.MapMethods(pattern, ReadMethods, handler).RequireScope(scope);

    /// <summary>Maps a command whose handler reads and writes the bytes itself.</summary>
    public static IEndpointConventionBuilder MapCommand(
        this IEndpointRouteBuilder routes, string pattern, Scopes scope, RequestDelegate handler) =>
        // The document describes endpoints that name their method, which a bare delegate doesn't.
        routes.MapPost(pattern, handler).WithMetadata(handler.GetMethodInfo()).RequireScope(scope);

    /// <summary>Refuses all methods of a route that it has no endpoint for.</summary>
    public static void MapOtherMethods(this IEndpointRouteBuilder routes, string pattern, string allow)
    {
        var refusal = Problems.MethodNotAllowed(allow);
        routes.Map(pattern, refusal.ExecuteAsync);
    }

    /// <summary>Puts an endpoint into words: a name, a sentence, and the statuses its problems have.</summary>
    public static TBuilder Describe<TBuilder>(
        this TBuilder builder, string tag, string name, string summary, params int[] problems)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in problems)
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemBody), [Problem.ContentType]));
        return builder.WithName(name).WithSummary(summary).WithTags(tag);
    }

    /// <summary>Says which body an endpoint that writes by hand answers with.</summary>
    public static TBuilder Answers<TBuilder>(
        this TBuilder builder, int status, Type body, params string[] contentTypes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(
            new ProducesResponseTypeMetadata(
                status, body, contentTypes.Length > 0 ? contentTypes : [RequestBody.Json]));

    /// <summary>Says which header an answer of that status may have.</summary>
    public static TBuilder Says<TBuilder>(this TBuilder builder, int status, string header, string description)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new AnswerHeader(status, header, description));

    /// <summary>Says which body an endpoint takes. For the document only: the endpoint itself answers 415.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder builder, Type body, params string[] contentTypes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(
            new TakenBody(body, contentTypes.Length > 0 ? contentTypes : [RequestBody.Json]));
}

/// <summary>A header an answer may have, for the document.</summary>
internal sealed record AnswerHeader(int Status, string Name, string Description);

/// <summary>The body an endpoint takes, for the document.</summary>
internal sealed record TakenBody(Type Type, IReadOnlyList<string> ContentTypes);
