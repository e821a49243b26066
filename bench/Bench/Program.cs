using OrleansWallet.Bench;

return args switch
{
    ["engine", .. var rest] => await EngineBench.RunAsync(BenchSettings.Parse(rest)),
    ["snapshot", .. var rest] => SnapshotBench.Run(BenchSettings.Parse(rest)),
    ["restart", .. var rest] => await RestartBench.RunAsync(BenchSettings.Parse(rest)),
    ["postgres", .. var rest] => await PostgresBench.RunAsync(BenchSettings.Parse(rest)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: bench engine|snapshot|restart|postgres [--seconds 10] [--accounts 1000000] [--transfers 10000000] "
        + "[--directory DIR]");
    return 2;
}
