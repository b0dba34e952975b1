// What the objects of one ServerManager share: the server, the file as it was read, the waiting changes.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

sealed class Snapshot
{
    static int exitHooked;
    AppHost? file;
    bool committed;

    public Snapshot(EmulatedServer server) { Server = server; }

    public EmulatedServer Server { get; }
    public PoolChanges Changes { get; } = new();
    public AppHost File => file ??= AppHost.Read(Server.ConfigPath);

    readonly Dictionary<string, Dictionary<string, XmlElement>> sections = new();

    // Location -> the element of a section that stands for it; "" is the whole server.
    public Dictionary<string, XmlElement> Sections(string path)
    {
        if (sections.TryGetValue(path, out var places))
            return places;
        sections[path] = places = new(StringComparer.OrdinalIgnoreCase);
        foreach (var owner in File.Root.Children.Where(c => c.Name == "location").Prepend(File.Root))
            if (path.Split('/').Aggregate((XmlElement?)owner, (at, name) => at?.Child(name)) is { } found)
                places[(owner.Attribute("path")?.Value ?? "").Trim('.', '/')] = found;
        return places;
    }

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
