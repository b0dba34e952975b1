"""activate: recycles, restarts and starts, and only those."""
import fixtures

SVC = "CORP\\svc"


def recycles(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    for pool in ("Web", "Fixed"):
        assert server.ctl("request", server.name, pool) == [["200"]]
    with server.session() as s:
        s.probe()
        old = {w["pool"]: w for w in s.observe(SVC).all("worker")}
        results = s.apply([dict(name="Web", password="Right-1!"), dict(name="Fixed", password="Right-1!")]).all("result")
        committed = {r["name"]: r["committed"] for r in results}
        with t.case("a worker of a pool that does not rotate outlives the commit"):
            workers = {w["pool"]: w for w in s.observe(SVC).all("worker")}
            assert workers["Fixed"] == old["Fixed"] and workers["Web"]["owner"] == SVC
        rows = [dict(name=n, policy="recycle", committed=committed[n], revive=0) for n in ("Web", "Fixed")]
        with t.case("only a pool that still has an old worker is recycled"):
            did = {r["name"]: (r["did"], r["state"]) for r in s.activate(*rows).all("activated")}
            assert did == {"Web": ("nothing", "Started"), "Fixed": ("recycled", "Started")}
        with t.case("after it no old worker is left, and a second time does nothing"):
            workers = s.verify([("Web", 0), ("Fixed", 0)], SVC).all("worker")
            assert all(int(w["started"]) >= int(committed[w["pool"]]) for w in workers)
            assert {r["did"] for r in s.activate(*rows).all("activated")} == {"nothing"}


def policies(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    future = 4102444800000
    for pool in ("Web", "Fixed"):
        assert server.ctl("request", server.name, pool) == [["200"]]
    with server.session() as s:
        s.probe()
        with t.case("policy none does nothing"):
            pid = server.pool("Fixed")[5]
            row = s.activate(dict(name="Fixed", policy="none", committed=future, revive=1)).one("activated")
            assert row == dict(name="Fixed", did="nothing", state="Started") and server.pool("Fixed")[5] == pid
        with t.case("a pool on demand without a worker needs nothing"):
            assert s.activate(dict(name="Plain", policy="recycle", committed=future, revive=0)).one("activated")["did"] == "nothing"
        with t.case("restart stops and starts"):
            row = s.activate(dict(name="Fixed", policy="restart", committed=0, revive=0)).one("activated")
            assert row == dict(name="Fixed", did="restarted", state="Started") and server.pool("Fixed")[5] == "-"
        for policy in ("recycle", "restart"):
            with t.case("a pool that a person stopped stays stopped: " + policy):
                row = s.activate(dict(name="Off", policy=policy, committed=future, revive=0)).one("activated")
                assert row == dict(name="Off", did="nothing", state="Stopped")
        with t.case("a pool that WAS stopped is started again"):
            row = s.activate(dict(name="Off", policy="recycle", committed=future, revive=1)).one("activated")
            assert row == dict(name="Off", did="started", state="Started")
        with t.case("a missing pool is a fault of its own"):
            reply = s.activate(dict(name="Gone", policy="recycle", committed=0, revive=0),
                               dict(name="Fixed", policy="restart", committed=0, revive=0))
            assert reply.one("fault", where="Gone")["code"] == "missing"
            assert [r["did"] for r in reply.all("activated")] == ["failed", "restarted"] and reply.done()
        with t.case("a passed deadline stops nothing and recycles nothing"):
            pid = server.pool("Web")[5]
            reply = s.activate(dict(name="Web", policy="restart", committed=0, revive=0), deadline=0)
            assert reply.codes() == ["deadline"] and reply.one("activated")["did"] == "failed"
            assert server.pool("Web")[5] == pid
        with t.case("nothing but replies came out"):
            assert s.end() == (0, b"", "")


GROUPS = (recycles, policies)
