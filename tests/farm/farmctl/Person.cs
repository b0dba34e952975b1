// What a person does to a server by hand: pools added, removed and renamed, an account used in other places.
using System;
using System.Linq;

namespace Lockstep.Farm.Control;

static class Person
{
    static XmlElement Pool(EmulatedServer server, AppHost file, string name) =>
        file.FindPool(name) ?? throw new UsageException("no pool '" + name + "' on " + server.Name);

    public static void Remove(EmulatedServer server, string pool) => ConfigEdit.Rewrite(server, (file, splices) =>
    {
        var element = Pool(server, file, pool);
        int end = element.Empty ? element.TagEnd : file.Text.IndexOf('>', element.CloseStart) + 1;
        splices.Replace(element.Start, end, "");
    });

    public static void Add(EmulatedServer server, string pool) => ConfigEdit.Rewrite(server, (file, splices) =>
    {
        if (file.FindPool(pool) != null)
            throw new UsageException("there is a pool '" + pool + "' on " + server.Name);
        var pools = Section(file, "applicationPools");
        string xml = "<add name=\"" + XmlText.Escape(pool, '"') + "\" />";
        if (file.Pools.Count > 0)
            splices.Insert(file.Pools[0].Start, xml);
        else
            ConfigEdit.Append(splices, pools, xml);
    });

    // With the applications that use it, as a person would who takes care.
    public static void Rename(EmulatedServer server, string pool, string name) => ConfigEdit.Rewrite(server, (file, splices) =>
    {
        ConfigEdit.SetAttribute(splices, Pool(server, file, pool), "name", name);
        foreach (var site in file.Sites?.Children ?? new())
            foreach (var application in site.Children.Where(c => c.Name == "application"))
                if (string.Equals(application.Attribute("applicationPool")?.Value, pool, StringComparison.OrdinalIgnoreCase))
                    ConfigEdit.SetAttribute(splices, application, "applicationPool", name);
    });

    // As in IIS Manager: user and password stay behind the identity.
    public static void Builtin(EmulatedServer server, string pool, string type)
    {
        if (type is not ("ApplicationPoolIdentity" or "NetworkService" or "LocalService" or "LocalSystem"))
            throw new UsageException("a type is ApplicationPoolIdentity, NetworkService, LocalService or LocalSystem");
        ConfigEdit.Rewrite(server, (file, splices) =>
            ConfigEdit.Set(splices, Pool(server, file, pool), "processModel", ("identityType", type)));
    }

    // The stored password becomes one that this server cannot decrypt, under a provider of this name.
    public static void Damage(EmulatedServer server, string pool, string provider) => ConfigEdit.Rewrite(server, (file, splices) =>
        ConfigEdit.Set(splices, Pool(server, file, pool), "processModel", ("password", "[enc:" + provider + ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:enc]")));

    public static void Redirect(EmulatedServer server, string folder)
    {
        string path = System.IO.Path.Combine(server.ConfigFolder, "redirection.config");
        string inner = folder.Length == 0 ? "" : " enabled=\"true\" path=\"" + XmlText.Escape(folder, '"') + "\"";
        EmulatedServer.ReplaceFile(path, System.Text.Encoding.UTF8.GetBytes(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<configuration><configurationRedirection" + inner + " /></configuration>\r\n"));
        server.Locked(was => was.ConfigWritten());
        server.Locked(_ => { });
    }

    // PLACE: of vdir and app defaults Site or Site/path; of anonymous a location or ""; of defaults the element's
    // name; of service and task their name. USER "" takes a service or task away.
    public static void Elsewhere(EmulatedServer server, string kind, string place, string user)
    {
        switch (kind)
        {
        case "service":
        case "task":
            server.Locked(was =>
            {
                was.State.Programs.RemoveAll(p => p.Kind == kind && p.Name == place);
                if (user.Length > 0)
                    was.State.Programs.Add(new AccountUse(kind, place, user));
            });
            return;
        case "blind":
            server.Locked(was => { was.State.Blind.Add(place); });
            return;
        case "vdir":
            ConfigEdit.Rewrite(server, (file, splices) => VirtualDirectory(file, splices, place, user));
            return;
        case "anonymous":
            ConfigEdit.Rewrite(server, (file, splices) => Anonymous(file, splices, place, user));
            return;
        case "defaults":
            ConfigEdit.Rewrite(server, (file, splices) => Defaults(file, splices, place, user));
            return;
        }
        throw new UsageException("a kind is vdir, anonymous, defaults, service, task or blind");
    }

    public static XmlElement Section(AppHost file, string name) =>
        file.Root.Children.Where(c => c.Name == "system.applicationHost").Select(c => c.Child(name)).FirstOrDefault(c => c != null)
        ?? throw new UsageException("no " + name + " in the configuration");

    public static XmlElement Site(AppHost file, string name) =>
        Section(file, "sites").Children.Find(c => c.Name == "site" && string.Equals(c.Attribute("name")?.Value, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException("no site '" + name + "'");

    // A virtual directory of the site's root application; made where it is missing.
    static void VirtualDirectory(AppHost file, Splices splices, string place, string user)
    {
        string[] parts = place.Split('/', 2);
        string path = "/" + (parts.Length > 1 ? parts[1] : "");
        var root = Site(file, parts[0]).Children.Find(c => c.Name == "application" && c.Attribute("path")?.Value == "/")
            ?? throw new UsageException("site '" + parts[0] + "' has no root application");
        var found = root.Children.Find(c => c.Name == "virtualDirectory" && c.Attribute("path")?.Value == path);
        if (found != null)
            ConfigEdit.SetAttribute(splices, found, "userName", user);
        else
            ConfigEdit.Append(splices, root, "<virtualDirectory path=\"" + XmlText.Escape(path, '"')
                + "\" physicalPath=\"\\\\files\\share\" userName=\"" + XmlText.Escape(user, '"') + "\" />");
    }

    static void Anonymous(AppHost file, Splices splices, string place, string user)
    {
        const string Path = "system.webServer/security/authentication/anonymousAuthentication";
        var owner = place.Length == 0 ? file.Root
            : file.Root.Children.Find(c => c.Name == "location" && c.Attribute("path")?.Value == place);
        if (owner != null)
        {
            ConfigEdit.Set(splices, owner, Path, ("userName", user));
            return;
        }
        string xml = "<anonymousAuthentication userName=\"" + XmlText.Escape(user, '"') + "\" />";
        foreach (string name in Path.Split('/')[..^1].Reverse())
            xml = "<" + name + ">" + xml + "</" + name + ">";
        ConfigEdit.Append(splices, file.Root, "<location path=\"" + XmlText.Escape(place, '"') + "\">" + xml + "</location>");
    }

    // applicationPoolDefaults, virtualDirectoryDefaults, or Site/virtualDirectoryDefaults.
    static void Defaults(AppHost file, Splices splices, string place, string user)
    {
        int slash = place.LastIndexOf('/');
        if (place == "applicationPoolDefaults")
            ConfigEdit.Set(splices, Section(file, "applicationPools"), place + "/processModel", ("userName", user));
        else if (place[(slash + 1)..] == "virtualDirectoryDefaults")
            ConfigEdit.Set(splices, slash < 0 ? Section(file, "sites") : Site(file, place[..slash]), "virtualDirectoryDefaults", ("userName", user));
        else
            throw new UsageException("defaults are applicationPoolDefaults, virtualDirectoryDefaults or Site/virtualDirectoryDefaults");
    }
}
