using System.Runtime.InteropServices;

namespace OrleansWallet.Embedded.Index;

/// <summary>One transaction id in the index: its hash, and its record's place (0 is no entry). 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct IdEntry(ulong Hash, long Place);
