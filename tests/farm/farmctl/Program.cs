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
    case ["crash", var dir, var name, var pool]:
        Servers.Open(dir, name).Locked(was => was.Crash(pool));
        return 0;
    case ["stop", var dir, var name, var pool]:
        Servers.Open(dir, name).Locked(was => was.Stop(pool));
        return 0;
    case ["start", var dir, var name, var pool]:
        Servers.Open(dir, name).Locked(was => was.Start(pool));
        return 0;
    case ["add", var dir, var name, var pool]:
        Person.Add(Servers.Open(dir, name), pool);
        return 0;
    case ["remove", var dir, var name, var pool]:
        Person.Remove(Servers.Open(dir, name), pool);
        return 0;
    case ["rename", var dir, var name, var pool, var now]:
        Person.Rename(Servers.Open(dir, name), pool, now);
        return 0;
    case ["builtin", var dir, var name, var pool, var type]:
        Person.Builtin(Servers.Open(dir, name), pool, type);
        return 0;
    case ["damage", var dir, var name, var pool, var provider]:
        Person.Damage(Servers.Open(dir, name), pool, provider);
        return 0;
    case ["damage", var dir, var name]:
        File.Delete(Servers.Open(dir, name).KeyPath);
        return 0;
    case ["redirect", var dir, var name, var folder]:
        Person.Redirect(Servers.Open(dir, name), folder);
        return 0;
    case ["elsewhere", var dir, var name, var kind, var place, var user]:
        Person.Elsewhere(Servers.Open(dir, name), kind, place, user);
        return 0;
    case ["elsewhere", var dir, var name, "blind", var what]:
        Person.Elsewhere(Servers.Open(dir, name), "blind", what, "");
        return 0;
    case ["http", var dir, var name, var site, var answer]:
        Web.SetAnswer(Servers.Open(dir, name), site, answer);
        return 0;
    case ["serve", var dir, var name, var site, var host, var scheme, var ready]:
        Web.Serve(Servers.Open(dir, name), site, host, scheme, ready);
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
