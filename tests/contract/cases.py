"""cases.py - the requests that both emulations must answer alike."""
import os

import fixtures
import protocol
from pair import LATER, Pair, record, set_row

SVC, OTHER, MANAGED = "CORP\\svc", "CORP\\other", "CORP\\web$"
USERS = (SVC, OTHER, MANAGED, "svc@corp.example")
ACCOUNTS = fixtures.ACCOUNT + OTHER + "\tOther-1!\tenabled\n" + MANAGED + "\t-\tenabled\n"
RIGHT = "Right-1!"
FIRST, SECOND = "a" * 32, "b" * 32
APPHOST = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "farm", "apphost")
WORLDS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fleet", "worlds")
REAL = ("pubslocator", "windowcontainertest", "interview-sysadmin")


def model(identity="", user=None, password=None):
    cells = (("identityType", identity or None), ("userName", user), ("password", password))
    return "<processModel%s />" % "".join(' %s="%s"' % cell for cell in cells if cell[1] is not None)


# Every kind of identity, at the pool and inherited.
KINDS = {
    **fixtures.POOLS, "Service": ("", model("LocalService")), "System": ("", model("LocalSystem")),
    "Own": ("", model("ApplicationPoolIdentity")), "Left": ("", model("NetworkService", SVC, RIGHT)),
    "Clear": ("", model("SpecificUser", SVC, RIGHT)), "Upn": ("", model("SpecificUser", "svc@corp.example", RIGHT)),
    "Case": ("", model("SpecificUser", "corp\\SVC", RIGHT)), "Wrong": ("", model("SpecificUser", SVC, "wrong")),
    "Empty": ("", model("SpecificUser", SVC, "")), "NoPassword": ("", model("SpecificUser", SVC)),
    "NoUser": ("", model("SpecificUser")), "Foreign": ("", model("SpecificUser", SVC, "[enc:Other:AAAA:enc]")),
    "Mark": ("", model("SpecificUser", SVC, "[enc:Other:AAAA")), "EmptyMark": ("", model("SpecificUser", SVC, "[enc:Other::enc]")),
    "Managed": ("", model("SpecificUser", MANAGED, "")), "ManagedStored": ("", model("SpecificUser", MANAGED, "kept")),
    "Long": ("", model("SpecificUser", "u" * 4097)), "Busy": (' startMode="AlwaysRunning"', model("SpecificUser", SVC, RIGHT)),
    "Tab&amp;\u00e9": ("", model("SpecificUser", SVC, "&lt;&quot;\u20ac\U0001f600 ")),
}
INHERITED = ' userName="CORP\\svc" password="Right-1!"'


def records(tally, kit):
    with Pair(tally, kit, fixtures.config(), ACCOUNTS, USERS, probed=False) as pair:
        for side in pair.sides:
            side.password(1, SVC, RIGHT)
        pair.raw("a deadline before the probe", protocol.good() + set_row(1, "Web"))
        pair.raw("activate before the probe", record("activate", nonce="b1", deadline=1))
        for side in pair.sides:
            side.probe()
        for name, text, _, _ in protocol.faulty_records():
            for side in pair.sides:
                side.password(1, SVC, RIGHT)
            pair.raw(name, text)
        pair.ask("a value of 4,096 bytes", lambda side: side.apply([dict(name="Web", password="x", was="a" * 4096)], deadline=LATER))
        builtin = dict(type="NetworkService", user="", account="")
        for name, row in (("a builtin identity with a user", dict(builtin, user=SVC)),
                          ("a builtin identity with an account", dict(builtin, account=SVC)),
                          ("a builtin identity with a secret", builtin), ("a user without a name", dict(user="")),
                          ("a managed account with a secret", dict(user=MANAGED, account=MANAGED)),
                          ("an unknown type", dict(type="specificuser")), ("a flag that is none", dict(rewrite="x")),
                          ("a generation that is none", dict(generation="01"))):
            for side in pair.sides:
                side.password(1, row.get("account", SVC), RIGHT)
            pair.raw(name, protocol.good() + set_row(1, "Web", **row))
        for name, rows in (("a policy unknown", dict(policy="Restart", committed=0, revive=0)),
                           ("a time that is none", dict(policy="none", committed="-1", revive=0)),
                           ("a flag of 2", dict(policy="none", committed=0, revive=2))):
            pair.ask(name, lambda side, rows=rows: side.activate(dict(name="Web", **rows), deadline=LATER))
        pair.ask("activate: a pool twice", lambda side: side.activate(
            *(dict(name=n, policy="none", committed=0, revive=0) for n in ("Web", "wEB")), deadline=LATER))
        pair.verify("verify: a pool twice", [("Web", 0), ("WEB", 0)], SVC)
        pair.verify("verify: a pool without a name", [("", 0)], SVC)
        pair.end("records")


