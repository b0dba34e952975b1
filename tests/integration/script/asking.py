"""verify with `http`: the sites of a pool, asked through their own bindings."""
import socket
import threading
import time

import fixtures

SVC = "CORP\\svc"


def answers(reply):
    return sorted((a["pool"], a["site"], a["binding"], a["status"], a["why"]) for a in reply.all("answer"))


def asks(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    server.set("Web", SVC, "Right-1!")
    _, shop = server.bind("Shop")
    _, named = server.bind("Shop", "shop.example")
    _, back = server.bind("Back", "back.example", "https")
    first, second, third = ("http 127.0.0.1:%d:" % shop, "http 127.0.0.1:%d:shop.example" % named,
                            "https 127.0.0.1:%d:back.example" % back)
    with server.session() as s:
        begun = time.monotonic()
        reply = s.verify([("web", 0), ("Api", 0)], SVC, http=[("web", "/health?x=1", "200", 20000)])
        with t.case("each binding of each site that uses the pool is asked, TLS under its own name"):
            assert answers(reply) == sorted([("Web", "Shop", first, "200", ""), ("Web", "Shop", second, "200", ""),
                                             ("Web", "Back", third, "200", "")]), reply.body
        with t.case("the request names the binding's host, and says nothing else"):
            assert sorted(server.http_log()) == sorted([
                ["Shop", "localhost:%d" % shop, "GET /health?x=1 HTTP/1.1"], ["Shop", "shop.example:%d" % named, "GET /health?x=1 HTTP/1.1"],
                ["Back", "back.example:%d" % back, "GET /health?x=1 HTTP/1.1"]]), server.http_log()
        with t.case("the worker that the request started is told in the same reply"):
            assert reply.one("worker", pool="Web")["owner"] == SVC and time.monotonic() - begun < 15
        with t.case("an answer stands behind its pool; other pools have none"):
            kinds = [(k, f.get("pool", f.get("name"))) for k, f in reply.rows]
            assert kinds.index(("answer", "Web")) > kinds.index(("pool", "Web")) and ("answer", "Api") not in kinds
        server.ctl("http", server.name, "Shop", "401")
        with t.case("a status that is expected is taken at once"):
            assert {a[3] for a in answers(s.verify([("Web", 0)], SVC, http=[("Web", "/", "200,401", 20000)]))} == {"200", "401"}
        server.ctl("http", server.name, "Shop", "302")
        with t.case("a redirection is an answer, and is not followed"):
            count = len(server.http_log())
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 1200)])
            assert [a[3] for a in answers(reply)].count("302") == 2
            assert {r[2] for r in server.http_log()[count:]} == {"GET / HTTP/1.1"}
        with t.case("nothing but replies came out"):
            assert s.end() == (0, b"", "")


def faults(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    process, port = server.bind("Shop")
    _, secure = server.bind("Back", "", "https")
    with server.session() as s:
        for answer, why, least in (("close", "bad_answer", 0), ("noise", "bad_answer", 0), ("hang", "timeout", 1.5)):
            server.ctl("http", server.name, "Shop", answer)
            server.ctl("http", server.name, "Back", answer)
            begun = time.monotonic()
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 1500)])
            with t.case("%s is told as %s, within the time" % (answer, why)):
                assert [(a[3], a[4]) for a in answers(reply)] == [("0", why)] * 2, reply.body
                assert least <= time.monotonic() - begun < 8, time.monotonic() - begun
        server.ctl("http", server.name, "Shop", "503")
        server.ctl("http", server.name, "Back", "was")
        timer = threading.Timer(1.5, server.ctl, ("http", server.name, "Shop", "200"))
        timer.start()
        with t.case("it is asked again until the answer is as expected"):
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 20000)])
            assert {a[3] for a in answers(reply)} == {"200"}
        timer.join()
        process.kill()
        process.wait()
        with t.case("nobody who listens is told as refused"):
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 1000)])
            assert ("0", "refused") in [(a[3], a[4]) for a in answers(reply)]
        text = server.read(server.config)
        server.write(server.config, text.replace(b"127.0.0.1:%d:" % port, b"198.51.100.7:80:"))
        with t.case("a binding to another machine's address is told as refused: nothing goes there"):
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 1000)])
            assert ("http 198.51.100.7:80:", "0", "refused") in [a[2:] for a in answers(reply)], reply.body
        server.write(server.config, text)
        # Somebody who speaks no TLS, and nothing at all.
        plain = socket.create_server(("127.0.0.1", port))

        def rude():
            while True:
                try:
                    plain.accept()[0].sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                except OSError:
                    return
        threading.Thread(target=rude, daemon=True).start()
        data = server.read(server.config).replace(b'"http" bindingInformation="127.0.0.1:%d:"' % port,
                                                  b'"https" bindingInformation="127.0.0.1:%d:"' % port)
        server.write(server.config, data)
        with t.case("no TLS where there should be is told as tls"):
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 1000)])
            assert ("0", "tls") in [(a[3], a[4]) for a in answers(reply)], reply.body
        plain.close()
        with t.case("the session goes on, and nothing but replies came out"):
            assert s.probe().done() and s.end() == (0, b"", "")
    del secure


