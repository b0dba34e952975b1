"""sandbox.py - a folder for one case, the program in it, and what must stay as it was."""
import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading

import cases

TREE = os.path.dirname(os.path.dirname(cases.FOLDER))
PROGRAM = os.environ.get("LOCKSTEP") or os.path.join(TREE, "build/lockstep")
SANITIZED = "san-" in PROGRAM
GUARD_S = 120 if SANITIZED else 20
MEMORY_KIB = (1024 if SANITIZED else 64) * 1024
CANARY = "Canary-7f3a-Päss"
# What no output may hold: it would act on a terminal or a pipeline.
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|^##vso\\[|^##\\[|^::", re.M)
# In every command line: lockstep is the program; unprivileged reads only what its mode lets it.
PRELUDE = """lockstep() { "$LOCKSTEP" "$@"; }
# A state that was used: an apply is in it, so its marker is there.
use_state() { cp -p "$STATE"/state.db "$STATE"/state.db.born .; }
sql() { python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.close()' "$@"; }
root_page() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT rootpage FROM sqlite_master WHERE name = ?", sys.argv[2:]).fetchone()[0])' "$@"; }
zero_page() { dd if=/dev/zero of="$1" bs=4096 seek="$2" count=1 conv=notrunc status=none; }
unprivileged() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set -dac_override,-dac_read_search "$LOCKSTEP" "$@"
	else
		"$LOCKSTEP" "$@"
	fi
}
"""


SHOWN = 16  # lines of an output that are compared one by one


def fold(lines):
    """A long output's first and last lines, and how many stood between."""
    if len(lines) <= SHOWN:
        return lines
    return [*lines[:SHOWN - 4], f"[{len(lines) - SHOWN + 4} lines]", *lines[-3:]]


