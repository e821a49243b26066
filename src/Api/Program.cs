using OrleansWallet.Api;

return await EmbeddedServer.RunAsync(args, Console.Error);
