"""The fence file: who may write, after a crash, a restored controller, or a lost session."""
import fcntl
import os
import threading
import time

import fixtures

SVC = "CORP\\svc"
FIRST, OTHER = "a" * 32, "b" * 32


def line(pool, generation, candidate, committed):
    return ("fence\tpool=%s\tgeneration=%s\tcandidate=%s\tcommitted=%s\n" % (pool, generation, candidate, committed)).encode()


def generations(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.write(server.fence, line("Web", 4, OTHER, 0) + line("WEB", 5, FIRST, 1000) + line("Gone", 1, FIRST, 1))
    with server.session() as s:
        s.probe()
        with t.case("observe tells the last line of each pool that is there"):
            reply = s.observe(SVC)
            assert reply.one("server")["fence"] == "present"
            assert reply.one("fence") == dict(pool="WEB", generation="5", candidate=FIRST, committed="1000")
        for generation, candidate, why in ((4, OTHER, "generation_behind"), (5, OTHER, "candidate_differs")):
            with t.case("generation %d of another intent is refused: %s" % (generation, why)):
                result = s.apply([dict(name="Web", password="x", generation=generation, candidate=candidate)]).one("result")
                assert (result["status"], result["why"], result["generation"]) == ("refused", why, str(generation))
        with t.case("nothing was written"):
            assert server.commits() == 0 and len(server.fence_lines()) == 3
        with t.case("the same intent may go on"):
            reply = s.apply([dict(name="Web", password="Right-1!", generation=5, candidate=FIRST)])
            assert reply.one("result")["status"] == "set" and server.commits() == 1
        with t.case("a higher generation may begin"):
            reply = s.apply([dict(name="Web", password="x", generation=7, candidate=OTHER, identity="SpecificUser", was=SVC)])
            assert reply.one("result")["status"] == "set" and server.fence_lines()[-1]["generation"] == "7"


def lost_report(t, kit):
    """A crash after the commit and before its line: the retry finds it landed."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    with server.session() as s:
        s.probe()
        s.apply([dict(name="Web", password="Right-1!", candidate=FIRST)])
        server.write(server.fence, line("Web", 1, FIRST, 0))
        reply = s.apply([dict(name="Web", password="Right-1!", candidate=FIRST)])
        with t.case("a commit whose report was lost is kept, not done again, though the pool is no longer as planned"):
            assert reply.one("result")["status"] == "kept" and server.commits() == 1
        with t.case("its time is that of the file, and goes on record"):
            written = int(os.stat(server.config).st_mtime_ns // 1000000)
            assert int(reply.one("result")["committed"]) == written == int(server.fence_lines()[-1]["committed"])


def torn(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.write(server.fence, line("Web", 5, FIRST, 1000) + line("Api", 9, FIRST, 0)[:30])
    with server.session() as s:
        s.probe()
        with t.case("a torn last line is ignored by a look, and left alone"):
            assert s.observe(SVC).one("server")["fence"] == "present"
            assert not server.read(server.fence).endswith(b"\n")
        with t.case("a torn last line is cut off by the next write"):
            assert s.apply([dict(name="Api", password="x", generation=1)]).one("result")["status"] == "set"
            assert [(f["pool"], f["generation"]) for f in server.fence_lines()] == [("Web", "5"), ("Api", "1"), ("Api", "1")]


def damage(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    good = line("Web", 1, FIRST, 0)
    cases = (("another record", b"pool\tname=Web\n"), ("a missing field", b"fence\tpool=Web\tgeneration=1\n"),
             ("a number that is none", good.replace(b"generation=1", b"generation=01")), ("no UTF-8", b"\xff\n"),
             ("a short candidate", good.replace(b"aaaa", b"a")), ("zeros", b"\0" * 40 + b"\n"))
    with server.session() as s:
        s.probe()
        for name, text in cases:
            server.write(server.fence, good + text + good)
            with t.case("a fence with %s is damaged, and nothing is written" % name):
                result = s.apply([dict(name="Web", password="x")]).one("result")
                assert (result["status"], result["why"]) == ("refused", "fence_damaged")
                assert server.read(server.fence) == good + text + good and server.commits() == 0
                assert s.observe(SVC).one("server")["fence"] == "damaged"


def links(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    elsewhere = server.dir + "/elsewhere"
    with server.session() as s:
        s.probe()
        for name, target in (("a link", elsewhere), ("a link to nothing", elsewhere + "2")):
            server.write(elsewhere, b"")
            os.symlink(target, server.fence)
            with t.case(name + " in place of the fence is refused, and not followed"):
                assert s.apply([dict(name="Web", password="x")]).codes() == ["fence_denied"]
                assert s.observe(SVC).codes() == ["fence_denied"]
                assert server.read(elsewhere) == b"" and not os.path.exists(elsewhere + "2") and server.commits() == 0
            os.remove(server.fence)
        os.mkdir(server.fence)
        with t.case("a folder in place of the fence is refused"):
            assert s.apply([dict(name="Web", password="x")]).codes() == ["fence_denied"] and server.commits() == 0


def mutex(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.write(server.fence, b"")
    with server.session() as s:
        s.probe()
        with open(server.fence, "rb+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            timer = threading.Timer(1, fcntl.flock, (held, fcntl.LOCK_UN))
            timer.start()
            begun = time.monotonic()
            reply = s.apply([dict(name="Web", password="x")])
            with t.case("an apply waits for the fence that another holds"):
                assert reply.one("result")["status"] == "set" and time.monotonic() - begun >= 1
            fcntl.flock(held, fcntl.LOCK_SH)  # as somebody who only looks
            reply = s.apply([dict(name="Web", password="y", generation=2, identity="SpecificUser", was=SVC)])
            with t.case("an apply does not wait for it for ever, and writes nothing"):
                assert reply.codes() == ["fence_locked"] and len(reply.rows) == 1 and server.commits() == 1


GROUPS = (generations, lost_report, torn, damage, links, mutex)
