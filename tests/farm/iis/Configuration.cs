// Sections that may stand for the whole server or for a location; web.config files are not read.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

public sealed class Configuration
{
    // Defaults of the IIS 10 schema.
    static readonly Dictionary<string, Dictionary<string, object>> Schema = new()
    {
        ["system.webServer/security/authentication/anonymousAuthentication"] = new()
        {
            ["enabled"] = true, ["userName"] = "IUSR",
        },
        ["system.webServer/security/authentication/windowsAuthentication"] = new()
        {
            ["enabled"] = false, ["useKernelMode"] = true, ["useAppPoolCredentials"] = false,
        },
    };

    readonly Snapshot snapshot;
    internal Configuration(Snapshot snapshot) { this.snapshot = snapshot; }

    public ConfigurationSection GetSection(string sectionPath) => GetSection(sectionPath, "");

    public ConfigurationSection GetSection(string sectionPath, string locationPath)
    {
        if (!Schema.TryGetValue(sectionPath, out var defaults))
            throw new NotSupportedException("the emulation does not know section '" + sectionPath + "'");
        return new ConfigurationSection(snapshot.Sections(sectionPath), locationPath, defaults);
    }

    public string[] GetLocationPaths()
    {
        if (snapshot.Server.Locked(was => was.State.Blind.Contains("locations")))
            throw new UnauthorizedAccessException("Access is denied.");
        return snapshot.File.Root.Children.Where(c => c.Name == "location").Select(c => c.Attribute("path")?.Value ?? "")
            .Where(p => p.Length > 0).ToArray();
    }
}

public sealed class ConfigurationSection
{
    readonly Dictionary<string, XmlElement> places;
    readonly string location;
    readonly Dictionary<string, object> defaults;

    internal ConfigurationSection(Dictionary<string, XmlElement> places, string location, Dictionary<string, object> defaults)
    {
        this.places = places;
        this.location = location.TrimEnd('/');
        this.defaults = defaults;
    }

    public bool IsLocallyStored => places.ContainsKey(location);

    // The location's own value, else that of the one around it, at last the server's and the schema's.
    public object GetAttributeValue(string name)
    {
        if (!defaults.TryGetValue(name, out object? value))
            throw new COMException("Unrecognized attribute '" + name + "'", unchecked((int)0x80070057));
        for (string? at = location; at != null; at = Outer(at))
            if (places.TryGetValue(at, out var element) && element.Attribute(name) is { } found)
                return value is bool ? string.Equals(found.Value, "true", StringComparison.OrdinalIgnoreCase) : found.Value;
        return value;
    }

    static string? Outer(string location) =>
        location.Length == 0 ? null : location[..Math.Max(0, location.LastIndexOf('/'))];
}
