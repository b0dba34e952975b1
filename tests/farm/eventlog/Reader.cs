// System.Diagnostics.Eventing.Reader over the emulated server's WAS events.
// Answers one shape of query, the one that modules/iis_app_pool/README.md names.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using Lockstep.Farm;

namespace System.Diagnostics.Eventing.Reader;

public enum PathType { LogName = 1, FilePath = 2 }

public class EventLogException : Exception
{
    public EventLogException(string message) : base(message) { }
}

public class EventLogQuery
{
    static readonly Regex Shape = new(@"\A\*\[System\[Provider\[@Name='Microsoft-Windows-WAS'\] and \(((?:EventID=\d+)(?: or EventID=\d+)*)\) and TimeCreated\[@SystemTime>='(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)'\]\]\]\z");

    internal HashSet<int> Ids { get; }
    internal long SinceMs { get; }

    public EventLogQuery(string path, PathType pathType, string query)
    {
        var match = Shape.Match(query);
        if (path != "System" || pathType != PathType.LogName || !match.Success)
            throw new EventLogException("The specified query is invalid: the emulation does not answer it");
        Ids = Regex.Matches(match.Groups[1].Value, @"\d+").Select(m => int.Parse(m.Value)).ToHashSet();
        SinceMs = DateTimeOffset.ParseExact(match.Groups[2].Value, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds();
    }

    public bool ReverseDirection { get; set; } // true: newest first
}

public sealed class EventProperty
{
    internal EventProperty(object value) { Value = value; }
    public object Value { get; }
}

public sealed class EventRecord : IDisposable
{
    internal EventRecord(EventRow row)
    {
        Id = row.Id;
        RecordId = row.RecordId;
        TimeCreated = DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMs).LocalDateTime;
        Properties = new List<EventProperty> { new(row.Pool) };
        // The error number, as bytes or as a number: which of them Windows gives is not known for every event.
        if (row.Code != 0)
            Properties.Add(new EventProperty(row.Id == 5057 ? row.Code : BitConverter.GetBytes(row.Code)));
    }

    public int Id { get; }
    public long? RecordId { get; }
    public DateTime? TimeCreated { get; } // local time, as in Windows
    public string ProviderName => "Microsoft-Windows-WAS";
    public IList<EventProperty> Properties { get; }
    public void Dispose() { }
}

public class EventLogReader : IDisposable
{
    readonly Queue<EventRow> rows;

    public EventLogReader(EventLogQuery query)
    {
        var found = EmulatedServer.OfSession().Locked(was => was.State.Events.ToList())
            .Where(e => query.Ids.Contains(e.Id) && e.TimeMs >= query.SinceMs);
        rows = new Queue<EventRow>(query.ReverseDirection ? found.Reverse() : found);
    }

    public EventRecord? ReadEvent() => rows.TryDequeue(out var row) ? new EventRecord(row) : null;
    public void Dispose() { }
}