def ways(t, kit):
    """Bindings that lead nowhere; pools that are down; sites of no pool."""
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    text = server.read(server.config).decode()
    odd = "".join('<binding protocol="%s" bindingInformation="%s" />' % b for b in (
        ("http", "*:0:x"), ("http", "*:80:a b"), ("http", "nonsense"), ("http", "[zz]:80:"), ("net.tcp", "808:*")))
    server.write(server.config, text.replace('<site name="Shop" id="1">', '<site name="Shop" id="1"><bindings>' + odd + "</bindings>").encode())
    with server.session() as s:
        reply = s.verify([("Web", 0), ("Plain", 0), ("Gone", 0)], SVC,
                         http=[("Web", "/", "200", 5000), ("Plain", "/", "200", 5000), ("Gone", "/", "200", 5000)])
        with t.case("a binding that can't be asked is told so, and a site without any"):
            assert answers(reply) == sorted([("Web", "Shop", "http *:0:x", "0", "no_binding"), ("Web", "Shop", "http *:80:a b", "0", "no_binding"),
                                             ("Web", "Shop", "http nonsense", "0", "no_binding"), ("Web", "Shop", "http [zz]:80:", "0", "no_binding"),
                                             ("Web", "Back", "", "0", "no_binding")]), reply.body
        with t.case("a pool without sites, or that is not there, has no answer, and that is no fault"):
            assert reply.done() and not reply.all("fault")
        _, port = server.bind("Back")
        text = server.read(server.config)
        own = b"127.0.0.1:%d:" % port
        for written, host in ((b"*:%d:", "localhost"), (b"0.0.0.0:%d:", "localhost"), (b":%d:", "localhost"),
                              (b"*:%d:*.shop.example", "lockstep.shop.example")):
            server.write(server.config, text.replace(own, written % port))
            name = "http " + (written % port).decode()
            with t.case("a binding to every address is asked on loopback: " + name.replace(str(port), "PORT")):
                reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 5000)])
                assert ("Web", "Back", name, "200", "") in answers(reply), reply.body
                assert server.http_log()[-1][1] == "%s:%d" % (host, port)
        try:
            socket.create_server(("::1", port), family=socket.AF_INET6).close()
            why = "refused"  # nobody listens there, but it is there
        except OSError:
            why = None
        if why:
            server.write(server.config, text.replace(own, b"[::]:%d:" % port))
            with t.case("every address of IPv6 is asked on its own loopback"):
                reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 600)])
                assert ("Web", "Back", "http [::]:%d:" % port, "0", why) in answers(reply), reply.body
        server.write(server.config, text)
        server.ctl("stop", server.name, "Web")
        with t.case("a stopped pool answers 503"):
            reply = s.verify([("Web", 0)], SVC, http=[("Web", "/", "503", 5000)])
            assert ("503", "") in [(a[3], a[4]) for a in answers(reply)]
        bad = (("a path without /", ("Web", "health", "200", 1000), "bad_word"), ("a path with a line end", ("Web", "/\r\nX: y", "200", 1000), "bad_word"),
               ("a path with a space", ("Web", "/a b", "200", 1000), "bad_word"), ("a path beyond ASCII", ("Web", "/\u00e9", "200", 1000), "bad_word"),
               ("no status", ("Web", "/", "", 1000), "bad_word"), ("a status of 600", ("Web", "/", "600", 1000), "bad_word"),
               ("a list with a space", ("Web", "/", "200, 401", 1000), "bad_word"), ("no time", ("Web", "/", "200", 0), "bad_number"),
               ("91 s", ("Web", "/", "200", 91000), "bad_number"), ("a pool that is not checked", ("Api", "/", "200", 1000), "bad_word"))
        count = len(server.http_log())
        for name, row, code in bad:
            with t.case(name + " is refused"):
                assert s.verify([("Web", 0)], SVC, http=[row]).codes() == [code]
        with t.case("a pool that is asked twice is refused"):
            assert s.verify([("Web", 0)], SVC, http=[("Web", "/", "200", 1), ("web", "/", "200", 1)]).codes() == ["repeated_pool"]
        with t.case("after all these nobody was asked"):
            assert len(server.http_log()) == count


GROUPS = (asks, faults, ways)
