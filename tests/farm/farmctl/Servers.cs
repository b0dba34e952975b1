// What is done to one server from outside of any session.
using System;
using System.IO;
using System.Security.Cryptography;

namespace Lockstep.Farm.Control;

static class Servers
{
    public static EmulatedServer Open(string dir, string name)
    {
        string home = Path.Combine(Path.GetFullPath(dir), "servers", name);
        if (name.Length == 0 || name.Contains('/') || !File.Exists(Path.Combine(home, "was.state")))
            throw new UsageException("no server '" + name + "' in " + dir);
        return new EmulatedServer(home);
    }

    // The server starts: its pools with autoStart begin.
    public static void Init(string dir, string name)
    {
        var server = new EmulatedServer(Path.Combine(Path.GetFullPath(dir), "servers", name));
        EmulatedServer.ReplaceFile(server.KeyPath, RandomNumberGenerator.GetBytes(32));
        AppHost.Read(server.ConfigPath); // a configuration that cannot be read is said now
        server.Locked(_ => { });
    }

    // As a person does in IIS Manager, which however would refuse a wrong password.
    public static void Set(EmulatedServer server, string pool, string user)
    {
        string password = Input.Password();
        while (!TrySet(server, pool, user, password))
        {
        }
        server.Locked(_ => { }); // WAS hears of it at once
    }

    static bool TrySet(EmulatedServer server, string pool, string user, string password)
    {
        var read = AppHost.Read(server.ConfigPath);
        if (read.FindPool(pool) == null)
            throw new UsageException("no pool '" + pool + "' on " + server.Name);
        var changes = new PoolChanges();
        changes.Set(pool, "identityType", "SpecificUser");
        changes.Set(pool, "userName", user);
        changes.Set(pool, "password", server.Vault.Protect(password));
        try
        {
            changes.Commit(server, read, counted: false);
            return true;
        }
        catch (FileLoadException)
        {
            return false; // someone wrote in between: read again
        }
    }

    // One more line end after the root element: other bytes, the same meaning.
    public static void Touch(EmulatedServer server) => server.Locked(was =>
    {
        var read = AppHost.Read(server.ConfigPath);
        string lineEnd = read.Text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        EmulatedServer.ReplaceFile(server.ConfigPath, read.Encode(read.Text + lineEnd));
        was.ConfigWritten();
    });
}
