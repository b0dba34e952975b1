// System.Management over the emulated server: the WMI queries that
// modules/iis_app_pool/README.md names, and the owner of a process.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lockstep.Farm;

namespace System.Management;

public class ManagementException : Exception
{
    public ManagementException(string message) : base(message) { }
}

public class ManagementObjectSearcher : IDisposable
{
    const string Tasks = @"root\Microsoft\Windows\TaskScheduler: ";
    readonly string query;
    public ManagementObjectSearcher(string queryString) { query = queryString; }
    public ManagementObjectSearcher(string scope, string queryString) { query = scope + ": " + queryString; }

    public ManagementObjectCollection Get() => new(query switch
    {
        "SELECT Name, StartName FROM Win32_Service" => Accounts("service", "services", p => new()
        {
            ["Name"] = p.Name, ["StartName"] = p.User,
        }),
        Tasks + "SELECT TaskName, TaskPath, Principal FROM MSFT_ScheduledTask" => Accounts("task", "tasks", p => new()
        {
            ["TaskName"] = p.Name[(p.Name.LastIndexOf('\\') + 1)..], ["TaskPath"] = p.Name[..(p.Name.LastIndexOf('\\') + 1)],
            ["Principal"] = new ManagementBaseObject(new() { ["UserId"] = p.User }),
        }),
        "SELECT ProcessId, CreationDate FROM Win32_Process WHERE Name = 'w3wp.exe'" => Workers(),
        "SELECT Name, State FROM Win32_Service WHERE Name = 'WAS' OR Name = 'W3SVC'" => Services(),
        _ => throw new ManagementException("Invalid query: the emulation does not answer it"),
    });

    public void Dispose() { }

    static List<ManagementObject> Workers() => EmulatedServer.OfSession().Locked(was =>
        was.State.Pools.Where(p => p.Worker != null).Select(p => new ManagementObject(new()
        {
            ["ProcessId"] = (uint)p.Worker!.Pid,
            ["CreationDate"] = ManagementDateTimeConverter.ToDmtfDateTime(
                DateTimeOffset.FromUnixTimeMilliseconds(p.Worker.StartedMs).LocalDateTime),
        })).ToList());

    static List<ManagementObject> Accounts(string kind, string what, Func<AccountUse, Dictionary<string, object>> row) =>
        EmulatedServer.OfSession().Locked(was => was.State.Blind.Contains(what)
            ? throw new ManagementException("Access denied")
            : was.State.Programs.Where(p => p.Kind == kind).Select(p => new ManagementObject(row(p))).ToList());

    static List<ManagementObject> Services() =>
        new[] { "WAS", "W3SVC" }.Select(n => new ManagementObject(new() { ["Name"] = n, ["State"] = "Running" })).ToList();
}

public class ManagementObjectCollection : IEnumerable, IDisposable
{
    readonly List<ManagementObject> list;
    internal ManagementObjectCollection(List<ManagementObject> list) { this.list = list; }
    public int Count => list.Count;
    public IEnumerator GetEnumerator() => list.GetEnumerator();
    public void Dispose() { }
}

public class ManagementBaseObject : IDisposable
{
    internal readonly Dictionary<string, object> properties;

    internal ManagementBaseObject(Dictionary<string, object> properties)
    {
        this.properties = new(properties, StringComparer.OrdinalIgnoreCase);
    }

    public object this[string name] =>
        properties.TryGetValue(name, out var value) ? value : throw new ManagementException("Not found");

    public void Dispose() { }
}

public class ManagementObject : ManagementBaseObject
{
    internal ManagementObject(Dictionary<string, object> properties) : base(properties) { }

    // Win32_Process.GetOwner fills User and Domain; 0 is success, 9 "path not found": the process has ended.
    public object InvokeMethod(string methodName, object[] args)
    {
        if (methodName != "GetOwner" || args.Length != 2 || !properties.TryGetValue("ProcessId", out var pid))
            throw new ManagementException("Invalid method: the emulation does not know it");
        var worker = EmulatedServer.OfSession().Locked(was => was.OwnerOf((int)(uint)pid)?.Worker);
        if (worker == null)
            return 9u;
        args[0] = worker.User;
        args[1] = worker.Domain;
        return 0u;
    }
}

public static class ManagementDateTimeConverter
{
    // yyyymmddHHMMSS.mmmmmmsUUU, UUU minutes from UTC; the answer is local time.
    public static DateTime ToDateTime(string dmtfDate)
    {
        if (dmtfDate.Length != 25
            || !DateTime.TryParseExact(dmtfDate[..21], "yyyyMMddHHmmss.ffffff", CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock)
            || !int.TryParse(dmtfDate[21..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int minutes))
            throw new ArgumentOutOfRangeException(nameof(dmtfDate));
        return DateTime.SpecifyKind(clock.AddMinutes(-minutes), DateTimeKind.Utc).ToLocalTime();
    }

    public static string ToDmtfDateTime(DateTime date)
    {
        int minutes = (int)TimeZoneInfo.Local.GetUtcOffset(date).TotalMinutes;
        return date.ToString("yyyyMMddHHmmss.ffffff", CultureInfo.InvariantCulture)
            + (minutes < 0 ? "-" : "+") + Math.Abs(minutes).ToString("000", CultureInfo.InvariantCulture);
    }
}
