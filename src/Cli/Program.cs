using OrleansWallet.Cli;

return await WalletCommand.RunAsync(args, Console.Out, Console.Error);
