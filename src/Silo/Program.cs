using OrleansWallet.Silo;

return await SiloServer.RunAsync(args, Console.Error);
