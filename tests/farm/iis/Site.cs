// Sites: their bindings, applications, virtual directories, and the defaults of these.
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

public sealed class SiteCollection : IEnumerable<Site>
{
    readonly XmlElement? sites;
    internal SiteCollection(Snapshot configuration) { sites = configuration.File.Sites; }

    IEnumerable<Site> All => (sites?.Children ?? new()).Where(c => c.Name == "site").Select(c => new Site(sites!, c));
    public int Count => All.Count();
    public IEnumerator<Site> GetEnumerator() => All.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed class Site
{
    readonly XmlElement sites, site;

    internal Site(XmlElement sites, XmlElement site)
    {
        this.sites = sites;
        this.site = site;
    }

    public string Name => site.Attribute("name")?.Value ?? "";

    public BindingCollection Bindings => new((site.Child("bindings")?.Children ?? new()).Where(c => c.Name == "binding")
        .Select(c => new Binding(c.Attribute("protocol")?.Value ?? "", c.Attribute("bindingInformation")?.Value ?? "")));

    public ApplicationCollection Applications => new(site.Children.Where(c => c.Name == "application")
        .Select(c => new Application(sites, site, c)));

    public VirtualDirectoryDefaults VirtualDirectoryDefaults => new(site);
}

public abstract class List<T> : IEnumerable<T>
{
    readonly System.Collections.Generic.List<T> list;
    internal List(IEnumerable<T> list) { this.list = list.ToList(); }
    public int Count => list.Count;
    public IEnumerator<T> GetEnumerator() => list.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed class BindingCollection : List<Binding>
{
    internal BindingCollection(IEnumerable<Binding> list) : base(list) { }
}

public sealed class Binding
{
    internal Binding(string protocol, string information)
    {
        Protocol = protocol;
        BindingInformation = information;
    }

    public string Protocol { get; }
    public string BindingInformation { get; }
}

public sealed class ApplicationCollection : List<Application>
{
    internal ApplicationCollection(IEnumerable<Application> list) : base(list) { }
}

public sealed class Application
{
    readonly XmlElement sites, site, application;

    internal Application(XmlElement sites, XmlElement site, XmlElement application)
    {
        this.sites = sites;
        this.site = site;
        this.application = application;
    }

    public string Path => application.Attribute("path")?.Value ?? "";
    public string ApplicationPoolName => AppHost.PoolOf(sites, site, application);

    public VirtualDirectoryCollection VirtualDirectories =>
        new(application.Children.Where(c => c.Name == "virtualDirectory").Select(c => new VirtualDirectory(
            new[] { c, application.Child("virtualDirectoryDefaults"), site.Child("virtualDirectoryDefaults"),
                sites.Child("virtualDirectoryDefaults") })));

    public VirtualDirectoryDefaults VirtualDirectoryDefaults => new(application);
}

public sealed class VirtualDirectoryCollection : List<VirtualDirectory>
{
    internal VirtualDirectoryCollection(IEnumerable<VirtualDirectory> list) : base(list) { }
}

public sealed class VirtualDirectory
{
    readonly XmlElement?[] chain; // itself, then the defaults that it inherits from

    internal VirtualDirectory(XmlElement?[] chain)
    {
        this.chain = chain;
        Attributes = new ConfigurationAttributeCollection(n => Effective(n), n => chain[0]!.Attribute(n) == null);
    }

    public ConfigurationAttributeCollection Attributes { get; }

    string Effective(string name) => chain.Select(e => e?.Attribute(name)?.Value).FirstOrDefault(v => v != null) ?? "";
    public string Path => chain[0]!.Attribute("path")?.Value ?? "";
    public string PhysicalPath => Effective("physicalPath");
    public string UserName => Effective("userName");
}

public sealed class VirtualDirectoryDefaults
{
    internal VirtualDirectoryDefaults(XmlElement? owner)
    {
        UserName = AppHost.Local(owner, "virtualDirectoryDefaults", "userName") ?? "";
    }

    public string UserName { get; }
}
