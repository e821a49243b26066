using OrleansWallet.Bench;

return args is ["partitions", .. var options]
    ? await PartitionBench.RunAsync(ClusterBenchSettings.Parse(options))
    : await ClusterBench.RunAsync(ClusterBenchSettings.Parse(args));
