// farmctl - what tests/farm/farm does with servers that are up. See tests/farm/README.md for the commands.
using System;
using System.IO;
using System.Runtime.InteropServices;
using Lockstep.Farm.Control;

try
{
    switch (args)
    {
    case ["init", var dir, .. var names]:
        foreach (string name in names)
            Servers.Init(dir, name);
        return 0;
    case ["account", var dir, var account]:
        Domain.SetAccount(dir, account, "enabled");
        return 0;
    case ["account", var dir, var account, var state]:
        Domain.SetAccount(dir, account, state);
        return 0;
    case ["secret", var dir, var user]:
        Secrets.Add(dir, user);
        return 0;
    case ["set", var dir, var name, var pool, var user]:
        Servers.Set(Servers.Open(dir, name), pool, user);
        return 0;
    case ["pools", var dir, var name]:
        Listing.Pools(Servers.Open(dir, name));
        return 0;
    case ["events", var dir, var name]:
        Listing.Events(Servers.Open(dir, name));
        return 0;
    case ["commits", var dir, var name]:
        Listing.Commits(Servers.Open(dir, name));
        return 0;
    case ["request", var dir, var name, var pool]:
        Console.WriteLine(Servers.Open(dir, name).Locked(was => was.Request(pool)));
        return 0;
    case ["touch", var dir, var name]:
        Servers.Touch(Servers.Open(dir, name));
        return 0;
    }
    Console.Error.WriteLine("farm: wrong usage; see tests/farm/README.md");
    return 64;
}
catch (Exception e) when (e is UsageException or IOException or COMException or UnauthorizedAccessException)
{
    Console.Error.WriteLine("farm: " + e.Message.Trim());
    return 1;
}