def secrets(tally, kit):
    bad = (b"", b"a" * 257, "\U0001f600".encode() * 129, b"a\nb", b"a\0b", b"a\x7f", "a\u0085".encode(), b"a\xffb",
           b"a\xed\xa0\x80", b"a\xc0\x80", "a\u00a0".encode(), "\U0001f600".encode() * 128, b"a" * 256, b" ", b"\t")
    with Pair(tally, kit, fixtures.config(), ACCOUNTS, USERS) as pair:
        for number, secret in enumerate(bad, 1):
            pair.apply("the secret %r" % secret[:12], [dict(name="Gone", password=secret, generation=number)])
        none = set_row(1, "Web")
        for name, words in (("of another account", (1, 2, OTHER, b"x")), ("of another case", (1, 2, "corp\\svc", b"x")),
                            ("that is a tag key", (1, 1, SVC, b"x")), ("of another number", (2, 2, SVC, b"x"))):
            pair.secret(*words)
            pair.ask("a secret " + name, lambda side: side.request("apply", none, deadline=LATER, poolsPerCommit=1))
        pair.ask("no secret", lambda side: side.request("apply", none, deadline=LATER, poolsPerCommit=1))
        for name, words in (("a password", (1, 2, "", b"k" * 32)), ("of an account", (1, 1, "x", b"k" * 32)),
                            ("of 31 bytes", (1, 1, "", b"k" * 31)), ("of 33 bytes", (1, 1, "", b"k" * 33))):
            pair.secret(*words)
            pair.ask("a key " + name, lambda side: side.request("observe", key=1))
            pair.secret(*words)
            pair.ask("verify with a key " + name, lambda side: side.request("verify", key=1))
        pair.ask("no key", lambda side: side.request("observe", key=1))
        pair.end("secrets")


def looks(tally, kit):
    for defaults, more in (("ApplicationPoolIdentity", ""), ("SpecificUser", INHERITED), ("LocalService", INHERITED)):
        with Pair(tally, kit, fixtures.config(KINDS, defaults, more), ACCOUNTS, USERS) as pair:
            pair.observe(f"{defaults}: no watch")
            pair.observe(f"{defaults}: all", *USERS)
            pair.observe(f"{defaults}: another case", "corp\\SVC", "Corp\\WEB$")
            pair.observe(f"{defaults}: another key", *USERS, key=b"x" * 32)
            pair.observe(f"{defaults}: nobody's name", "CORP\\nobody")
            pair.verify(f"{defaults}: every pool", [(name.replace("&amp;", "&"), 0) for name in KINDS], *USERS)
            pair.verify(f"{defaults}: some, and one that is not there", [("WEB", 0), ("Gone", 0), ("Foreign", 2 ** 53 - 1)], SVC)
            pair.verify(f"{defaults}: none", [], SVC)
            pair.end(defaults)


