"""Pools as they are found: inherited, left over, damaged, redirected, stopped, and changed by people in between."""
import os
import shutil

import fixtures
from session import tag

SVC = "CORP\\svc"
KEY = bytes(range(32))


def left_over(t, kit):
    """A builtin identity with an account's user and password still behind it, as IIS Manager leaves it."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.set("Web", SVC, "Right-1!")
    server.ctl("builtin", server.name, "Web", "LocalService")
    with server.session() as s:
        s.probe()
        row = s.observe(SVC).one("pool", name="Web")
        with t.case("what is left behind a builtin identity is told, and not tagged"):
            assert (row["identity"], row["user"], row["userFrom"], row["password"], row["tag"]) == (
                "LocalService", SVC, "local", "present", ""), row
        with t.case("a change to the account names what it saw behind the identity"):
            refused = s.apply([dict(name="Web", password="New-1!", identity="LocalService", was="")]).one("result")
            assert refused["why"] == "user_changed"
            done = s.apply([dict(name="Web", password="New-1!", identity="LocalService", was=SVC)]).one("result")
            assert done["status"] == "set" and server.pool("Web")[1:4] == ["SpecificUser", SVC, "New-1!"]


def defaults(t, kit):
    """The three values come from applicationPoolDefaults: of one pool all of them, of another only some."""
    more = ' userName="CORP\\svc" password="Right-1!"'
    pools = {"Bare": ("", ""), "Typed": ("", '<processModel identityType="SpecificUser" />'),
             "Named": ("", '<processModel userName="CORP\\svc" />'), "Secret": ("", '<processModel password="Other-1!" />')}
    server = kit.server(fixtures.config(pools, "SpecificUser", more), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        told = {r["name"]: (r["local"], r["userFrom"], r["passwordFrom"], r["tag"]) for r in s.observe(SVC).all("pool")}
        with t.case("what is inherited is told for each of the three"):
            good = {n: tag(KEY, n, SVC, "Other-1!" if n == "Secret" else "Right-1!") for n in pools}
            assert told == {"Bare": ("0", "inherited", "inherited", good["Bare"]), "Typed": ("1", "inherited", "inherited", good["Typed"]),
                            "Named": ("0", "local", "inherited", good["Named"]), "Secret": ("0", "inherited", "local", good["Secret"])}, told
        with t.case("written at the pool, all three are its own, and the defaults stay as they are"):
            rows = [dict(name=n, password="Right-1!", identity="SpecificUser", was=SVC, local=int(told[n][0])) for n in pools]
            assert {r["status"] for r in s.apply(rows).all("result")} == {"set"}
            now = s.observe(SVC).all("pool")
            assert {(r["local"], r["userFrom"], r["passwordFrom"]) for r in now} == {("1", "local", "local")}
            assert [r["tag"] for r in now] == [tag(KEY, n, SVC, "Right-1!") for n in pools]
            assert b'<processModel identityType="SpecificUser" userName="CORP\\svc" password="Right-1!" />' in server.read(server.config)


def damaged(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    for pool, provider in (("Web", "AesProvider"), ("Api", "IISWASOnlyCngProvider"), ("Fixed", "NobodyKnows")):
        server.set(pool, SVC, "Right-1!")
        server.ctl("damage", server.name, pool, provider)
    server.set("Plain", SVC, "Right-1!")
    with server.session() as s:
        s.probe()
        reply = s.observe(SVC)
        with t.case("values of other providers and machines are unreadable; the others are told in full"):
            assert {f["where"]: f["code"] for f in reply.all("fault")} == {n: "crypto_key" for n in ("Web", "Api", "Fixed")}
            assert {r["name"] for r in reply.all("pool") if r["password"] == "unreadable"} == {"Web", "Api", "Fixed"}
            assert reply.one("pool", name="Plain")["tag"] == tag(KEY, "Plain", SVC, "Right-1!") and reply.done()
        with t.case("a damaged value is replaced when it is written anew"):
            result = s.apply([dict(name="Web", password="Right-1!", identity="SpecificUser", was=SVC)]).one("result")
            assert result["status"] == "set" and s.observe(SVC).one("pool", name="Web")["password"] == "present"
        with t.case("a damaged value does not stand in the way of a builtin identity"):
            result = s.apply([dict(name="Fixed", type="LocalSystem", user="", account="", secret=0, identity="SpecificUser",
                                   was=SVC)]).one("result")
            assert result["status"] == "set" and server.pool("Fixed")[1:4] == ["LocalSystem", "", ""]
        before = server.read(server.config)
        server.ctl("damage", server.name)
        with t.case("a server that can't encrypt says so for each pool, writes nothing, and goes on"):
            reply = s.apply([dict(name="Plain", password="New-1!", identity="SpecificUser", was=SVC, generation=2), dict(name="Off", password="x")],
                            per_commit=1)
            assert [(f["where"], f["code"]) for f in reply.all("fault")] == [
                ("Plain", "crypto_key"), ("Off", "not_tried"), ("apply", "crypto_key")], reply.body
            assert reply.one("fault", where="Plain")["hresult"] == "80090016" and server.read(server.config) == before
            assert "New-1!" not in reply.body.decode() and s.observe(SVC).done()


def redirected(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    shared = server.dir + "/shared"
    os.mkdir(shared)
    server.write(shared + "/applicationHost.config", fixtures.config({"Shared": ("", fixtures.NETWORK)}))
    server.ctl("redirect", server.name, shared)
    with server.session() as s:
        with t.case("shared configuration is told by the probe, and read where it leads"):
            assert s.probe().one("probe")["redirected"] == "1"
            assert [r["name"] for r in s.observe(SVC).all("pool")] == ["Shared"]
        server.ctl("redirect", server.name, "\\\\fs\\iis")
        with t.case("a share that the session can't reach is a fault, and nothing else is told"):
            reply = s.observe(SVC)
            assert len(reply.rows) == 1 and reply.one("fault")["where"] == "observe"
        server.ctl("redirect", server.name, "")
        with t.case("without the redirection the server's own file counts again"):
            assert s.probe().one("probe")["redirected"] == "0" and len(s.observe(SVC).all("pool")) == len(fixtures.POOLS)
    shutil.rmtree(shared)


def stopped(t, kit):
    """A person stopped it: its password is written, it stays stopped."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    for pool in ("Web", "Off"):
        server.set(pool, SVC, "Right-1!")
    server.ctl("stop", server.name, "Web")
    with server.session() as s:
        s.probe()
        for pool, auto in (("Web", "1"), ("Off", "0")):
            with t.case("%s is stopped, written, and not started" % pool):
                row = s.observe(SVC).one("pool", name=pool)
                assert (row["state"], row["autoStart"]) == ("Stopped", auto)
                result = s.apply([dict(name=pool, password="New-1!", identity="SpecificUser", was=SVC)]).one("result")
                assert result["status"] == "set"
                for policy in ("recycle", "restart", "none"):
                    did = s.activate(dict(name=pool, policy=policy, committed=result["committed"], revive=0)).one("activated")
                    assert did == dict(name=pool, did="nothing", state="Stopped")
                assert s.verify([(pool, 0)], SVC).one("pool")["tag"] == tag(KEY, pool, SVC, "New-1!")
                assert server.pool(pool)[4:] == ["Stopped", "-"]


