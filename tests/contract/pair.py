"""pair.py - two emulated servers that are equal at the start: one answers by the shipped script in the real PowerShell
engine (tests/farm), the other in C (tests/fleet, serve-stdio). Whatever is asked is asked of both, and the answers
must be equal but for what masks.py names."""
import os
import socket
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree as Xml

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from masks import Masks
from session import Session, escape, record, set_row

FLEET = os.path.join(TREE, os.environ.get("BUILD", "build"), "tests", "fleet")
KEY = bytes(range(32))
LATER = 3600000  # a deadline that no busy machine meets
# As the farm's was.state names what the last logon came to.
LOGONS = {"Ok": "", "WrongPassword": "8007052e", "PasswordExpired": "80070532", "Disabled": "80070533",
          "NoBatch": "80070569", "MustChange": "80070773", "Locked": "80070775", "BadData": "80090005"}


class FleetSession(Session):
    """The same frames, to the fleet's server."""

    def __init__(self, server, world, seconds=120):
        self.server, self.key, self.sequence, self.count, self.kept = server, b"k" * 32, 0, 0, b""
        self.process = subprocess.Popen([FLEET, "serve-stdio", world], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.timer = threading.Timer(seconds, self.process.kill)
        self.timer.start()
        until = time.monotonic() + 20
        while not os.path.exists(world + ".sock"):
            assert self.process.poll() is None and time.monotonic() < until, self.process.stderr.read().decode()
            time.sleep(0.01)
        self.send(struct.pack(">I", len(server.kit.script)) + server.kit.script)
        self.frame(b"S", self.key)


def row_of(kind, fields):
    """A record whose fields may have any name."""
    return kind + "".join("\t%s=%s" % (name, escape(value)) for name, value in fields.items()) + "\n"


def flags(**named):
    return {name: int(bool(value)) for name, value in named.items()}


def world_of(server, session, users, answering):
    """The records of tests/fleet/world_file.h, from what the server tells of itself."""
    told = session.observe(*users)
    root = Xml.fromstring(server.read(server.config).decode("utf-8-sig"))
    models = {pool.get("name"): pool.find("processModel") for pool in root.iter("add")
              if pool.get("name") and pool in list(next(root.iter("applicationPools"), []))}
    state = [line.split("\t") for line in open(server.dir + "/servers/" + server.name + "/was.state", encoding="utf-8")]
    logons = {row[1]: LOGONS[row[3]] for row in state if row[0] == "pool"}
    lines = []
    for line in open(server.dir + "/accounts", encoding="utf-8").read().split("\n"):
        if line:
            lines.append(record("account", **dict(zip(("name", "password", "state"), line.split("\t")))))
    rows = {row["name"]: row for row in told.all("pool")}
    for name, identity, user, password, started, _ in server.ctl("pools", server.name):
        model = models[name]
        held = set() if model is None else set(model.attrib)
        row = rows[name]
        lines.append(record("pool", name=name, identity=identity, local=int("identityType" in held), user=user,
                            userLocal=int("userName" in held), password=password,
                            passwordLocal=int("password" in held),
                            **flags(unreadable=row["password"] == "unreadable" and row["state"] != "Unknown", started=started == "Started"),
                            autoStart=row["autoStart"], startMode=row["startMode"], rotates=row["rotates"], logon=logons[name]))
    for row in told.all("worker"):
        lines.append(record("worker", **row))
    for number, when, pool, code in server.ctl("events", server.name):
        lines.append(record("event", id=number, time=when, pool=pool, code="" if code == "-" else code))
    for row in told.all("site"):
        lines.append(record("site", **row, answering=", ".join(b for b in row["bindings"].split(", ") if b in answering)))
    for kind in ("app", "elsewhere", "blind"):
        lines += [row_of(kind, row) for row in told.all(kind)]
    lines += [record("fence", **line) for line in server.fence_lines()]
    return "".join(lines)


class Difference(AssertionError):
    pass


class Pair:
    """users: those that may be watched. probed: has the session been asked what the server is? Its clock runs then."""

    def __init__(self, tally, kit, config, accounts="", users=(), probed=True, before=None):
        self.tally, self.answering = tally, set()
        self.server = kit.server(config, accounts)
        if before:
            before(self)
        self.real = self.server.session(seconds=900)
        probe = self.real.probe().one("probe") if probed else None
        self.world = self.server.dir + "/world"
        text = world_of(self.server, self.real, users, self.answering)
        if probe:
            del probe["now"]
            text += record("probe", **probe)
        self.server.write(self.world, text.encode())
        self.fleet = FleetSession(self.server, self.world, seconds=900)
        self.sides = (self.real, self.fleet)
        for side in self.sides:
            side.masks, side.count = Masks(), 100  # nonces from here on are equal
        if probed:
            self.ask("probe", lambda side: side.probe())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.sides:
            if side.process.poll() is None:
                side.end()

    # ---- requests ---------------------------------------------------------------------------------------------

    def ask(self, name, how):
        """how(side) -> Reply, for each of both; the real one's reply."""
        replies = [how(side) for side in self.sides]
        masked = [side.masks.reply(reply) for side, reply in zip(self.sides, replies)]
        self.tally.compare(name, masked, replies)
        for side, reply in zip(self.sides, replies):
            side.last = reply
        return replies[0]

    def observe(self, name, *users, key=KEY):
        return self.ask(name, lambda side: side.observe(*users, key=key))

    def verify(self, name, checks, *users, http=()):
        return self.ask(name, lambda side: side.verify(checks, *users, http=http))

    def apply(self, name, rows, deadline=LATER, **more):
        return self.ask(name, lambda side: side.apply(rows, deadline=deadline, **more))

    def activate(self, name, *rows, deadline=LATER):
        """committed: a number, or the name of a pool: when it was committed last, as this side told."""
        return self.ask(name, lambda side: side.activate(
            *(dict(row, committed=side.masks.committed.get(row["committed"], 0) if isinstance(row["committed"], str)
                   else row["committed"]) for row in rows), deadline=deadline))

    def secret(self, *words):
        for side in self.sides:
            side.secret(*words)

    def raw(self, name, text):
        return self.ask(name, lambda side: side.ask(text))

    # ---- what happens to both servers ---------------------------------------------------------------------------

    def order(self, *words, text=""):
        """To the fleet, as control.h says."""
        with socket.socket(socket.AF_UNIX) as to:
            to.connect(self.world + ".sock")
            parts = [word.encode() for word in (*words, text)]
            to.sendall(struct.pack("=I", len(parts)) + b"".join(struct.pack("=I", len(p)) + p for p in parts))
            answer = b""
            while part := to.recv(65536):
                answer += part
        assert answer[:1] == b"\0", answer
        return [line.split("\t") for line in answer[1:].decode().splitlines()]

    def set(self, pool, user, password):
        self.server.set(pool, user, password)
        self.order("set", "world", pool, user, text=password)

    def account(self, user, password, state="enabled"):
        self.server.ctl("account", user, state, text=password)
        self.order("account", user, state, text=password)

    def visit(self, pool):
        """An HTTP request; both must answer alike."""
        self.tally.compare("request " + pool, [self.server.ctl("request", self.server.name, pool), self.order("request", "world", pool)], None)

    def end(self, name):
        """What stands on both at the end: pools, events, commits."""
        for what, cells in (("pools", slice(0, 5)), ("events", slice(0, 4, 2)), ("commits", slice(1, None))):
            both = [[row[cells] for row in rows] for rows in (self.server.ctl(what, self.server.name), self.order(what, "world"))]
            self.tally.compare(f"{name}: {what} at the end", both, None)
        ends = [side.end() for side in self.sides]
        self.tally.compare(name + ": status and other output", ends, None)


__all__ = ["Pair", "record", "set_row", "KEY", "LATER"]