def applies(tally, kit):
    with Pair(tally, kit, fixtures.config(KINDS), ACCOUNTS, USERS) as pair:
        row = dict(name="Web", password=RIGHT, candidate=FIRST)
        for name, other in (("no such pool", dict(name="Gone")), ("another identity", dict(identity="LocalSystem")),
                            ("another user", dict(was=SVC)), ("elsewhere than planned", dict(local=0))):
            pair.apply(name, [dict(row, **other)])
        pair.apply("a passed deadline", [row, dict(row, name="Gone")], deadline=0)
        pair.observe("nothing was written", SVC)
        pair.apply("set", [row])
        pair.apply("the same intent again", [row])
        pair.apply("another spelling of the pool", [dict(row, name="WEB")])
        pair.apply("a lower generation", [dict(row, generation=1, candidate=SECOND)])
        later = dict(row, identity="SpecificUser", was=SVC, generation=3)
        pair.apply("a later intent of what is there", [later])
        pair.apply("a later intent of another password", [dict(later, password="x")])
        pair.apply("an older one", [dict(later, generation=2)])
        pair.apply("the same generation of another candidate", [dict(later, candidate=SECOND)])
        pair.apply("a password that differs in case", [dict(later, generation=4, password="X", was="corp\\SVC")])
        pair.apply("a user that differs in case", [dict(later, generation=5, password="X", user="corp\\svc")])
        # tests/farm lets WAS hear of a commit when somebody next looks: so somebody looks before the next one.
        pair.observe("what WAS says to that", SVC)
        pair.apply("another user", [dict(later, generation=6, user=OTHER, account=OTHER, password="Other-1!")])
        pair.observe("all that", SVC, OTHER)
        names = ["Api", "Fixed", "Off", "Service", "System", "Own"]
        kinds = dict(Service="LocalService", System="LocalSystem", Own="ApplicationPoolIdentity")
        rows = [dict(row, name=n, identity=kinds.get(n, "NetworkService")) for n in names]
        pair.apply("six pools, two a commit, one refused", [*rows[:3], dict(row, name="Gone"), *rows[3:]], per_commit=2)
        pair.apply("all of them again", rows, per_commit=1)
        pair.apply("a local identity where there was none", [dict(row, name="Plain", identity="ApplicationPoolIdentity", local=0)])
        stored = dict(row, identity="SpecificUser", was=SVC)
        for name in ("Clear", "Wrong", "Empty", "NoPassword", "Foreign", "Mark", "EmptyMark"):
            pair.apply("over what is stored: " + name, [dict(stored, name=name)])
        pair.apply("a pool whose user is empty", [dict(stored, name="NoUser", was="")])
        pair.apply("another spelling of the user", [dict(stored, name="Case", was="corp\\svc")])
        pair.apply("a user of another form", [dict(stored, name="Upn", was="svc@corp.example")])
        pair.apply("rewritten", [dict(stored, name="Clear", rewrite=1, generation=2)])
        pair.apply("rewritten once only", [dict(stored, name="Clear", rewrite=1, generation=2)])
        pair.apply("a rewrite of another user", [dict(stored, name="Clear", rewrite=1, generation=3, was=OTHER)])
        pair.observe("all of them", *USERS)
        pair.verify("verified", [(n, 0) for n in [*names, "Clear", "Plain", "Foreign"]], *USERS)
        pair.end("applies")


