// A pool: what the file says of it, and what WAS does with it.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

public enum ObjectState { Starting, Started, Stopping, Stopped, Unknown }

public sealed class ApplicationPoolCollection : IEnumerable<ApplicationPool>
{
    readonly Snapshot configuration;
    internal ApplicationPoolCollection(Snapshot configuration) { this.configuration = configuration; }

    public int Count => configuration.File.Pools.Count;

    public ApplicationPool? this[string name] =>
        configuration.File.FindPool(name) is { } element ? new ApplicationPool(configuration, element) : null;

    public IEnumerator<ApplicationPool> GetEnumerator() =>
        configuration.File.Pools.Select(e => new ApplicationPool(configuration, e)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed class ApplicationPool
{
    readonly Snapshot configuration;
    readonly XmlElement element;

    internal ApplicationPool(Snapshot configuration, XmlElement element)
    {
        this.configuration = configuration;
        this.element = element;
        ProcessModel = new ApplicationPoolProcessModel(configuration, element);
        Recycling = new ApplicationPoolRecycling(configuration, element);
    }

    public string Name => AppHost.NameOf(element);
    public bool AutoStart => configuration.File.Flag(element, "", "autoStart");
    public ApplicationPoolProcessModel ProcessModel { get; }
    public ApplicationPoolRecycling Recycling { get; }

    // Enumerations are numbers here, as in the real assembly.
    public object GetAttributeValue(string name) => name switch
    {
        "name" => Name,
        "autoStart" => AutoStart,
        "startMode" => configuration.File.Effective(element, "", name) == "AlwaysRunning" ? 1 : 0,
        _ => throw new NotSupportedException("the emulation does not know attribute '" + name + "'"),
    };

    public ObjectState State =>
        configuration.Server.Locked(was => was.Pool(Name).Started) ? ObjectState.Started : ObjectState.Stopped;

    public ObjectState Start() => Do(was => was.Start(Name));
    public ObjectState Stop() => Do(was => was.Stop(Name));
    public ObjectState Recycle() => Do(was => was.Recycle(Name));

    ObjectState Do(Action<Was> work)
    {
        configuration.Server.Locked(work);
        return State;
    }

    public WorkerProcessCollection WorkerProcesses =>
        new(configuration.Server.Locked(was => was.Pool(Name).Worker is { } w
            ? new[] { new WorkerProcess(w.Pid, Name) } : Array.Empty<WorkerProcess>()));
}

public sealed class ApplicationPoolDefaults
{
    internal ApplicationPoolDefaults(Snapshot configuration)
    {
        ProcessModel = new ApplicationPoolProcessModel(configuration, null);
    }

    public ApplicationPoolProcessModel ProcessModel { get; }
}

public sealed class ApplicationPoolRecycling
{
    readonly Snapshot configuration;
    readonly XmlElement element;

    internal ApplicationPoolRecycling(Snapshot configuration, XmlElement element)
    {
        this.configuration = configuration;
        this.element = element;
    }

    public bool DisallowRotationOnConfigChange =>
        configuration.File.Flag(element, "recycling", "disallowRotationOnConfigChange");
}

public sealed class WorkerProcess
{
    internal WorkerProcess(int processId, string appPoolName)
    {
        ProcessId = processId;
        AppPoolName = appPoolName;
    }

    public int ProcessId { get; }
    public string AppPoolName { get; }
}

public sealed class WorkerProcessCollection : IEnumerable<WorkerProcess>
{
    readonly WorkerProcess[] list;
    internal WorkerProcessCollection(WorkerProcess[] list) { this.list = list; }
    public int Count => list.Length;
    public WorkerProcess this[int index] => list[index];
    public IEnumerator<WorkerProcess> GetEnumerator() => list.AsEnumerable().GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
