"""The embedded script, its frames, records and secrets: what must be refused, and what must then be unchanged."""
import hashlib
import hmac
import re

import fixtures
from session import record, set_row, stub_of

KEY = bytes(range(32))


def embedded(t, kit):
    with t.case("the embedded script is the joined one and has the embedded digest"):
        assert kit.script == kit.joined
        assert hashlib.sha256(kit.script).hexdigest() == kit.digest
    with t.case("the stub names the digest; the command is short and safe in every shell"):
        assert "'%s'" % kit.digest in stub_of(kit.command)
        assert len(stub_of(kit.command)) < 3000 and len(kit.command) < 8000
        assert re.fullmatch(r"[A-Za-z0-9+/=.: -]+", kit.command)
    with t.case("the script is ASCII and never mentions $input"):
        assert kit.script.isascii() and b"$input" not in kit.script.lower()
    server = kit.server(fixtures.config())
    for name, script, status in (("another script is not run", kit.script + b"\n", 93),
                                 ("an empty script is not run", b"", 92)):
        with t.case(name):
            assert server.session(script=script).end() == (status, b"", "")


def frames(t, kit):
    server = kit.server(fixtures.config())
    no_key = server.session(key=None)
    no_key.frame(b"R", record("probe", nonce="n1").encode())
    with t.case("without a session key nothing is answered"):
        assert no_key.end() == (95, b"", "")
    bad = (("a second session key ends the session", b"S", b"x" * 32, 95),
           ("an unknown frame ends the session", b"Q", b"", 94),
           ("a short secret frame ends the session", b"K", b"\0" * 6, 94),
           ("a secret of an unknown purpose ends the session", b"K", b"\0\0\0\1\3\0\0secret", 94),
           ("an account longer than its frame ends the session", b"K", b"\0\0\0\1\2\0\x09svc", 94))
    for name, kind, payload, status in bad:
        session = server.session()
        session.frame(kind, payload)
        with t.case(name):
            assert session.end() == (status, b"", "")
    session = server.session()
    session.password(1, "CORP\\svc", "one")
    session.password(1, "CORP\\svc", "two")
    with t.case("a secret number that comes twice ends the session"):
        assert session.end() == (94, b"", "")
    session = server.session()
    session.send(b"R\x00\x40\x00\x01")
    with t.case("a frame above 4 MiB ends the session"):
        assert session.end(None) == (92, b"", "")
    session = server.session(key=None)
    session.frame(b"S", b"x" * 31)
    with t.case("a short session key ends the session"):
        assert session.end() == (95, b"", "")
    with t.case("the end of input without an end frame is said by the exit status"):
        assert server.session().end(None) == (91, b"", "")


def good(**fields):
    return record("apply", **{"nonce": "b1", "deadline": 60000, "poolsPerCommit": 1, **fields})