def passwordless(tally, kit):
    for defaults, more in (("ApplicationPoolIdentity", ""), ("SpecificUser", INHERITED), ("NetworkService", "")):
        with Pair(tally, kit, fixtures.config(KINDS, defaults, more), ACCOUNTS, USERS) as pair:
            was = {row["name"]: row for row in pair.observe("before", *USERS).all("pool")}

            def seen(name, **more):
                row = was[name]
                return dict(dict(name=name, identity=row["identity"], was=row["user"], local=row["local"], secret=0, candidate=FIRST), **more)

            builtin = dict(type="NetworkService", user="", account="")
            managed = dict(user=MANAGED, account=MANAGED)
            for name in ("Web", "Plain", "Left", "Clear", "Own", "Foreign", "Managed", "Busy"):
                pair.apply(f"{defaults}: {name} becomes NetworkService", [seen(name, **builtin)])
            for name in ("Service", "System", "ManagedStored", "Off", "Empty"):
                pair.apply(f"{defaults}: {name} becomes managed", [seen(name, **managed)])
            pair.apply(f"{defaults}: several types", [seen("Api", **dict(builtin, type="LocalSystem")), seen("Fixed", **dict(
                builtin, type="ApplicationPoolIdentity")), seen("Mark", **dict(builtin, type="LocalService"))], per_commit=2)
            pair.apply(f"{defaults}: again", [seen(n, **builtin) for n in ("Web", "Left", "Clear", "Busy")])
            pair.apply(f"{defaults}: managed again", [seen(n, **managed) for n in ("Service", "ManagedStored")])
            pair.apply(f"{defaults}: back to an account", [dict(
                name="Web", password=RIGHT, identity="NetworkService", was="", local=1, generation=2, candidate=FIRST)])
            pair.observe(f"{defaults}: after", *USERS)
            pair.end(f"passwordless, {defaults}")


def activates(tally, kit):
    future = 4102444800000
    rows = [dict(name=n, password=RIGHT, candidate=FIRST) for n in ("Web", "Fixed", "Api")]
    with Pair(tally, kit, fixtures.config(), ACCOUNTS, USERS) as pair:
        for name in ("Web", "Fixed"):
            pair.visit(name)
        pair.observe("workers", SVC)
        pair.apply("three pools", rows)
        pair.observe("a worker that does not rotate stays", SVC)
        pair.activate("recycle what is old", *(dict(name=n, policy="recycle", committed=n, revive=0) for n in ("Web", "Fixed", "Api")))
        pair.activate("again", *(dict(name=n, policy="recycle", committed=n, revive=0) for n in ("Web", "Fixed", "Api")))
        pair.verify("no old worker is left", [("Web", 0), ("Fixed", 0), ("Api", 0)], SVC)
        for policy in ("none", "recycle", "restart"):
            for revive in (0, 1):
                for pool in ("Off", "Plain", "Fixed", "Api"):
                    if policy == "none" or pool != "Api" or not revive:
                        pair.activate(f"{policy} of {pool}, revive {revive}", dict(name=pool, policy=policy, committed=0, revive=revive))
                pair.observe(f"after {policy}, revive {revive}", SVC)
        pair.activate("some that are not there", dict(name="Gone", policy="recycle", committed=0, revive=0),
                      dict(name="Fixed", policy="restart", committed=0, revive=0), dict(name="None", policy="none", committed=0, revive=1))
        pair.activate("a passed deadline", dict(name="Web", policy="restart", committed=0, revive=0),
                      dict(name="Fixed", policy="recycle", committed=future, revive=0), dict(name="Api", policy="none", committed=0, revive=0),
                      dict(name="Gone", policy="none", committed=0, revive=0), deadline=0)
        pair.activate("none at all")
        pair.observe("at the end", SVC)
        pair.end("activates")