def digest_of(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except PermissionError:  # of a case that takes the right to read away
        return None


class Listener:
    """The server of the base manifests: it hangs up on everybody, and counts them."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.n = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.socket.accept()
            self.n += 1
            client.close()

    def count(self):
        """How many came before now: they are served in order, so wait for one of ours."""
        with socket.create_connection(("127.0.0.1", self.port)) as own:
            own.recv(1)
        self.n -= 1
        return self.n


class Base:
    """What each case begins with: configuration, manifests, key, secret; and a state that was used, in state/."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="lockstep-badinput-")
        self.listener = Listener()
        self.port = self.listener.port
        shutil.copytree(os.path.join(cases.FOLDER, "base"), self.dir, dirs_exist_ok=True)
        for name in ("id_ed25519", "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.path(name)], check=True)
        with open(self.path("host_key.pub")) as file:
            self.host_key = " ".join(file.read().split()[:2])
        with open(self.path("known_hosts"), "w") as file:
            file.write(f"[127.0.0.1]:@PORT@ {self.host_key}\n")
        for name in ("id_ed25519.pub", "host_key", "host_key.pub"):
            os.unlink(self.path(name))
        for folder, _, names in os.walk(self.dir):
            os.chmod(folder, 0o700)
            for name in names:
                os.chmod(os.path.join(folder, name), 0o600)
        self.files = []
        for folder, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    self.files.append((os.path.relpath(path, self.dir), file.read()))

        self.make_state()

    def make_state(self):
        """state/: what a plan, and an apply as far as the state knows of it, leave behind."""
        worker = Worker(self)
        worker.lay()
        with open(worker.path("manifests/orders.yaml"), "r+") as file:
            text = file.read().replace(f"port: {worker.listener.port}", "port: 1")
            file.seek(0)
            file.truncate()
            file.write(text)
        plan = [PROGRAM, "plan", "-f", "manifests", "-c", "config.yaml"]
        subprocess.run(plan, cwd=worker.dir, env=worker.env(), capture_output=True)
        with sqlite3.connect(worker.path("state.db")) as state:
            state.execute("INSERT INTO run(id, kind, began_ms, ended_ms, outcome) VALUES('r1', 'change', 1, 2, 'done')")
        state.close()
        subprocess.run(plan, cwd=worker.dir, env=worker.env(), capture_output=True)
        os.mkdir(self.path("state"))
        for name in ("state.db", "state.db.born"):
            os.rename(worker.path(name), self.path("state", name))
        shutil.rmtree(worker.dir)
        worker.done()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def done(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Worker:
    """A listener of its own, so that what connects belongs to the case in hand."""

    def __init__(self, base):
        self.base, self.listener = base, Listener()
        self.dir = None
        self.spawner = subprocess.Popen([sys.executable, "-ISE", os.path.join(cases.FOLDER, "spawn.py")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        handle, self.output = tempfile.mkstemp(prefix="lockstep-badinput-")
        os.close(handle)

    def done(self):
        self.spawner.communicate()
        os.unlink(self.output)

    def spawn(self, text):
        print(json.dumps([text, self.dir, self.env(), self.output, GUARD_S]), file=self.spawner.stdin, flush=True)
        return json.loads(self.spawner.stdout.readline())

    def lay(self):
        self.dir = tempfile.mkdtemp(prefix="lockstep-badinput-")
        for name in ("manifests", "secrets"):
            os.mkdir(os.path.join(self.dir, name), 0o700)
        for name, text in self.base.files:
            text = text.replace(b"@DIR@", self.dir.encode()).replace(b"@PORT@", b"%d" % self.listener.port)
            self.put(name, text)
            os.chmod(os.path.join(self.dir, name), 0o600)

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, text):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.utime(self.path(name), (1767225600, 1767225600))  # the version of a secret

    def get(self, name):
        with open(self.path(name), "rb") as file:
            return file.read().decode()

    def env(self):
        kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        return dict(kept, PATH=os.environ["PATH"], LC_ALL="C.UTF-8", LOCKSTEP=PROGRAM, HOME=self.dir, DIR=self.dir,
                    PORT=str(self.listener.port), PYTHONDONTWRITEBYTECODE="1", STATE=self.base.path("state"))

    def step(self, word, rest, text):
        names = {"DIR": self.dir, "PORT": str(self.listener.port), "KEY": self.base.host_key}
        for name, key in (("orders.yaml", "ORDERS"), ("config.yaml", "CONFIG")):
            path = "manifests/" + name if key == "ORDERS" else name
            if os.path.isfile(self.path(path)):
                with open(self.path(path), "rb") as file:
                    names[key] = file.read()
        if word == "put":
            path, _, expression = rest.partition(" = ")
            self.put(path, eval(expression, dict(names)))  # test data of this folder
        elif word == "text":
            self.put(rest, "".join(line + "\n" for line in text))
        elif word == "edit":
            path, _, both = rest.partition(": ")
            old, _, new = both.partition(" => ")
            old, new, whole = eval(old, dict(names)), eval(new, dict(names)), self.get(path)
            if old not in whole:
                raise ValueError(f"{path} holds no {old!r}")
            self.put(path, whole.replace(old, new, 1))
        else:
            done = subprocess.run(["bash", "-euc", PRELUDE + rest], cwd=self.dir, env=self.env(), stdin=subprocess.DEVNULL,
                                  capture_output=True)
            if done.returncode:
                raise ValueError(f"do {rest}: {done.stdout.decode()}{done.stderr.decode()}")

    def picture(self):
        """Everything below the folder: type, mode, size, bytes."""
        seen = {}
        for folder, folders, names in os.walk(self.dir):
            for name in folders + names:
                path = os.path.join(folder, name)
                st = os.lstat(path)
                what = (stat.S_IFMT(st.st_mode), stat.S_IMODE(st.st_mode), st.st_uid)
                if stat.S_ISREG(st.st_mode):
                    what += (st.st_size, digest_of(path))
                elif stat.S_ISLNK(st.st_mode):
                    what += (os.readlink(path),)
                seen[os.path.relpath(path, self.dir)] = what
        return seen

    def plain(self, text):
        """Without what differs from run to run."""
        text = text.replace(self.dir, "DIR").replace(str(self.listener.port), "PORT")
        text = re.sub(r"\(after \d+\.\d s\)", "(after T s)", text)
        text = re.sub(r"its check fails: [^;]*;", "its check fails: (as SQLite says it);", text)
        return re.sub(rf"\b(uid|chown) {os.geteuid()}\b", r"\1 OWN", text)

    def carry_out(self, case):
        """(exit, lines, faults) of the case's command."""
        before, connections = self.picture(), self.listener.count()
        exit_status, hung, memory = self.spawn(PRELUDE + case.run)
        with open(self.output, "rb") as file:
            text = file.read().decode(errors="backslashreplace")
        faults = []
        if hung:
            faults.append(f"it did not end within {GUARD_S} s")
        if memory > MEMORY_KIB:
            faults.append(f"it took {memory} KiB of memory")
        if CANARY in text:
            faults.append("the output holds the password")
        acting = ACTING.search(text)
        if acting:
            faults.append(f"the output holds {acting.group()!r}")
        after = self.picture()
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name) and name not in case.makes:
                faults.append(f"{name} was made, changed or removed")
        if self.listener.count() != connections and not case.contacts:
            faults.append("it connected to the server")
        return exit_status, fold(self.plain(text).split("\n")[:-1]), faults

    def judge(self, case):
        """None, or what is wrong; the case's exit and lines become what was seen."""
        wanted = [f"exit {case.exit}", *case.lines]
        self.lay()
        try:
            for step in case.steps:
                self.step(*step)
            case.exit, case.lines, faults = self.carry_out(case)
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", self.dir], stderr=subprocess.DEVNULL)
            shutil.rmtree(self.dir, ignore_errors=True)
        got = [f"exit {case.exit}", *case.lines]
        return wanted, got, faults
