using OrleansWallet.Bench;

return await ClusterBench.RunAsync(ClusterBenchSettings.Parse(args));