def logons(tally, kit):
    with Pair(tally, kit, fixtures.config(KINDS), ACCOUNTS, USERS) as pair:
        generation = 1
        seen = dict(Web=("NetworkService", ""), Api=("NetworkService", ""), Fixed=("NetworkService", ""), Off=("NetworkService", ""))
        for name in ("Web", "Fixed"):
            pair.visit(name)
        for state in ("enabled", "disabled", "nobatch", "locked", "expired", "mustchange", "enabled"):
            pair.account(SVC, RIGHT, state)
            rows = [dict(name=n, password=RIGHT, identity=i, was=u, generation=generation, candidate=FIRST, rewrite=1)
                    for n, (i, u) in seen.items()]
            pair.apply(f"{state}: written", rows)
            pair.observe(f"{state}: events", SVC)
            pair.verify(f"{state}: since the commit", [("Web", 0), ("Api", 0), ("Off", 0)], SVC)
            pair.activate(f"{state}: recycled", *(dict(name=n, policy="recycle", committed=n, revive=0) for n in seen))
            pair.visit("Web")
            pair.observe(f"{state}: after a request", SVC)
            pair.activate(f"{state}: started again", *(dict(name=n, policy="restart", committed=n, revive=int(n != "Off")) for n in seen))
            pair.observe(f"{state}: at the end", SVC)
            generation += 1
            seen = {n: ("SpecificUser", SVC) for n in seen}
        pair.set("Web", SVC, "wrong")
        pair.observe("a person stores a wrong password", SVC)
        pair.visit("Web")
        pair.observe("and somebody comes", SVC)
        pair.account(MANAGED, "another", "enabled")
        pair.set("Fixed", MANAGED, "whatever")
        pair.visit("Fixed")
        pair.set("Web", "svc@corp.example", RIGHT)
        pair.observe("a managed account and a user of another form", *USERS)
        pair.set("Web", "CORP\\nobody", RIGHT)
        pair.observe("an account that is not there", *USERS, "CORP\\nobody")
        pair.end("logons")


def intents(tally, kit):
    """What stands in the fence file when the session begins."""
    def fences(pair):
        lines = (("Web", 4, SECOND, 0), ("WEB", 5, FIRST, 1000), ("Gone", 1, FIRST, 1), ("Clear", 2, FIRST, 0), ("Api", 3, FIRST, 0))
        pair.server.write(pair.server.fence, "".join(record("fence", pool=p, generation=g, candidate=c, committed=t) for p, g, c, t in lines).encode())

    with Pair(tally, kit, fixtures.config(KINDS), ACCOUNTS, USERS, before=fences) as pair:
        pair.observe("told", SVC)
        row = dict(name="Web", password=RIGHT)
        for generation, candidate in ((4, SECOND), (5, SECOND), (5, FIRST), (5, FIRST), (7, SECOND)):
            pair.apply(f"generation {generation} of {candidate[0]}", [dict(row, generation=generation, candidate=candidate)])
            pair.observe(f"after {generation} of {candidate[0]}", SVC)
        pair.apply("a commit whose report was lost", [dict(name="Clear", password=RIGHT, generation=2, candidate=FIRST, identity="LocalSystem")])
        pair.apply("begun only, and not there", [dict(name="Api", password=RIGHT, generation=3, candidate=FIRST)])
        pair.observe("at the end", SVC)
        pair.end("intents")


def conflicts(tally, kit):
    import applying
    with Pair(tally, kit, fixtures.config(), ACCOUNTS, USERS) as pair:
        pair.order("conflict", "world", "6")
        rows = [dict(name=n, password=RIGHT) for n in ("Gone", "Web", "Api")]

        def always(side):
            if side is pair.fleet:
                return side.apply(rows, per_commit=1, deadline=LATER)
            with applying.Restless(pair.server):
                return side.apply(rows, per_commit=1, deadline=LATER)

        pair.ask("a file that always changes", always)
        pair.order("conflict", "world", "1")

        def once(side):
            if side is pair.fleet:
                return side.apply([dict(name="Web", password=RIGHT, generation=2)], deadline=LATER)
            with applying.Rival(pair.server, lambda: grown(pair.server)):
                return side.apply([dict(name="Web", password=RIGHT, generation=2)], deadline=LATER)

        pair.ask("a file that changed once", once)
        pair.end("conflicts")


def grown(server):
    """Until the fence tells of the second intent."""
    import time
    until = time.monotonic() + 30
    while len(server.fence_lines()) < 2 and time.monotonic() < until:
        time.sleep(0.01)


