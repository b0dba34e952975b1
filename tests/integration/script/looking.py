"""probe, observe and verify: what the script tells about a server."""
import hashlib
import os
import struct

import fixtures
from session import tag

SVC = "CORP\\svc"
EXACT = "N3w\"quo'te&<>\\%$`^\u20ac\U0001f600 x "


def probes(t, kit):
    server = kit.server(fixtures.config())
    with server.session() as s:
        with t.case("probe tells the engine, the library and the rights"):
            row = s.probe().one("probe")
            assert row["language"] == "FullLanguage" and row["bits"] == "64" and row["mwa"] == "10.0.0.0", row
            assert (row["writable"], row["redirected"], row["was"], row["w3svc"]) == ("1", "0", "Running", "Running")
        server.write(server.folder + "/redirection.config", b"<configuration><configurationRedirection /></configuration>")
        with t.case("a redirection that is not enabled is none"):
            assert s.probe().one("probe")["redirected"] == "0"
        server.write(server.folder + "/redirection.config",
                     b'\xef\xbb\xbf<configuration><configurationRedirection enabled="true" path="\\\\fs\\iis" /></configuration>')
        with t.case("shared configuration is told"):
            assert s.probe().one("probe")["redirected"] == "1"
        server.write(server.folder + "/redirection.config", b"<configuration>")
        with t.case("a redirection.config that can't be read is a fault, never a no"):
            reply = s.probe()
            assert reply.codes() == ["config_xml"] and len(reply.rows) == 1
    os.remove(server.folder + "/redirection.config")
    os.remove(server.root + "/System32/inetsrv/Microsoft.Web.Administration.dll")
    with server.session() as s:
        with t.case("without Microsoft.Web.Administration the probe says so and the rest is a fault"):
            assert s.probe().one("probe")["mwa"] == ""
            assert s.observe(SVC).codes() == ["mwa_missing"]


def damaged(t, kit):
    server = kit.server(fixtures.config())
    server.write(server.config, b"<configuration>")
    with server.session() as s:
        with t.case("a configuration that is not XML is a fault, with nothing else told"):
            reply = s.observe(SVC)
            assert len(reply.rows) == 1 and reply.codes() == ["config_xml"], reply.body


def pools(t, kit):
    inner = '<processModel identityType="SpecificUser" userName="CORP\\svc" password="%s" />'
    server = kit.server(fixtures.config({
        **fixtures.POOLS, "Foreign": ("", inner % "[enc:Other:AAAA:enc]"), "Empty": ("", inner % ""),
        "Long": ("", '<processModel userName="%s" />' % ("u" * 4097))}), fixtures.ACCOUNT)
    server.set("Web", SVC, EXACT)
    server.set("Api", "CORP\\other", EXACT)
    with server.session() as s:
        reply = s.observe("corp\\SVC")
        with t.case("server tells the digest of the configuration's bytes"):
            assert reply.one("server")["config"] == hashlib.sha256(server.read(server.config)).hexdigest()
            assert reply.one("server")["fence"] == "absent" and reply.done()
        with t.case("a watched pool is tagged, over its user as it is stored"):
            row = reply.one("pool", name="Web")
            assert row["tag"] == tag(bytes(range(32)), "Web", SVC, EXACT)
            assert (row["user"], row["userFrom"], row["password"], row["passwordFrom"], row["sites"]) == (
                SVC, "local", "present", "local", "2")
        with t.case("a pool of an account that is not watched is not tagged"):
            assert reply.one("pool", name="Api")["tag"] == "" and reply.one("pool", name="Api")["password"] == "present"
        with t.case("a pool without local identity says so"):
            row = reply.one("pool", name="Plain")
            assert (row["identity"], row["local"], row["password"], row["passwordFrom"]) == (
                "ApplicationPoolIdentity", "0", "absent", "none")
        with t.case("state, start mode and rotation are told"):
            told = {r["name"]: (r["state"], r["autoStart"], r["startMode"], r["rotates"]) for r in reply.all("pool")}
            assert told["Off"] == ("Stopped", "0", "OnDemand", "1") and told["Fixed"] == ("Started", "1", "OnDemand", "0")
            assert told["Api"][2] == "AlwaysRunning"
        with t.case("a password that can't be decrypted is unreadable, and only that pool has a fault"):
            assert reply.one("pool", name="Foreign")["password"] == "unreadable"
            assert reply.one("pool", name="Foreign")["tag"] == ""
            assert reply.one("fault", where="Foreign")["code"] == "crypto_key"
        with t.case("an empty password is tagged as such"):
            row = reply.one("pool", name="Empty")
            assert row["password"] == "absent" and row["tag"] == tag(bytes(range(32)), "Empty", SVC, "")
        with t.case("a value above 4 KiB is a fault of its row, never cut short"):
            assert reply.one("fault", where="Long")["code"] == "too_long"
            assert reply.one("pool", name="Long")["password"] == "unreadable"
        with t.case("another key gives another tag"):
            assert s.observe(SVC, key=b"x" * 32).one("pool", name="Web")["tag"] == tag(b"x" * 32, "Web", SVC, EXACT)
        with t.case("a password that differs in case only gives another tag"):
            server.set("Web", SVC, EXACT.swapcase())
            row = s.observe(SVC).one("pool", name="Web")
            assert row["tag"] == tag(bytes(range(32)), "Web", SVC, EXACT.swapcase())
            assert row["tag"] != tag(bytes(range(32)), "Web", SVC, EXACT)
        with t.case("no password comes out"):
            assert "quo'te" not in s.observe(SVC).body.decode() and s.end() == (0, b"", "")