def faulty_records():
    """name, request, code, nonce of the answer."""
    row = set_row(1, "Web")
    yield "an unknown kind", "what\tnonce=b1\n", "unknown_kind", "b1"
    yield "a kind in another case", "Probe\tnonce=b1\n", "unknown_kind", "b1"
    yield "a missing field", "observe\tnonce=b1\n", "missing_field", "b1"
    yield "a repeated field", "apply\tnonce=b1\tdeadline=1\tdeadline=2\tpoolsPerCommit=1\n", "repeated_field", "b1"
    yield "an unknown field", "probe\tnonce=b1\tmore=1\n", "unknown_field", "b1"
    yield "a field in another case", good() + row.replace("name=Web", "NAME=Api\tname=Web"), "unknown_field", "b1"
    yield "a cell without =", "probe\tnonce=b1\tx\n", "bad_cell", "b1"
    yield "a cell without a name", "probe\tnonce=b1\t=x\n", "bad_cell", "b1"
    yield "an unknown escape", good() + row.replace("\\\\svc", "\\svc"), "bad_escape", "b1"
    yield "an escape at the end", good() + row.replace("userWas=", "userWas=\\"), "bad_escape", "b1"
    for text in ("060000", "-1", "+1", "1.0", "1e3", "", " 1", "0x10", "9007199254740992", "99999999999999999999"):
        yield "the number '%s'" % text, good(deadline=text) + row, "bad_number", "b1"
    yield "a secret number below 0", good() + row.replace("secret=1", "secret=-1"), "bad_number", "b1"
    yield "an other digit than ASCII", good(deadline="\u0661"), "bad_number", "b1"
    yield "a flag of 2", good() + row.replace("local=1", "local=2"), "bad_number", "b1"
    yield "no pool a commit", good(poolsPerCommit=0) + row, "bad_number", "b1"
    yield "generation 0", good() + row.replace("generation=1", "generation=0"), "bad_number", "b1"
    yield "a candidate in capitals", good() + row.replace("0" * 32, "A" * 32), "bad_candidate", "b1"
    yield "a short candidate", good() + row.replace("0" * 32, "0" * 31), "bad_candidate", "b1"
    yield "an unknown identity", good() + row.replace("NetworkService", "networkservice"), "bad_word", "b1"
    yield "an empty user", good() + set_row(1, "Web", user=""), "bad_word", "b1"
    builtin = dict(type="NetworkService", user="", account="")
    yield "a secret for a builtin identity", good() + set_row(1, "Web", **builtin), "needless_secret", "b1"
    yield "a builtin identity with a user", good() + set_row(0, "Web", **{**builtin, "user": "u"}), "bad_word", "b1"
    yield "a builtin identity with an account", good() + set_row(0, "Web", **{**builtin, "account": "u"}), "bad_word", "b1"
    yield "a secret for a managed account", good() + set_row(1, "Web", user="CORP\\x$"), "needless_secret", "b1"
    yield "a user without a secret", good() + set_row(0, "Web"), "no_secret", "b1"
    yield "an empty pool name", good() + set_row(1, ""), "bad_word", "b1"
    yield "a pool twice", good() + row + row.replace("name=Web", "name=WEB"), "repeated_pool", "b1"
    yield "a line without line feed", "probe\tnonce=b1", "bad_line", "b1"
    yield "a line cut short", good() + row + "set\tname=Ap", "bad_line", "b1"
    yield "an empty line", good() + "\n" + row, "unknown_kind", "b1"
    yield "an empty request", "", "bad_line", "-"
    yield "a row that is no request", row, "unexpected_record", "-"
    yield "a row of another request", good() + record("watch", user="u"), "unexpected_record", "b1"
    yield "a request within a request", good() + good(nonce="b2"), "unexpected_record", "b1"
    yield "no nonce", "probe\n", "missing_field", "-"
    yield "a nonce of 65", record("probe", nonce="a" * 65), "bad_nonce", "-"
    yield "an empty nonce", record("probe", nonce=""), "bad_nonce", "-"
    yield "a nonce with other characters", record("probe", nonce="a b"), "bad_nonce", "-"
    yield "a nonce of other letters", record("probe", nonce="\u00e9"), "bad_nonce", "-"
    yield "two nonces", "probe\tnonce=b1\tnonce=b2\n", "repeated_field", "-"
    yield "no UTF-8", b"probe\tnonce=b1\xff\n", "bad_utf8", "-"
    yield "a surrogate in UTF-8", b"probe\tnonce=b1\xed\xa0\x80\n", "bad_utf8", "-"
    yield "a NUL", good() + row.replace("userWas=", "userWas=\0"), "bad_text", "b1"
    yield "a value of 4,097 bytes", good() + row.replace("userWas=", "userWas=" + "a" * 4097), "too_long", "b1"
    yield "4,001 rows", good() + row * 4000, "too_many_rows", "b1"
    yield "a policy unknown", record("activate", nonce="b1", deadline=1) + record(
        "pool", name="Web", policy="Recycle", committed=0, revive=0), "bad_word", "b1"