def sites(tally, kit):
    def bound(pair):
        for site, host in (("Shop", ""), ("Shop", "shop.example"), ("Back", "")):
            _, port = pair.server.bind(site, host)
            pair.answering.add("http 127.0.0.1:%d:%s" % (port, host))

    with Pair(tally, kit, fixtures.config(), ACCOUNTS, USERS, before=bound) as pair:
        good = ("Web", "/", "200", 60000)
        for name, row in (("no slash", ("Web", "x", "200", 1)), ("a blank", ("Web", "/a b", "200", 1)),
                          ("a long path", ("Web", "/" + "a" * 2048, "200", 1)), ("another letter", ("Web", "/\u00e9", "200", 1)),
                          ("no status", ("Web", "/", "", 1)), ("a status of 600", ("Web", "/", "600", 1)),
                          ("a comma at the end", ("Web", "/", "200,", 1)), ("33 of them", ("Web", "/", ",".join(["200"] * 33), 1)),
                          ("no time", ("Web", "/", "200", 0)), ("too much time", ("Web", "/", "200", 90001)),
                          ("no number", ("Web", "/", "200", "x")), ("a pool that is not checked", ("Api", "/", "200", 1)),
                          ("no pool", ("", "/", "200", 1))):
            pair.verify("http: " + name, [("Web", 0)], SVC, http=[row])
        pair.verify("http: a pool twice", [("Web", 0)], SVC, http=[good, good])
        pair.verify("answers", [("Web", 0)], SVC, http=[good])
        pair.verify("a pool without sites", [("Plain", 0)], SVC, http=[("Plain", "/", "200", 1000)])
        pair.verify("an application below the root", [("Web", 0)], SVC, http=[("web", "/a/b?c=d", "200,404", 60000)])
        pair.verify("another status than expected", [("Web", 0)], SVC, http=[("Web", "/", "401", 20000)])
        pair.apply("a wrong password", [dict(name="Web", password="wrong")])
        pair.activate("restarted", dict(name="Web", policy="restart", committed="Web", revive=0))
        pair.verify("503 then, and the pool is stopped", [("Web", 0)], SVC, http=[("Web", "/", "503", 60000)])
        pair.observe("at the end", SVC)
        pair.end("sites")


def real_config(name):
    with open(os.path.join(APPHOST, name + ".config"), "rb") as file:
        return file.read()


def real(tally, kit):
    for name in REAL:
        with Pair(tally, kit, real_config(name), ACCOUNTS, USERS) as pair:
            with open(os.path.join(WORLDS, name + ".world"), encoding="utf-8") as kept, open(pair.world, encoding="utf-8") as made:
                tally.compare(f"{name}: the world that the fleet keeps of it", [kept.readlines(), lasting(made)], None)
            pools = pair.observe(f"{name}: as it is", *USERS).all("pool")
            rows = [dict(name=p["name"], password=RIGHT, identity=p["identity"], was=p["user"], local=p["local"]) for p in pools]
            pair.apply(f"{name}: every pool", rows, per_commit=3)
            pair.observe(f"{name}: after it", *USERS)
            pair.activate(f"{name}: recycled", *(dict(name=p["name"], policy="recycle", committed=p["name"], revive=0) for p in pools))
            pair.verify(f"{name}: verified", [(p["name"], 0) for p in pools], *USERS)
            pair.apply(f"{name}: again", rows, per_commit=3)
            pair.end(name)


def lasting(lines):
    """What is of the configuration, and not of this server's day."""
    return [line for line in lines if line.startswith(("pool\t", "site\t", "app\t"))]


def write_worlds(kit, folder):
    """Without accounts and probe: the fleet has its own."""
    from pair import world_of
    for name in REAL:
        server = kit.server(real_config(name))
        with server.session() as session:
            text = world_of(server, session, (), ())
        with open(os.path.join(folder, name + ".world"), "w", encoding="utf-8") as file:
            file.writelines(lasting(text.splitlines(True)))


GROUPS = (records, secrets, looks, applies, passwordless, activates, logons, intents, conflicts, sites, real)
