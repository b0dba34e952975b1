"""observe: sites, applications, and the other places that use a watched account."""
import os
import time
from xml.etree import ElementTree

import fixtures

SVC = "CORP\\svc"
SITES = """<site name="Many">
    <bindings>%s</bindings>
    <application path="/" applicationPool="Web"><virtualDirectory path="/" physicalPath="C:\\many" /></application>
    <application path="/api/v1" applicationPool="api"><virtualDirectory path="/" physicalPath="\\\\files\\api" userName="corp\\SVC" password="x" />
        <virtualDirectory path="/img" physicalPath="D:\\img" userName="svc@corp.example" /><virtualDirectory path="/own" physicalPath="D:\\own" /></application>
    <application path="/gone" applicationPool="Gone"><virtualDirectory path="/" physicalPath="C:\\gone" /></application>
    <virtualDirectoryDefaults userName="CORP\\other" />
</site>
<virtualDirectoryDefaults userName="CORP\\svc" />""" % "".join(
    '<binding protocol="%s" bindingInformation="%s" />' % b for b in
    [("http", "*:80:"), ("https", "*:443:shop.example"), ("net.tcp", "808:*")] + [("http", "*:80:h%d" % n) for n in range(9)])
AUTH = """<system.webServer><security><authentication>%s</authentication></security></system.webServer>"""
LOCATIONS = (AUTH % '<windowsAuthentication enabled="false" /><anonymousAuthentication userName="IUSR" />'
             + '<location path="Many">' + AUTH % '<windowsAuthentication enabled="true" />' + "</location>"
             + '<location path="many/API/v1">' + AUTH % ('<windowsAuthentication useKernelMode="false" useAppPoolCredentials="true" />'
                                                        '<anonymousAuthentication userName="CORP\\svc" />') + "</location>"
             + '<location path="Many/other">' + AUTH % '<anonymousAuthentication enabled="false" />' + "</location>")


def config(sites=SITES, locations=LOCATIONS, **more):
    text = fixtures.config(**more).decode()
    return text.replace("        </sites>", sites + "        </sites>").replace("</configuration>", locations + "</configuration>").encode()


def places_of(reply):
    return sorted((e["kind"], e["place"], e["user"]) for e in reply.all("elsewhere"))


def sites(t, kit):
    server = kit.server(config(), fixtures.ACCOUNT)
    with server.session() as s:
        reply = s.observe(SVC)
        with t.case("sites are told with their first eight bindings, and how many more there are"):
            told = {r["name"]: r["bindings"] for r in reply.all("site")}
            assert told == {"Shop": "", "Back": "", "Many": "http *:80:, https *:443:shop.example, net.tcp 808:*, "
                            "http *:80:h0, http *:80:h1, http *:80:h2, http *:80:h3, http *:80:h4, +4"}, told
        with t.case("applications follow their pool, with folder and Windows authentication at their place"):
            told = [tuple(r[k] for k in ("pool", "site", "path", "folder", "windowsAuth", "kernelMode", "poolCredentials"))
                    for r in reply.all("app")]
            assert told == [("Web", "Shop", "/", "C:\\shop", "0", "1", "0"), ("web", "Shop", "/a", "C:\\a", "0", "1", "0"),
                            ("Web", "Back", "/", "C:\\back", "0", "1", "0"), ("Web", "Many", "/", "C:\\many", "1", "1", "0"),
                            ("api", "Many", "/api/v1", "\\\\files\\api", "1", "0", "1")], told
            kinds = [k for k, f in reply.rows if k in ("pool", "app")]
            assert kinds[:6] == ["pool", "app", "app", "app", "app", "pool"]
        with t.case("the rows come in the agreed order"):
            kinds = [k for k, f in reply.rows]
            assert kinds[0] == "server" and kinds[-1] == "done"
            order = [k for n, k in enumerate(kinds) if n == 0 or kinds[n - 1] != k]
            assert order[:4] == ["server", "site", "elsewhere", "pool"], order
        with t.case("an application of a pool that is not there is not told"):
            assert all(r["pool"].lower() != "gone" for r in reply.all("app"))
        with t.case("verify tells the applications of its pools, and no site nor other place"):
            reply = s.verify([("api", 0)], SVC)
            assert [r["site"] for r in reply.all("app")] == ["Many"]
            assert not reply.all("site") and not reply.all("elsewhere") and not reply.all("blind")


