// One reading of applicationHost.config: pools, their effective values, sites.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace Lockstep.Farm;

public sealed class AppHost
{
    static readonly UTF8Encoding Utf8 = new(false, true);
    static readonly byte[] Bom = { 0xEF, 0xBB, 0xBF };

    // Defaults of the IIS 10 schema for what is read here; path/attribute.
    static readonly Dictionary<string, string> Schema = new()
    {
        ["/autoStart"] = "true", ["/startMode"] = "OnDemand",
        ["processModel/identityType"] = "ApplicationPoolIdentity",
        ["processModel/userName"] = "", ["processModel/password"] = "",
        ["recycling/disallowRotationOnConfigChange"] = "false",
    };

    public byte[] Bytes { get; }
    public string Text { get; }
    public List<XmlElement> Pools { get; } = new();
    public XmlElement? PoolDefaults { get; private set; }
    public XmlElement? Sites { get; private set; }
    public XmlElement Root { get; private set; } = null!;

    AppHost(string path, byte[] bytes)
    {
        Bytes = bytes;
        int skip = bytes.AsSpan().StartsWith(Bom) ? 3 : 0;
        try
        {
            Text = Utf8.GetString(bytes, skip, bytes.Length - skip);
            Collect(XmlText.Parse(Text));
        }
        catch (DecoderFallbackException)
        {
            throw Fault(path, 0, "Configuration file is not well-formed XML", 0x8007000D);
        }
        catch (XmlFault e)
        {
            throw Fault(path, e.Line, "Configuration file is not well-formed XML", 0x8007000D);
        }
        CheckPools(path);
    }

    public static AppHost Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException(Message(path, 0, "Cannot read configuration file"));
        }
        return new AppHost(path, bytes);
    }

    // The file with another text, its byte order mark kept.
    public byte[] Encode(string text)
    {
        byte[] body = Utf8.GetBytes(text);
        return Bytes.AsSpan().StartsWith(Bom) ? Bom.Concat(body).ToArray() : body;
    }

    // The shape of IIS's own messages; the line is 0 when it is not known.
    public static string Message(string path, int line, string error) =>
        "Filename: \\\\?\\" + path + "\r\nLine number: " + line + "\r\nError: " + error + "\r\n\r\n";

    static COMException Fault(string path, int line, string error, uint hresult) =>
        new(Message(path, line, error), unchecked((int)hresult));

    void Collect(XmlElement root)
    {
        Root = root;
        if (root.Name != "configuration")
            return;
        foreach (var host in root.Children.Where(c => c.Name == "system.applicationHost"))
            foreach (var section in host.Children)
            {
                if (section.Name == "sites")
                    Sites ??= section;
                if (section.Name != "applicationPools")
                    continue;
                Pools.AddRange(section.Children.Where(c => c.Name == "add"));
                PoolDefaults ??= section.Child("applicationPoolDefaults");
            }
    }

    void CheckPools(string path)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pool in Pools)
        {
            string? name = pool.Attribute("name")?.Value;
            if (string.IsNullOrEmpty(name))
                throw Fault(path, LineOf(pool), "Missing required attribute 'name'", 0x8007000D);
            if (!names.Add(name))
                throw Fault(path, LineOf(pool), "Cannot add duplicate collection entry of type 'add' with unique key attribute 'name' set to '" + name + "'", 0x800700B7);
        }
    }

    int LineOf(XmlElement element) => Text.AsSpan(0, element.Start).Count('\n') + 1;

    public static string NameOf(XmlElement pool) => pool.Attribute("name")!.Value;

    public XmlElement? FindPool(string name) =>
        Pools.Find(p => string.Equals(NameOf(p), name, StringComparison.OrdinalIgnoreCase));

    // What stands at the element itself; path is "" or the name of a child.
    public static string? Local(XmlElement? owner, string path, string name) =>
        (path.Length == 0 ? owner : owner?.Child(path))?.Attribute(name)?.Value;

    public static string PoolOf(XmlElement sites, XmlElement site, XmlElement application) =>
        application.Attribute("applicationPool")?.Value ?? Local(site, "applicationDefaults", "applicationPool")
        ?? Local(sites, "applicationDefaults", "applicationPool") ?? "DefaultAppPool";

    // The pool's own value, else applicationPoolDefaults', else the schema's.
    public string Effective(XmlElement? pool, string path, string name) =>
        Local(pool, path, name) ?? Local(PoolDefaults, path, name) ?? Schema[path + "/" + name];

    public bool Flag(XmlElement? pool, string path, string name) =>
        string.Equals(Effective(pool, path, name), "true", StringComparison.OrdinalIgnoreCase);

    // Equal as long as no effective value of the pool changes: white space, comments and quotes do not count.
    public string Fingerprint(XmlElement pool)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (PoolDefaults != null)
            Flatten(PoolDefaults, "", values);
        Flatten(pool, "", values);
        ulong hash = 14695981039346656037; // FNV-1a: a change mark, no secret depends on it
        foreach (char c in string.Join('\u0001', values.Select(v => v.Key + "\u0002" + v.Value)))
            hash = (hash ^ c) * 1099511628211;
        return hash.ToString("x16");
    }

    static void Flatten(XmlElement element, string path, SortedDictionary<string, string> values)
    {
        foreach (var attribute in element.Attributes)
            values[path + "@" + attribute.Name] = attribute.Value;
        var seen = new Dictionary<string, int>();
        foreach (var child in element.Children)
        {
            int number = seen[child.Name] = seen.GetValueOrDefault(child.Name) + 1;
            Flatten(child, path + "/" + child.Name + number, values);
        }
    }
}
