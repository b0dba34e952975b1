"""apply: what is written, when it is not, and what is said about it."""
import fcntl
import os
import threading
import time

import fixtures
from session import Server, record, set_row, tag

SVC = "CORP\\svc"
EXACT = "N3w\"quo'te&<>\\%$`^\u20ac\U0001f600 x "


def writes(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    before = server.read(server.config)
    with server.session() as s:
        s.probe()
        reply = s.apply([dict(name="web", password=EXACT)])
        with t.case("a password with quotes, markup, $, backtick, backslash, emoji and a trailing space is stored exactly"):
            assert reply.one("result")["status"] == "set" and reply.done()
            assert server.pool("Web")[1:4] == ["SpecificUser", SVC, EXACT]
        with t.case("the commit is told with its tries and pools, and the fence holds it"):
            commit = reply.one("commit")
            assert (commit["number"], commit["tries"], commit["pools"]) == ("1", "1", "1")
            assert reply.one("result")["committed"] == commit["committed"] != "0"
            assert [f["committed"] for f in server.fence_lines()] == ["0", commit["committed"]]
        with t.case("the other pools' lines stay as they are"):
            lines = server.read(server.config).split(b"\r\n")
            assert [a for a in before.split(b"\r\n") if a not in lines] == [
                b'            <add name="Web"><processModel identityType="NetworkService" /></add>']
        with t.case("the same intent again is kept: no commit, the fence's time"):
            again = s.apply([dict(name="Web", password=EXACT)])
            assert again.one("result") == {**reply.one("result"), "name": "Web", "status": "kept"}
            assert not again.all("commit") and server.commits() == 1
        with t.case("a later intent of what is there already is kept"):
            later = s.apply([dict(name="Web", password=EXACT, generation=2, identity="SpecificUser", was=SVC)])
            assert later.one("result")["status"] == "kept" and server.commits() == 1
        with t.case("a password that differs in case only is set"):
            other = s.apply([dict(name="Web", password=EXACT.swapcase(), generation=2, identity="SpecificUser", was="corp\\SVC")])
            assert other.one("result")["status"] == "set" and server.pool("Web")[3] == EXACT.swapcase()
        with t.case("a user that differs in case only is set"):
            other = s.apply([dict(name="Web", password=EXACT.swapcase(), user="corp\\svc", generation=3,
                                  identity="SpecificUser", was=SVC)])
            assert other.one("result")["status"] == "set" and server.pool("Web")[2] == "corp\\svc"
        with t.case("nothing but replies came out, and no password in them"):
            assert s.end() == (0, b"", "") and "quo'te" not in reply.body.decode()


def refusals(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    before = server.read(server.config)
    cases = (("a pool that is not there", dict(name="Gone"), "missing"),
             ("another identity than planned", dict(name="Web", identity="LocalSystem"), "identity_changed"),
             ("another user than planned", dict(name="Web", was=SVC), "user_changed"),
             ("an identity that stands elsewhere than planned", dict(name="Web", local=0), "local_changed"))
    with server.session() as s:
        s.probe()
        for name, row, why in cases:
            with t.case(name + " is refused"):
                result = s.apply([dict(row, password="x")]).one("result")
                assert (result["status"], result["why"], result["committed"]) == ("refused", why, "0")
        with t.case("a passed deadline refuses, before the fence is taken"):
            result = s.apply([dict(name="Web", password="x")], deadline=0).one("result")
            assert (result["status"], result["why"]) == ("refused", "deadline")
        with t.case("no row is begun when one can't be read"):
            s.password(1, SVC, "x")
            reply = s.request("apply", set_row(1, "Web") + set_row(2, "Api"), deadline=60000, poolsPerCommit=1)
            assert reply.codes() == ["no_secret"] and len(reply.rows) == 1
        with t.case("after all these nothing is written"):
            assert server.read(server.config) == before and server.commits() == 0 and not server.fence_lines()
        with t.case("refused pools do not stop the others"):
            reply = s.apply([dict(name="Gone", password="x"), dict(name="Web", password="x")], per_commit=1)
            assert [r["status"] for r in reply.all("result")] == ["refused", "set"]


def batches(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    names = ["Web", "Api", "Fixed", "Off"]
    with server.session() as s:
        s.probe()
        reply = s.apply([dict(name=n, password="Right-1!") for n in names], per_commit=3)
        with t.case("at most poolsPerCommit pools go into a commit"):
            assert [(c["number"], c["pools"]) for c in reply.all("commit")] == [("1", "3"), ("2", "1")]
            assert server.commits() == 2 and [r["name"] for r in reply.all("result")] == names
        with t.case("a pool without local identity gets all three, and the defaults stay"):
            reply = s.apply([dict(name="Plain", password="Right-1!", identity="ApplicationPoolIdentity", local=0)])
            row = s.observe(SVC).one("pool", name="Plain")
            assert reply.one("result")["status"] == "set"
            assert (row["local"], row["userFrom"], row["passwordFrom"]) == ("1", "local", "local")
            assert b'<processModel identityType="ApplicationPoolIdentity" />' in server.read(server.config)


def inherited(t, kit):
    more = ' userName="CORP\\svc" password="Right-1!"'
    server = kit.server(fixtures.config({"Web": ("", "")}, "SpecificUser", more), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        with t.case("inherited user and password are told as such"):
            row = s.observe(SVC).one("pool")
            assert (row["identity"], row["local"], row["userFrom"], row["passwordFrom"]) == (
                "SpecificUser", "0", "inherited", "inherited")
            assert row["tag"] == tag(bytes(range(32)), "Web", SVC, "Right-1!")
        with t.case("equal but inherited is not kept: it is written at the pool"):
            reply = s.apply([dict(name="Web", password="Right-1!", identity="SpecificUser", was=SVC, local=0)])
            assert reply.one("result")["status"] == "set"
            assert s.observe(SVC).one("pool")["passwordFrom"] == "local"


def rewrites(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.set("Web", SVC, "Right-1!")
    row = dict(name="Web", password="Right-1!", identity="SpecificUser", was=SVC)
    with server.session() as s:
        s.probe()
        with t.case("a rewrite writes even what is equal, once for each intent"):
            first = s.apply([dict(row, rewrite=1)]).one("result")
            again = s.apply([dict(row, rewrite=1)]).one("result")
            assert first["status"] == "set" and again == {**first, "status": "kept"} and server.commits() == 1
        with t.case("a rewrite does not loosen what the plan saw"):
            reply = s.apply([dict(row, rewrite=1, generation=2, was="CORP\\other")])
            assert reply.one("result")["why"] == "user_changed" and server.commits() == 1


MANAGED = "CORP\\orders$"


def builtins(t, kit):
    """An identity without password: user and password are cleared at the pool itself."""
    server = kit.server(fixtures.config(None, "SpecificUser", ' userName="CORP\\svc" password="Right-1!"'), fixtures.ACCOUNT)
    row = dict(type="NetworkService", user="", account="", secret=0, identity="SpecificUser", was=SVC)
    server.set("Web", SVC, "Right-1!")
    with server.session() as s:
        s.probe()
        with t.case("a builtin identity is written with an empty user and password, all three at the pool"):
            reply = s.apply([dict(row, name="Web")])
            assert reply.one("result")["status"] == "set" and reply.done(), reply.body
            assert server.pool("Web")[1:4] == ["NetworkService", "", ""]
            assert b'<processModel identityType="NetworkService" userName="" password="" />' in server.read(server.config)
        with t.case("the same intent again is kept, though the pool is no longer as planned"):
            again = s.apply([dict(row, name="Web")])
            assert again.one("result") == {**reply.one("result"), "status": "kept"} and server.commits() == 1
        with t.case("a builtin identity over inherited user and password hides them"):
            reply = s.apply([dict(row, name="Plain", local=0)])
            assert reply.one("result")["status"] == "set", reply.body
            pool = s.observe(SVC).one("pool", name="Plain")
            assert (pool["identity"], pool["local"], pool["user"], pool["password"], pool["tag"]) == (
                "NetworkService", "1", "", "absent", "")
        with t.case("what stands behind the identity counts: not kept, and another identity than planned"):
            result = s.apply([dict(row, name="Api", generation=2)]).one("result")
            assert (result["status"], result["why"]) == ("refused", "identity_changed")
        with t.case("every builtin type is written under its own name"):
            for generation, word in enumerate(("LocalService", "LocalSystem", "ApplicationPoolIdentity"), 2):
                was = server.pool("Web")[1]
                result = s.apply([dict(row, name="Web", type=word, identity=was, was="", generation=generation)]).one("result")
                assert result["status"] == "set" and server.pool("Web")[1:4] == [word, "", ""]
        with t.case("back to an account with password, from a builtin identity"):
            result = s.apply([dict(name="Web", password="Right-1!", identity="ApplicationPoolIdentity", generation=5)]).one("result")
            assert result["status"] == "set" and server.pool("Web")[1:4] == ["SpecificUser", SVC, "Right-1!"]
        with t.case("nothing but replies came out"):
            assert s.end() == (0, b"", "")


def managed(t, kit):
    """A group managed service account: a user, and never a password."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT + MANAGED + "\t\tenabled\n")
    row = dict(name="Web", user=MANAGED, account=MANAGED, secret=0)
    with server.session() as s:
        s.probe()
        with t.case("a managed account is written with an empty password, and WAS takes it"):
            reply = s.apply([row])
            assert reply.one("result")["status"] == "set", reply.body
            assert server.pool("Web")[1:4] == ["SpecificUser", MANAGED, ""]
            assert server.ctl("request", server.name, "Web") == [["200"]]
            assert s.observe(MANAGED).one("worker", pool="Web")["owner"] == MANAGED
        with t.case("it has no tag, watched or not"):
            pool = s.observe(MANAGED).one("pool", name="Web")
            assert (pool["tag"], pool["password"], pool["user"]) == ("", "absent", MANAGED)
        with t.case("the same intent again is kept"):
            assert s.apply([row]).one("result") == {**reply.one("result"), "status": "kept"} and server.commits() == 1
        with t.case("a password that is stored beside it is no difference, and is tagged"):
            server.set("Web", MANAGED, "left over")
            result = s.apply([dict(row, identity="SpecificUser", was=MANAGED, generation=2)]).one("result")
            assert result["status"] == "kept" and server.commits() == 1
            assert s.observe(MANAGED).one("pool", name="Web")["tag"] == tag(bytes(range(32)), "Web", MANAGED, "left over")
        with t.case("another user than planned is refused"):
            server.set("Web", SVC, "Right-1!")
            result = s.apply([dict(row, identity="SpecificUser", was=MANAGED, generation=3)]).one("result")
            assert result["why"] == "user_changed" and server.commits() == 1


class Restless(threading.Thread):
    """Stands in for the configuration: whoever reads it gets other bytes than the one before, of the same meaning."""

    def __init__(self, server):
        super().__init__()
        self.path, self.data, self.over = server.config, server.read(server.config), threading.Event()
        self.renew()

    def renew(self):
        os.mkfifo(self.path + ".next")
        os.replace(self.path + ".next", self.path)

    def run(self):
        reads = 0
        while not self.over.is_set():
            pipe = os.open(self.path, os.O_WRONLY)  # waits for the reader
            reads += 1
            self.renew()  # for the next one
            if not self.over.is_set():
                os.write(pipe, self.data + b"\r\n" * (reads % 7))
            os.close(pipe)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.over.set()
        os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
        self.join()
        os.remove(self.path)
        Server.write(self.path, self.data)


def conflicts(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        with Restless(server):
            reply = s.apply([dict(name="Web", password="x"), dict(name="Api", password="x")], per_commit=1)
        with t.case("a file that always changes is a conflict after 6 tries; rows behind it are not tried"):
            assert [(f["where"], f["code"]) for f in reply.all("fault")] == [
                ("Web", "config_conflict"), ("Api", "not_tried"), ("apply", "config_conflict")], reply.body
            assert reply.one("fault", where="apply")["type"] == "System.IO.FileLoadException"
            assert len(reply.rows) == 3 and server.commits() == 0
        with t.case("its intent is on record as begun, once"):
            assert [(f["pool"], f["committed"]) for f in server.fence_lines()] == [("Web", "0")]


class Rival(threading.Thread):
    """Somebody else who writes the file between a look and its commit: holds the emulated server's lock, for which the
    commit waits, until the moment comes; writes other bytes of the same meaning; lets go."""

    def __init__(self, server, moment):
        super().__init__()
        self.server, self.moment = server, moment
        self.lock = open(os.path.dirname(server.root) + "/was.lock", "rb+")
        fcntl.flock(self.lock, fcntl.LOCK_EX)

    def run(self):
        with self.lock:
            self.moment()
            self.server.write(self.server.config + ".touch", self.server.read(self.server.config) + b"\r\n")
            os.replace(self.server.config + ".touch", self.server.config)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.join()


def begun(server):
    """Until the fence tells of a commit that is about to be made, or it is clear that it never will."""
    until = time.monotonic() + 30
    while not server.fence_lines() and time.monotonic() < until:
        time.sleep(0.01)


def retried(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        with Rival(server, lambda: begun(server)):
            reply = s.apply([dict(name="Web", password="Right-1!")])
        with t.case("a file that changed in between is read again and written"):
            assert reply.one("result")["status"] == "set" and reply.one("commit")["tries"] == "2", reply.body
            assert server.pool("Web")[3] == "Right-1!" and server.commits() == 1
            assert [f["committed"] for f in server.fence_lines()] == ["0", reply.one("commit")["committed"]]


def late(t, kit):
    """The deadline falls between two tries."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        probed = time.monotonic()

        def passed():
            begun(server)
            time.sleep(max(0, probed + 4 - time.monotonic()))
        with Rival(server, passed):
            reply = s.apply([dict(name="Web", password="x")], deadline=4000)
        with t.case("a deadline that passes between tries refuses"):
            assert reply.one("result")["why"] == "deadline" and server.commits() == 0, reply.body
        with t.case("a deadline that a second probe would move is not moved"):
            s.probe()
            s.password(1, SVC, "x")
            result = s.ask(record("apply", nonce="z1", deadline=4000, poolsPerCommit=1) + set_row(1, "Web")).one("result")
            assert result["why"] == "deadline"


GROUPS = (writes, refusals, batches, inherited, builtins, managed, rewrites, conflicts, retried, late)
