// Sites and the pool that each of their applications uses.
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

public sealed class SiteCollection : IEnumerable<Site>
{
    readonly XmlElement? sites;
    internal SiteCollection(Configuration configuration) { sites = configuration.File.Sites; }

    IEnumerable<Site> All => (sites?.Children ?? new()).Where(c => c.Name == "site").Select(c => new Site(sites!, c));
    public int Count => All.Count();
    public IEnumerator<Site> GetEnumerator() => All.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed class Site
{
    internal Site(XmlElement sites, XmlElement site)
    {
        Name = site.Attribute("name")?.Value ?? "";
        string pool = AppHost.Local(site, "applicationDefaults", "applicationPool")
            ?? AppHost.Local(sites, "applicationDefaults", "applicationPool") ?? "DefaultAppPool";
        Applications = new ApplicationCollection(site.Children.Where(c => c.Name == "application")
            .Select(c => new Application(c.Attribute("path")?.Value ?? "", c.Attribute("applicationPool")?.Value ?? pool)));
    }

    public string Name { get; }
    public ApplicationCollection Applications { get; }
}

public sealed class ApplicationCollection : IEnumerable<Application>
{
    readonly List<Application> list;
    internal ApplicationCollection(IEnumerable<Application> list) { this.list = list.ToList(); }
    public int Count => list.Count;
    public IEnumerator<Application> GetEnumerator() => list.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed class Application
{
    internal Application(string path, string pool)
    {
        Path = path;
        ApplicationPoolName = pool;
    }

    public string Path { get; }
    public string ApplicationPoolName { get; }
}
