using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

// The store knows nothing of Orleans. Without these, its exceptions could not leave the silo: whoever asked would be
// told of a missing serializer, which is a bug, instead of a fault that passes. Causes stay in the silo's log.

/// <summary><see cref="StateUnavailableException"/> on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.StateUnavailable")]
public readonly record struct StateUnavailableMessage([property: Id(0)] string Text, [property: Id(1)] bool IsKnown);

/// <summary><see cref="StateConflictException"/> on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.StateConflict")]
public readonly record struct StateConflictMessage(
    [property: Id(0)] StateKind Kind, [property: Id(1)] string Key, [property: Id(2)] long Version);

/// <summary>Lets <see cref="StateUnavailableException"/> pass between silos.</summary>
[RegisterConverter]
public sealed class StateUnavailableConverter : IConverter<StateUnavailableException, StateUnavailableMessage>
{
    /// <inheritdoc/>
    public StateUnavailableException ConvertFromSurrogate(in StateUnavailableMessage surrogate) =>
        new(surrogate.Text, null, surrogate.IsKnown);

    /// <inheritdoc/>
    public StateUnavailableMessage ConvertToSurrogate(in StateUnavailableException value) =>
        new(value.Message, value.IsOutcomeKnown);
}

/// <summary>Lets <see cref="StateConflictException"/> pass between silos.</summary>
[RegisterConverter]
public sealed class StateConflictConverter : IConverter<StateConflictException, StateConflictMessage>
{
    /// <inheritdoc/>
    public StateConflictException ConvertFromSurrogate(in StateConflictMessage surrogate) =>
        new(surrogate.Kind, surrogate.Key, surrogate.Version);

    /// <inheritdoc/>
    public StateConflictMessage ConvertToSurrogate(in StateConflictException value) =>
        new(value.Kind, value.Key, value.Version);
}
