"""lab.py - what the faults share: a fleet whose controller keeps its state in a folder of its own, and what must hold after a fault."""
import importlib.machinery
import importlib.util
import os
import random
import re
import shutil
import sqlite3
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def load(path, name):
    """A program without .py as a module."""
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


fleet = load(os.path.join(HERE, "..", "fleet", "run"), "fleet_run")
Wrong, check, equal, NEW, OLD = fleet.Wrong, fleet.check, fleet.equal, fleet.NEW, fleet.OLD
PROGRAM, BUILD = fleet.PROGRAM, fleet.BUILD
DISK = os.path.join(BUILD, "tests", "fault-disk.so")
HEAP = os.path.join(BUILD, "tests", "fault-heap.so")
APPLY = ("apply", "--auto-approve")

INTENTS = "SELECT server, lower(pool), generation, lower(hex(candidate)) FROM intent"
UNFINISHED = "SELECT id FROM run WHERE seq = (SELECT max(seq) FROM run WHERE kind = 'change') AND ended_ms IS NULL"
LEFT = """SELECT server, (SELECT outcome FROM outcome AS o WHERE o.run = c.run AND o.server = c.server AND o.pool = c.pool
 ORDER BY seq DESC LIMIT 1), (SELECT open FROM pool AS p WHERE p.server = c.server AND p.pool = c.pool AND p.run = c.run)
 FROM run_change AS c WHERE run = ?"""


def ask_state(path, sql, *values):
    """Rows of a state file; none where there is no file. A hot journal is played back, so the folder must be a copy."""
    if not os.path.exists(path):
        return []
    db = sqlite3.connect(path)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


class Lab(fleet.Fleet):
    """A fleet with made-up servers; state/ holds nothing but the state."""

    def __init__(self, n=2, *options):
        super().__init__(n, *(options or ("--pools", "2")))
        self.state = self.path("state", "state.db")
        os.mkdir(self.path("state"), 0o700)
        self.edit("config.yaml", self.path("state.db"), self.state)
        self.servers = sorted(self.counts())

    def key(self, server):
        return f"[127.80.0.{int(server[1:])}]:{self.port}"

    def faulty(self, *words, log=None, preload=DISK, timeout=120, **settings):
        """(status, output) of a command under a shim; settings: FAULT_*."""
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment = dict(os.environ, LD_PRELOAD=preload, ASAN_OPTIONS=sanitizer, FAULT_STATE=self.state, FAULT_LOG=log or "/dev/null",
                           **{"FAULT_" + key.upper(): str(value) for key, value in settings.items()})
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env=environment, timeout=timeout)
        return done.returncode, done.stdout + done.stderr

    def copy_state(self, name):
        """A copy of the state's folder; the path of the state in it."""
        shutil.copytree(self.path("state"), self.path(name))
        return self.path(name, "state.db")

    def fences(self):
        """(server, pool, generation, candidate) of all that was begun or written on a server."""
        rows = [(server, row) for server in self.servers for verb in ("fences", "written") for row in self.ctl(verb, server)]
        return {(self.key(server), row[0].lower(), int(row[1]), row[2]) for server, row in rows}

    def intents(self, state):
        return set(ask_state(state, INTENTS))

    def only_intended(self, state):
        """Nothing was begun on a server without an intent in this copy of the state."""
        extra = self.fences() - self.intents(state)
        check(not extra, f"on servers without a durable intent: {sorted(extra)}")

    def old_or_new(self):
        for server in self.servers:
            odd = set(self.passwords(server).values()) - {OLD, NEW}
            check(not odd, f"{server} holds {odd}")

    def done(self):
        """Everything is as declared, each pool was written once, and generations only rose."""
        for server in self.servers:
            equal(set(self.passwords(server).values()), {NEW}, "passwords of " + server)
            rows = self.ctl("written", server)
            names = [row[0] for row in rows]
            equal(len(names), len(set(names)), f"pools of {server} written once: {rows}")
        self.rising()
        self.only_intended(self.copy_state("end"))
        equal(ask_state(self.path("end", "state.db"), UNFINISHED), [], "unfinished runs")

    def rising(self):
        for server in self.servers:
            last = {}
            for pool, generation, _, _ in self.ctl("written", server):
                check(int(generation) >= last.get(pool, 0), f"{server}/{pool} moved to a lower generation")
                last[pool] = int(generation)

    def finish(self):
        """One plain apply ends well."""
        status, out = self.run(*APPLY)
        equal(status, 0, f"exit status of the next apply:\n{out}")
        self.done()

    def says_unfinished(self, state, *words):
        """plan and status tell exactly what the state, which was copied after the fault, knows of the run."""
        line = unfinished_line(self, state)
        _, out = self.run(*words)
        said = re.findall(r"^Run .* (?:did not end|has not ended): .*$", out, re.M)
        equal(said, [line] if line else [], f"what {words[0]} says of the run")
        return line


def unfinished_line(lab, state):
    run = ask_state(state, UNFINISHED)
    if not run:
        return None
    rows = ask_state(state, LEFT, run[0][0])
    left = [row[0] for row in rows if row[1] not in ("changed", "kept") or row[2]]
    names = {lab.key(server): server for server in lab.servers}
    where = ", ".join(dict.fromkeys(names[key] for key in left))
    if not left:
        return f"Run {run[0][0]} did not end: all its {len(rows)} pools are known to be done; lockstep apply ends it."
    are, them = ("pool", "is", "it")[1:] if len(left) == 1 else ("are", "them")
    pools = "1 pool" if len(left) == 1 else f"{len(left)} pools"
    return f"Run {run[0][0]} did not end: {pools} of {len(rows)} {are} not known to be done (on {where}); lockstep apply finishes {them}."


def spread(items, n):
    """n of the items, evenly."""
    items = list(items)
    return items if len(items) <= n else [items[i * len(items) // n] for i in range(n)]


def draw(*seed):
    return random.Random(repr(seed))
