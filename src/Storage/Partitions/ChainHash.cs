using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansWallet.Storage.Partitions;

/// <summary>The value of a partition's hash chain after a batch: SHA-256 over it and the value before.</summary>
public readonly struct ChainHash : IEquatable<ChainHash>
{
    /// <summary>How many bytes it has.</summary>
    public const int Bytes = SHA256.HashSizeInBytes;

    private readonly Content content;

    /// <summary>The value in the first 32 bytes.</summary>
    public ChainHash(ReadOnlySpan<byte> bytes) => bytes[..Bytes].CopyTo(content);

    /// <summary>Writes its 32 bytes.</summary>
    public void CopyTo(Span<byte> bytes) => ((ReadOnlySpan<byte>)content).CopyTo(bytes);

    /// <inheritdoc/>
    public bool Equals(ChainHash other) => ((ReadOnlySpan<byte>)content).SequenceEqual(other.content);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ChainHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => MemoryMarshal.Read<int>(content);

    /// <summary>Whether both are the same value.</summary>
    public static bool operator ==(ChainHash left, ChainHash right) => left.Equals(right);

    /// <summary>Whether they are different values.</summary>
    public static bool operator !=(ChainHash left, ChainHash right) => !left.Equals(right);

    /// <summary>In hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(content);

    [InlineArray(Bytes)]
    private struct Content
    {
        private byte first;
    }
}
