using System.Runtime.InteropServices;

namespace OrleansWallet.Embedded.Index;

/// <summary>One transaction id in the index: its hash, and where its record lies. 16 bytes; place 0 is no entry.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct IdEntry(ulong Hash, long Place);
