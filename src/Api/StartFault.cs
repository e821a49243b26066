using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace OrleansWallet.Api;

/// <summary>
/// Puts what keeps a server from starting, and an operator can mend, into one line. Anything else is a bug, has no
/// line, and keeps its stack.
/// </summary>
internal static class StartFault
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.Core";
    private const string Configuration = "Microsoft.Extensions.Configuration";
    private const string Logging = "Microsoft.Extensions.Logging";
    private const string Files = "Microsoft.Extensions.FileProviders";

    /// <summary>The line; null for a bug. An edition's own exceptions are asked about first.</summary>
    public static string? Explain(Exception e, Func<Exception, string?>? explainMore) =>
        e is AggregateException { InnerException: { } inner } ? Explain(inner, explainMore)
        : (explainMore?.Invoke(e) ?? Explain(e)) is { } text ? InOneLine(text) : null;

    /// <summary>
    /// What went wrong when the server began to listen, with the addresses and certificates it was told to use, which
    /// the exceptions themselves don't name. Null where it was something else.
    /// </summary>
    public static StartException? OfListening(Exception e, IConfiguration configuration)
    {
        var where = string.Join(", ", ListenAddress.Configured(configuration));
        return e switch
        {
            CryptographicException => new StartException(
                $"A certificate can't be used: {e.Message} Mend {CertificatesOf(configuration)}, or its password."),
            IOException { InnerException: AddressInUseException } => new StartException(
                $"{e.Message} Stop what listens there, or choose another address with --urls."),
            SocketException or InvalidOperationException or ArgumentException
                when e is SocketException || IsFrom(e, Kestrel) || IsFrom(e, "System.Net.Sockets") =>
                new StartException($"The server can't listen at {where}: {e.Message}"),
            _ => null,
        };
    }

    private static string? Explain(Exception e) => e switch
    {
        StartException => e.Message,
        OptionsValidationException invalid => $"The configuration is not valid: {string.Join(" ", invalid.Failures)}",
        InvalidOperationException
            when e.GetBaseException() is FormatException or OverflowException or ArgumentException =>
            $"The configuration is not valid: {e.Message}",
        InvalidOperationException when IsFrom(e, Logging) || IsFrom(e, Configuration) =>
            $"The configuration is not valid: {e.Message}",
        InvalidDataException { InnerException: FormatException } =>
            $"The configuration is not valid: {e.Message} {e.GetBaseException().Message}",
        DirectoryNotFoundException when IsFrom(e, Files) =>
            $"The content root {e.Message} is no directory; choose another with --contentRoot.",
        IOException or UnauthorizedAccessException or FormatException => $"The server can't start: {e.Message}",
        _ => null,
    };

    // Which component refused: the exceptions' types alone could be a bug's.
    private static bool IsFrom(Exception e, string component) =>
        e.Source?.StartsWith(component, StringComparison.Ordinal) == true;

    private static string CertificatesOf(IConfiguration configuration)
    {
        var sections = configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Select(endpoint => endpoint.GetSection("Certificate"))
            .Prepend(configuration.GetSection("Kestrel:Certificates:Default"));
        var named = sections.Where(section => section["Path"] is not null)
            .Select(section => $"{section.Path}:Path ({section["Path"]})");
        return string.Join(" and ", named.DefaultIfEmpty("Kestrel:Certificates"));
    }

    private static string InOneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
