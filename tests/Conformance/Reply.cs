using System.Net.Http.Headers;
using System.Text.Json;

namespace OrleansWallet.Conformance;

/// <summary>An answer, read to its end.</summary>
public sealed record Reply(
    int Status, string Text, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Code => Json.GetProperty("code").GetString();

    public bool IsReplayed => Headers.TryGetValues("Idempotent-Replayed", out var values) && values.Single() == "true";

    public string this[string member] => Json.GetProperty(member).ToString();

    public string[] Members => [.. Json.EnumerateObject().Select(member => member.Name)];

    public static async Task<Reply> Of(HttpResponseMessage message)
    {
        using (message)
            return new Reply(
                (int)message.StatusCode, await message.Content.ReadAsStringAsync(), message.Headers,
                message.Content.Headers);
    }

    /// <summary>The answer succeeded.</summary>
    public Reply Is(int status)
    {
        Assert.True(status == Status, $"Expected {status}, but was {Status}: {Text}");
        return this;
    }

    /// <summary>The answer is this problem, with the members the contract names and no others.</summary>
    public Reply IsProblem(int status, string code)
    {
        Is(status);
        Assert.Equal("application/problem+json", ContentHeaders.ContentType?.ToString());
        string[] members = ["type", "title", "status", "detail", "code", "trace_id"];
        Assert.Equal(status == 400 ? [.. members, "errors"] : members, Members);
        Assert.Equal(code, this["code"]);
        Assert.Equal($"/problems/{code}", this["type"]);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.NotEmpty(this["title"]);
        Assert.NotEmpty(this["detail"]);
        Assert.NotEmpty(this["trace_id"]);
        Assert.DoesNotContain("Exception", Text);
        Assert.DoesNotContain("OrleansWallet", Text);
        return this;
    }

    /// <summary>The answer is 400 and has faults for just these members, each with a message.</summary>
    public Reply HasFaults(params string[] members)
    {
        IsProblem(400, "invalid_request");
        var errors = Json.GetProperty("errors").EnumerateObject().ToArray();
        Assert.Equal(members.Order(), errors.Select(error => error.Name).Order());
        Assert.All(errors, error => Assert.All(error.Value.EnumerateArray(), text => Assert.NotEmpty(text.ToString())));
        Assert.All(errors, error => Assert.True(error.Value.GetArrayLength() > 0));
        return this;
    }
}