def records(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    before = server.read(server.config)
    with server.session() as s:
        with t.case("a deadline means nothing before the probe"):
            s.password(1, "CORP\\svc", "Right-1!")
            assert s.ask(good() + set_row(1, "Web")).codes() == ["no_probe"]
        s.probe()
        for name, text, code, nonce in faulty_records():
            with t.case(name + " is refused"):
                s.password(1, "CORP\\svc", "Right-1!")
                reply = s.ask(text)
                assert (reply.codes(), reply.nonce) == ([code], nonce), (reply.nonce, reply.body)
                assert len(reply.rows) == 1
        with t.case("after all these the session goes on, and nothing was written"):
            assert s.probe().done()
            assert server.read(server.config) == before and server.commits() == 0 and not server.fence_lines()
        with t.case("a value of 4,096 bytes is taken"):
            s.password(1, "CORP\\svc", "Right-1!")
            reply = s.ask(good() + set_row(1, "Web", was="a" * 4096))
            assert reply.one("result")["why"] == "user_changed"
        with t.case("nothing but replies comes out"):
            assert s.end() == (0, b"", "")


def secrets(t, kit):
    server = kit.server(fixtures.config(), fixtures.ACCOUNT)
    bad = (("an empty secret", b""), ("257 units", b"a" * 257), ("129 pairs of units", "\U0001f600".encode() * 129),
           ("a line feed in a secret", b"a\nb"), ("a NUL in a secret", b"a\0b"), ("DEL in a secret", b"a\x7f"),
           ("C1 in a secret", "a\u0085".encode()), ("no UTF-8 in a secret", b"a\xffb"),
           ("a surrogate in a secret", b"a\xed\xa0\x80"), ("a long form in a secret", b"a\xc0\x80"))
    with server.session() as s:
        s.probe()
        for name, secret in bad:
            with t.case(name + " is refused"):
                assert s.apply([dict(name="Web", password=secret)]).codes() == ["bad_secret"]
        with t.case("a secret that did not come is refused"):
            assert s.request("apply", set_row(1, "Web"), deadline=60000, poolsPerCommit=1).codes() == ["no_secret"]
        with t.case("a secret of another account is refused"):
            s.password(1, "CORP\\other", "Right-1!")
            assert s.request("apply", set_row(1, "Web"), deadline=60000, poolsPerCommit=1).codes() == ["other_secret"]
        with t.case("the account of a secret is compared exactly"):
            s.password(1, "corp\\svc", "Right-1!")
            assert s.request("apply", set_row(1, "Web"), deadline=60000, poolsPerCommit=1).codes() == ["other_secret"]
        with t.case("a tag key is no password"):
            s.secret(1, 1, "CORP\\svc", b"Right-1!")
            assert s.request("apply", set_row(1, "Web"), deadline=60000, poolsPerCommit=1).codes() == ["other_secret"]
        with t.case("a password is no tag key"):
            s.password(1, "", "k" * 32)
            assert s.request("observe", key=1).codes() == ["other_secret"]
        with t.case("a tag key has 32 bytes"):
            assert s.observe(key=b"k" * 31).codes() == ["bad_secret"]
        with t.case("a secret is gone after the next reply, also after a refusal"):
            s.password(1, "CORP\\svc", "Right-1!")
            s.probe()
            assert s.request("apply", set_row(1, "Web"), deadline=60000, poolsPerCommit=1).codes() == ["no_secret"]
            s.password(1, "CORP\\svc", "Right-1!")
            s.ask("what\n")
            assert s.request("apply", set_row(1, "Web"), deadline=60000, poolsPerCommit=1).codes() == ["no_secret"]
        with t.case("nothing was written"):
            assert server.commits() == 0 and not server.fence_lines()
        with t.case("256 units are taken"):
            assert s.apply([dict(name="Web", password="\U0001f600" * 128)]).one("result")["status"] == "set"
            assert server.pool("Web")[3] == "\U0001f600" * 128


def vectors(t, kit):
    """The vectors published in modules/iis_app_pool/README.md."""
    server = kit.server(fixtures.config({"Orders \u20ac": ("", fixtures.NETWORK)}), fixtures.ACCOUNT)
    server.set("Orders \u20ac", "CORP\\svc-orders", "N3w\"quo'te&<>\\%$`^\u20ac\U0001f600 x ")
    with server.session(key=KEY) as s:
        with t.case("reply vector"):
            body = b"fault\twhere=request\tcode=unknown_kind\ttype=\thresult=\tdetail=\n"
            assert s.ask("what\tnonce=n1\n").body == body
            text = b"lockstep/1 reply\0" b"1\0" b"n1\0" + body
            expected = "02dbf34a50475e88964adb1e91b135627771688c49ffed3750dbd23b529253a5"
            assert hmac.new(KEY, text, hashlib.sha256).hexdigest() == expected
        with t.case("tag vector"):
            row = s.observe("CORP\\svc-orders", key=KEY).one("pool")
            expected = "c744ce81f72cb52b6b070e2fcafca453800f2e5c30f10255b19072359d009ab2"
            assert row["tag"] == expected, row["tag"]


GROUPS = (embedded, frames, records, secrets, vectors)
