using OrleansWallet.Bench;

return args switch
{
    [HttpLoadProcess.Verb, var order] => await HttpLoadProcess.RunAsync(order),
    ["partitions", .. var options] => await PartitionBench.RunAsync(ClusterBenchSettings.Parse(options)),
    _ => await ClusterBench.RunAsync(ClusterBenchSettings.Parse(args)),
};