def elsewhere(t, kit):
    server = kit.server(config(), fixtures.ACCOUNT)
    with server.session() as s:
        with t.case("virtual directories, defaults and locations that use the account are told, as they spell it"):
            assert places_of(s.observe(SVC, "svc@corp.example")) == [
                ("anonymous", "many/API/v1", SVC), ("defaults", "virtualDirectoryDefaults", SVC),
                ("virtualDirectory", "Many/api/v1", "corp\\SVC"), ("virtualDirectory", "Many/api/v1/img", "svc@corp.example")]
        with t.case("only watched spellings are told; without any, nothing is looked for"):
            assert [p[1] for p in places_of(s.observe("CORP\\other"))] == ["Many/virtualDirectoryDefaults"]
            assert places_of(s.observe()) == [] and places_of(s.observe("CORP\\nobody")) == []
        for words in (("anonymous", "", SVC), ("defaults", "applicationPoolDefaults", SVC), ("vdir", "Shop/img", SVC),
                      ("service", "OrdersAgent", "corp\\svc"), ("task", "\\Bank\\Nightly", SVC), ("task", "\\Short", "SVC"),
                      ("task", "\\Other", "svc2"), ("service", "Spooler", "LocalSystem")):
            server.ctl("elsewhere", server.name, *words)
        reply = s.observe(SVC)
        with t.case("the whole server's anonymous user, pool defaults, services and tasks are told"):
            told = places_of(reply)
            for place in (("anonymous", "", SVC), ("defaults", "applicationPoolDefaults", SVC), ("virtualDirectory", "Shop/img", SVC),
                          ("service", "OrdersAgent", "corp\\svc"), ("task", "\\Bank\\Nightly", SVC), ("task", "\\Short", SVC)):
                assert place in told, (place, told)
            assert len(told) == 10 and not reply.all("blind"), told
        with t.case("a location with a section of its own, without a user, is told under the user that it inherits"):
            assert ("anonymous", "Many/other", SVC) in told
        with t.case("no password of them comes out"):
            assert "password=x" not in reply.body.decode() and s.end() == (0, b"", "")


def blind(t, kit):
    server = kit.server(config(), fixtures.ACCOUNT)
    for what in ("services", "tasks", "locations"):
        server.ctl("elsewhere", server.name, "blind", what)
    with server.session() as s:
        reply = s.observe(SVC)
        with t.case("what can't be read is told as a blind spot, and the pools are told"):
            assert {(b["what"], b["code"]) for b in reply.all("blind")} == {
                ("services", "wmi_failed"), ("tasks", "wmi_failed"), ("locations", "config_denied")}
            assert len(reply.all("pool")) == len(fixtures.POOLS) and reply.done() and not reply.all("fault")
        with t.case("without a watched account nothing is looked for and nothing is blind"):
            assert not s.observe().all("blind")
        with t.case("verify does not look there"):
            assert not s.verify([("Web", 0)], SVC).all("blind")


def too_many(t, kit):
    apps = "".join('<application path="/a%d" applicationPool="Web"><virtualDirectory path="/" physicalPath="C:\\a" /></application>' % n
                   for n in range(4500))
    long = '<site name="Long"><bindings>%s</bindings></site>' % "".join(
        '<binding protocol="http" bindingInformation="*:80:%s" />' % (c * 700) for c in "abc")
    site = '<site name="Full">' + apps + "</site>" + long + '<site name="%s"></site>' % ("n" * 4097)
    server = kit.server(config(sites=site, locations=""), fixtures.ACCOUNT)
    with server.session() as s:
        reply = s.observe(SVC)
        with t.case("more applications than a reply may have are cut, and said; every pool is told"):
            assert len(reply.all("app")) == 3000 and len(reply.all("site")) == 4
            assert ("locations", "too_many") in {(b["what"], b["code"]) for b in reply.all("blind")}, reply.all("blind")
            assert len(reply.all("pool")) == len(fixtures.POOLS) and reply.done() and not reply.all("fault")
            assert reply.one("pool", name="Web")["sites"] == "3"
    server = kit.server(config(sites=long + '<site name="%s"></site>' % ("n" * 4097), locations=""), fixtures.ACCOUNT)
    with server.session() as s:
        reply = s.observe(SVC)
        with t.case("bindings too long to tell are counted"):
            assert reply.one("site", name="Long")["bindings"] == "http *:80:" + "a" * 700 + ", +2"
        with t.case("a site's name above 4 KiB is a blind spot, never a fault of the reply"):
            assert reply.one("blind") == dict(what="locations", code="too_long") and len(reply.all("site")) == 3
            assert reply.done() and not reply.all("fault")


