using Microsoft.AspNetCore.Connections;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>
/// Stands before every endpoint of the front end: lets in who has the scope, and gives every exception its defined
/// answer. It wraps the endpoints themselves, so a host that mounts them can't forget it, and costs others nothing.
/// </summary>
internal sealed partial class Guard(KeyRing keys, ApiOptions options, ILogger<Guard> log)
{
    public void Wrap(EndpointBuilder endpoint)
    {
        var inner = endpoint.RequestDelegate
            ?? throw new InvalidOperationException($"{endpoint.DisplayName} has nothing to guard.");
        var scope = endpoint.Metadata.OfType<RequiredScope>().LastOrDefault()?.Scope ?? Scopes.None;
        endpoint.RequestDelegate = context => InvokeAsync(context, inner, scope);
    }

    private async Task InvokeAsync(HttpContext context, RequestDelegate inner, Scopes scope)
    {
        try
        {
            if (Refuse(context.Request, scope) is { } refusal) await refusal.ExecuteAsync(context);
            else await inner(context);
        }
        catch (Exception e)
        {
            // Every exception ends here as an answer or a closed connection; the unforeseen ones are logged.
            if (AnswerTo(e, context) is not { } answer || context.Response.HasStarted)
            {
                context.Abort();
                return;
            }
            await answer.ExecuteAsync(context);
            if (answer.Status != StatusCodes.Status413PayloadTooLarge) return;
            await context.Response.CompleteAsync();
            await RequestBody.DrainAsync(context.Request);
        }
    }

    private Problem? Refuse(HttpRequest request, Scopes scope)
    {
        if (keys.IsEmpty) return BrowserRule.Refuse(request);
        if (scope == Scopes.None) return null;
        if (!keys.TryFind(request, out var scopes)) return Problems.Unauthenticated;
        return (scopes & scope) == scope ? null : Problems.Forbidden(scope);
    }

    private Problem? AnswerTo(Exception exception, HttpContext context)
    {
        switch (exception)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return Problems.TooLarge(options.BodyBytesMax);
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                return Problems.RequestTimeout;
            case BadHttpRequestException:
                return Problems.Invalid(Faults.Whole, "Send the body as HTTP asks for: as long as it was said to be.");
            case WalletUnavailableException:
                return Problems.Unavailable(exception.Message);
            case WalletOverloadedException:
                return Problems.Overloaded;
            case ConnectionAbortedException or ConnectionResetException:
                return null;
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                return null;
            default:
                LogFailed(exception, context.Request.Method, context.Request.Path, Problem.TraceIdOf(context));
                return Problems.Internal;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed, trace id {TraceId}.")]
    private partial void LogFailed(Exception exception, string method, PathString path, string traceId);
}
