using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace OrleansWallet.Silo;

/// <summary>
/// Orleans' meters and traces, the server's and the database driver's, to a collector where one is configured: the
/// usual variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.
/// </summary>
internal static class ClusterTelemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddClusterTelemetry(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[Endpoint])) return;
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddMeter("Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
                    "Npgsql", "System.Runtime")
                .AddOtlpExporter())
            .WithTracing(traces => traces
                .AddSource("Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application", "Npgsql")
                .AddOtlpExporter());
    }
}
