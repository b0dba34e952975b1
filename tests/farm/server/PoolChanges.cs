// Changes of pools that wait for one commit, and the commit.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Lockstep.Farm;

public sealed class PoolChanges
{
    // pool -> processModel attribute -> value of the file
    readonly Dictionary<string, Dictionary<string, string>> pending = new(StringComparer.OrdinalIgnoreCase);

    public void Set(string pool, string attribute, string value)
    {
        XmlText.Escape(value, '"'); // refuse now what the file could not hold
        if (!pending.TryGetValue(pool, out var values))
            pending[pool] = values = new Dictionary<string, string>();
        values[attribute] = value;
    }

    public string? Get(string pool, string attribute) =>
        pending.TryGetValue(pool, out var values) && values.TryGetValue(attribute, out string? value) ? value : null;

    // Writes one file; false when nothing differs. With counted, the commit goes into `farm commits`.
    public bool Commit(EmulatedServer server, AppHost read, bool counted) => server.Locked(was =>
    {
        var splices = new Splices();
        var changed = new List<string>();
        foreach (var (name, values) in pending)
        {
            int before = splices.Count;
            PoolEdit.Set(splices, read.Text, read.FindPool(name)!, values);
            if (splices.Count > before)
                changed.Add(AppHost.NameOf(read.FindPool(name)!));
        }
        if (changed.Count == 0)
            return false;
        if (!File.ReadAllBytes(server.ConfigPath).AsSpan().SequenceEqual(read.Bytes))
            throw new FileLoadException(AppHost.Message(server.ConfigPath, 0, "Cannot commit configuration changes because the file has changed on disk"));
        EmulatedServer.ReplaceFile(server.ConfigPath, read.Encode(splices.Apply(read.Text)));
        if (counted)
            was.State.Commits.Add(new CommitRow(EmulatedServer.NowMs, changed.ToArray()));
        was.ConfigWritten();
        return true;
    });
}