def quick(t, kit):
    """A server as large as the largest of the real configurations: 65 pools, 65 sites, 65 locations, 700 KB."""
    inner = '<processModel identityType="SpecificUser" userName="CORP\\svc%d" password="x" />'
    pools = {"Pool %d" % n: ("", inner % n) for n in range(65)}
    sites = "".join('<site name="S%d"><bindings><binding protocol="http" bindingInformation="*:80:s%d" /></bindings>' % (n, n)
                    + "".join('<application path="/%s" applicationPool="Pool %d"><virtualDirectory path="/" physicalPath="C:\\s" />'
                              "</application>" % (a, n) for a in ("", "a", "b")) + "</site>" for n in range(65))
    locations = "".join('<location path="S%d/a">' % n + AUTH % '<windowsAuthentication enabled="true" />' + "<!-- %s -->" % ("x" * 9000)
                        + "</location>" for n in range(65))
    data = config(sites=sites, locations=locations, pools=pools)
    assert len(data) > 620000
    server = kit.server(data, fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        begun = time.monotonic()
        reply = s.observe(*["CORP\\svc%d" % n for n in range(65)])
        seconds = time.monotonic() - begun
        with t.case("65 pools with 195 applications are observed within seconds (%.1f)" % seconds):
            assert len(reply.all("pool")) == 65 and len(reply.all("app")) == 195 and reply.done()
            assert sum(r["windowsAuth"] == "1" for r in reply.all("app")) == 65
            assert all(r["tag"] for r in reply.all("pool"))
            assert seconds < 20, seconds


REAL = os.path.dirname(os.path.abspath(__file__)) + "/../../farm/apphost/"


def expected(data):
    """Sites, applications and Windows authentication of a configuration, read by another reader than the emulation's."""
    root = ElementTree.fromstring(data)
    auth = {"": root.find("system.webServer/security/authentication/windowsAuthentication")}
    for location in root.findall("location"):
        found = location.find("system.webServer/security/authentication/windowsAuthentication")
        if found is not None:
            auth[location.get("path", "").lower()] = found

    def flag(place, name, otherwise):
        while True:
            value = auth.get(place.lower(), {}) if auth.get(place.lower()) is not None else {}
            if value.get(name) is not None:
                return str(int(value.get(name).lower() == "true"))
            if not place:
                return otherwise
            place = place.rpartition("/")[0]
    sites, apps = {}, []
    holder = root.find("system.applicationHost/sites")
    names = [p.get("name").lower() for p in root.findall("system.applicationHost/applicationPools/add")]
    for site in holder.findall("site"):
        bound = ["%s %s" % (b.get("protocol"), b.get("bindingInformation")) for b in site.findall("bindings/binding")]
        sites[site.get("name")] = ", ".join(bound[:8] + (["+%d" % (len(bound) - 8)] if len(bound) > 8 else []))
        for app in site.findall("application"):
            pool = app.get("applicationPool") or holder.find("applicationDefaults").get("applicationPool")
            place = (site.get("name") + app.get("path")).rstrip("/")
            folder = next((v.get("physicalPath") for v in app.findall("virtualDirectory") if v.get("path") == "/"), "")
            if pool.lower() in names:
                apps.append((pool, site.get("name"), app.get("path"), folder, flag(place, "enabled", "0"),
                             flag(place, "useKernelMode", "1"), flag(place, "useAppPoolCredentials", "0")))
    return sites, sorted(apps)


def real(t, kit):
    """The real configurations, against another reader."""
    for name in sorted(os.listdir(REAL)):
        if not name.endswith(".config"):
            continue
        data = read_file(REAL + name)
        server = kit.server(data, fixtures.ACCOUNT)
        with server.session() as s:
            reply = s.observe(SVC, "IUSR")
            told = {r["name"]: r["bindings"] for r in reply.all("site")}
            apps = sorted(tuple(r.values()) for r in reply.all("app"))
            with t.case("%s: %d pools, %d sites, %d applications are told as another reader finds them" % (
                    name, len(reply.all("pool")), len(told), len(apps))):
                sites, wanted = expected(data)
                assert told == sites and apps == wanted, (sorted(set(apps) ^ set(wanted)), told, sites)
                assert len(apps) > 0 and reply.done() and not reply.all("blind")
            with t.case("%s: the anonymous user of the whole server is told" % name):
                assert ("anonymous", "", "IUSR") in places_of(reply)


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


GROUPS = (real, sites, elsewhere, blind, too_many, quick)
