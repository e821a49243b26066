using OrleansWallet.Bench;

return args switch
{
    ["engine", .. var rest] => await EngineBench.RunAsync(BenchSettings.Parse(rest)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench engine [--seconds 10] [--accounts 1000000] [--directory DIR]");
    return 2;
}