def verifies(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.set("Web", SVC, "Right-1!")
    assert server.ctl("request", server.name, "Web") == [["200"]]
    server.set("Api", SVC, "wrong")
    with server.session() as s:
        reply = s.verify([("web", 0), ("Gone", 0)], SVC)
        with t.case("verify tells a pool as observe does, and nothing of a missing one"):
            row = reply.one("pool")
            assert row["name"] == "Web" and row["tag"] == tag(bytes(range(32)), "Web", SVC, "Right-1!")
            assert not reply.all("fault") and reply.done()
        with t.case("a worker is told with owner and start"):
            worker = reply.one("worker")
            assert worker["owner"] == SVC and abs(int(worker["started"]) - os.stat(server.config).st_mtime * 1000) < 10000
        with t.case("identity faults are told once for each id, the newest"):
            found = s.verify([("Api", 0)], SVC).all("event")
            assert sorted(f["id"] for f in found) == ["5021", "5057", "5059"], found
        with t.case("a fault carries the error number of its data, whether bytes or a number"):
            assert {f["code"] for f in found} == {"8007052e"}, found
        with t.case("faults from before the row's time are not told"):
            newest = max(int(f["time"]) for f in found)
            assert not s.verify([("Api", newest + 1)], SVC).all("event")
            assert not s.verify([("Api", newest + 1), ("Web", 0)], SVC).all("event")
            assert len(s.verify([("Api", newest), ("Web", newest + 1)], SVC).all("event")) > 0
            assert s.verify([("Api", 2 ** 53 - 1)], SVC).done()
        with t.case("faults of a pool stand in observe too"):
            assert {e["pool"] for e in s.observe(SVC).all("event")} == {"Api"}
        with t.case("a pool twice is refused"):
            assert s.verify([("Web", 0), ("WEB", 0)], SVC).codes() == ["repeated_pool"]


def codes(t, kit):
    """What WAS logs of an account that may not log on; a series of crashes; a password that can't be decrypted."""
    states = {"disabled": "80070533", "locked": "80070775", "expired": "80070532", "mustchange": "80070773", "nobatch": "80070569"}
    server = kit.server(fixtures.config(), "".join("CORP\\%s\tpw\t%s\n" % (n, n) for n in states) + fixtures.ACCOUNT)
    server.set("Fixed", SVC, "Right-1!")
    with server.session() as s:
        for state, code in states.items():
            server.set("Web", "CORP\\" + state, "pw")
            with t.case("the event of an account that is %s carries %s" % (state, code)):
                event = s.verify([("Web", 0)], SVC).one("event")
                assert (event["id"], event["code"]) == ("5021", code), event
        server.ctl("damage", server.name, "Web", "AesProvider")
        with t.case("a password of another machine is unreadable, and the event has a code of its own"):
            reply = s.observe("CORP\\nobatch")
            assert reply.one("pool", name="Web")["password"] == "unreadable" and reply.one("event")["code"] == "80090005"
            assert reply.one("fault", where="Web")["code"] == "crypto_key"
        for crash in range(5):
            with t.case("after crash %d the pool is %s" % (crash + 1, "disabled" if crash == 4 else "up")):
                server.ctl("crash", server.name, "Fixed")
                reply = s.verify([("Fixed", 0)], SVC)
                assert reply.one("pool")["state"] == ("Stopped" if crash == 4 else "Started")
                assert [(e["id"], e["code"]) for e in reply.all("event")] == ([("5002", "")] if crash == 4 else [])


def limits(t, kit):
    """A key of u32 is read in full; many pools are all told."""
    server = kit.server(fixtures.config({"Pool %03d" % n: ("", fixtures.NETWORK) for n in range(300)}))
    with server.session() as s:
        s.frame(b"K", struct.pack(">IBH", 4294967295, 1, 0) + bytes(32))
        reply = s.request("observe", key=4294967295)
        with t.case("300 pools are told"):
            assert len(reply.all("pool")) == 300 and reply.done()


GROUPS = (probes, damaged, pools, verifies, codes, limits)
