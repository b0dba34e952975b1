// Tab-separated listings, one row a line.
using System;
using System.Runtime.InteropServices;

namespace Lockstep.Farm.Control;

static class Listing
{
    static void Row(params object[] cells) => Console.Out.Write(string.Join('\t', cells) + "\n");

    // name, identity, user, password in clear, state, process id or -
    public static void Pools(EmulatedServer server)
    {
        var state = server.Locked(was => was.State);
        var file = AppHost.Read(server.ConfigPath);
        foreach (var element in file.Pools)
        {
            string Model(string name) => file.Effective(element, "processModel", name);
            var pool = state.Find(AppHost.NameOf(element));
            Row(AppHost.NameOf(element), Model("identityType"), Model("userName"), Password(server, Model("password")),
                pool is { Started: true } ? "Started" : "Stopped", pool?.Worker?.Pid.ToString() ?? "-");
        }
    }

    static string Password(EmulatedServer server, string stored)
    {
        try
        {
            return server.Vault.Unprotect(stored);
        }
        catch (COMException)
        {
            return stored; // encrypted by another machine
        }
    }

    // id, time in milliseconds, pool, error number in 8 hex digits or -
    public static void Events(EmulatedServer server)
    {
        foreach (var e in server.Locked(was => was.State.Events))
            Row(e.Id, e.TimeMs, e.Pool, e.Code == 0 ? "-" : e.Code.ToString("x8"));
    }

    // time in milliseconds, number of pools, their names with commas between
    public static void Commits(EmulatedServer server)
    {
        foreach (var c in server.Locked(was => was.State.Commits))
            Row(c.TimeMs, c.Pools.Length, string.Join(',', c.Pools));
    }
}
