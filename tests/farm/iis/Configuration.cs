// What the objects of one ServerManager share: the server, the file as it was read, the waiting changes.
using System;
using System.Threading;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

sealed class Configuration
{
    static int exitHooked;
    AppHost? file;
    bool committed;

    public Configuration(EmulatedServer server) { Server = server; }

    public EmulatedServer Server { get; }
    public PoolChanges Changes { get; } = new();
    public AppHost File => file ??= AppHost.Read(Server.ConfigPath);

    public void CheckWritable()
    {
        if (committed)
            throw new InvalidOperationException("The configuration object is read only, because it has been committed by a call to ServerManager.CommitChanges(). If write access is required, use ServerManager to get a new reference.");
    }

    public void Commit()
    {
        CheckWritable();
        if (!Changes.Commit(Server, File, counted: true))
            return;
        committed = true;
        // WAS hears of the commit even if this process looks at nothing more.
        if (Interlocked.Exchange(ref exitHooked, 1) == 0)
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Server.Locked(_ => { });
    }
}
