// What a server remembers from one process to the next: pools, workers, events, commits.
// One small text file: a kind and its tab-separated fields a line; replaced whole by rename.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Lockstep.Farm;

// Nobody runs behind the process id: a worker is a row.
public sealed record Worker(int Pid, string User, string Domain, long StartedMs);

public sealed class PoolState
{
    public required string Name { get; init; }
    public bool Started { get; set; }
    public Logon Logon { get; set; } // of the last check
    public string Fingerprint { get; set; } = "";
    public Worker? Worker { get; set; }
    public List<long> CrashesMs { get; } = new(); // of the last minutes
}

public sealed record EventRow(long RecordId, int Id, long TimeMs, string Pool, uint Code);
// A Windows service or a scheduled task, and the account that it runs as.
public sealed record AccountUse(string Kind, string Name, string User);
public sealed record CommitRow(long TimeMs, string[] Pools);

public sealed class ServerState
{
    public string ConfigStamp { get; set; } = ""; // of the file that the pools' states belong to
    public int LastPid { get; set; } = 4000;
    public List<PoolState> Pools { get; } = new();
    public List<EventRow> Events { get; } = new();
    public List<CommitRow> Commits { get; } = new();
    public List<AccountUse> Programs { get; } = new();
    public HashSet<string> Blind { get; } = new(); // what no session may read: services, tasks, locations

    public PoolState? Find(string name) =>
        Pools.Find(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));

    public static ServerState Load(string path)
    {
        var state = new ServerState();
        if (File.Exists(path))
            foreach (string line in File.ReadAllLines(path))
                state.Read(line.Split('\t'));
        return state;
    }

    void Read(string[] f)
    {
        switch (f[0])
        {
        case "config":
            ConfigStamp = f[1];
            LastPid = int.Parse(f[2]);
            break;
        case "pool":
            Pools.Add(new PoolState { Name = f[1], Started = f[2] == "started", Logon = Enum.Parse<Logon>(f[3]), Fingerprint = f[4] });
            break;
        case "worker": // follows its pool
            Pools[^1].Worker = new Worker(int.Parse(f[1]), f[2], f[3], long.Parse(f[4]));
            break;
        case "crash": // follows its pool
            Pools[^1].CrashesMs.Add(long.Parse(f[1]));
            break;
        case "event":
            Events.Add(new EventRow(long.Parse(f[1]), int.Parse(f[2]), long.Parse(f[3]), f[4], uint.Parse(f[5])));
            break;
        case "service":
        case "task":
            Programs.Add(new AccountUse(f[0], f[1], f[2]));
            break;
        case "blind":
            Blind.Add(f[1]);
            break;
        case "commit":
            Commits.Add(new CommitRow(long.Parse(f[1]), f[2..]));
            break;
        default:
            throw new InvalidDataException("state: unknown line");
        }
    }

    public string Write()
    {
        var text = new StringBuilder();
        void Line(params object[] fields) => text.AppendJoin('\t', fields.Select(f => f.ToString()!.Replace('\t', ' ').Replace('\n', ' '))).Append('\n');
        Line("config", ConfigStamp, LastPid);
        foreach (var p in Pools)
        {
            Line("pool", p.Name, p.Started ? "started" : "stopped", p.Logon, p.Fingerprint);
            if (p.Worker is { } w)
                Line("worker", w.Pid, w.User, w.Domain, w.StartedMs);
            foreach (long crash in p.CrashesMs)
                Line("crash", crash);
        }
        foreach (var e in Events)
            Line("event", e.RecordId, e.Id, e.TimeMs, e.Pool, e.Code);
        foreach (var p in Programs)
            Line(p.Kind, p.Name, p.User);
        foreach (string what in Blind)
            Line("blind", what);
        foreach (var c in Commits)
            Line(new object[] { "commit", c.TimeMs }.Concat(c.Pools).ToArray());
        return text.ToString();
    }
}
