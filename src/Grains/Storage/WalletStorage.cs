using System.Collections.Frozen;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>
/// Where the wallet's transactional states lie: each grain's is one row of the state store, which writes those of
/// many grains together. Orleans' own extension point for transactional storage.
/// </summary>
public sealed class WalletStorage(IStateStore store, ManagerRows managers, IServiceProvider services)
    : ITransactionalStateStorageFactory
{
    /// <summary>The storage's name, as the grains' states ask for it.</summary>
    public const string Name = "wallet";

    private static readonly FrozenDictionary<Type, StateKind> Kinds = new Dictionary<Type, StateKind>
    {
        [typeof(AccountState)] = StateKind.Account,
        [typeof(TransferState)] = StateKind.Transfer,
        [typeof(StatusChangeState)] = StateKind.StatusChange,
    }.ToFrozenDictionary();

    /// <inheritdoc/>
    public ITransactionalStateStorage<TState> Create<TState>(string stateName, IGrainContext context)
        where TState : class, new()
    {
        var kind = Kinds[typeof(TState)];
        var codec = services.GetRequiredService<StateCodec<TState>>();
        return new GrainState<TState>(store, kind, KeyOf(kind, context.GrainId), codec, managers);
    }

    /// <summary>A grain's key in the store.</summary>
    public static string KeyOf(StateKind kind, GrainId grain) => kind == StateKind.Account
        ? grain.Key.ToString() ?? throw new InvalidOperationException($"{grain} has no key.")
        : grain.GetGuidKey().ToString("D");
}