def always(t, kit):
    """A worker is there without a request; a pool that may not rotate keeps its own."""
    server = kit.server(fixtures.config({"Api": fixtures.POOLS["Api"], "Stay": (
        ' startMode="AlwaysRunning"', '<recycling disallowRotationOnConfigChange="true" />' + fixtures.NETWORK)}), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        before = {w["pool"]: w["pid"] for w in s.observe(SVC).all("worker")}
        results = s.apply([dict(name=n, password="Right-1!") for n in ("Api", "Stay")]).all("result")
        rows = [dict(name=r["name"], policy="none", committed=r["committed"], revive=0) for r in results]
        did = {a["name"]: a["did"] for a in s.activate(*rows).all("activated")}
        reply = s.verify([("Api", 0), ("Stay", 0)], SVC)
        with t.case("with restart none an AlwaysRunning pool has a new worker by itself, one that does not rotate the old one"):
            assert set(before) == {"Api", "Stay"} and set(did.values()) == {"nothing"}
            assert reply.one("worker", pool="Api")["owner"] == SVC and reply.one("worker", pool="Api")["pid"] != before["Api"]
            assert reply.one("worker", pool="Stay")["pid"] == before["Stay"]
            assert reply.one("worker", pool="Stay")["owner"] == "NT AUTHORITY\\NETWORK SERVICE"
            assert {r["rotates"] for r in reply.all("pool")} == {"0", "1"}


def in_between(t, kit):
    """Pools that people remove, add and rename between the look and the write."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        s.observe(SVC)
        server.ctl("remove", server.name, "Fixed")
        server.ctl("rename", server.name, "Web", "Web2")
        server.ctl("add", server.name, "New")
        with t.case("pools that went are refused as missing, and the others are written"):
            reply = s.apply([dict(name=n, password="Right-1!") for n in ("Fixed", "Web", "Api")])
            assert [(r["status"], r["why"]) for r in reply.all("result")] == [
                ("refused", "missing"), ("refused", "missing"), ("set", "")]
        with t.case("the next look tells them as they are; sites follow the new name"):
            reply = s.observe(SVC)
            assert {r["name"] for r in reply.all("pool")} == {"Web2", "Api", "Off", "Plain", "New"}
            assert reply.one("pool", name="Web2")["sites"] == "2" and reply.one("pool", name="New")["sites"] == "0"
            assert reply.one("pool", name="New")["state"] == "Started"
        with t.case("a pool that is gone at activate and verify is told so, and does not hold up the others"):
            server.ctl("remove", server.name, "Api")
            reply = s.activate(dict(name="Api", policy="recycle", committed=0, revive=0))
            assert reply.codes() == ["missing"] and reply.one("activated")["did"] == "failed"
            assert [r["name"] for r in s.verify([("Api", 0), ("Web2", 0)], SVC).all("pool")] == ["Web2"]


GROUPS = (left_over, defaults, damaged, redirected, stopped, always, in_between)
