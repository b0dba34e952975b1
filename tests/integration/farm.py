"""farm.py - what the cases use: emulated servers, the program, manifests, checks.

Farm: real sshd and the script in the real PowerShell engine; most of what a case costs is CPU for PowerShell.
Fleet: the emulation in C, which tests/contract holds to the same answers. A case runs on the fleet unless its
subject is the script, the server or its files; `run --farm` takes the farm for every case.
"""
import json
import os
import pty
import shutil
import subprocess
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FARM = os.path.join(TREE, "tests/farm/farm")
APPHOST = os.path.join(TREE, "tests/farm/apphost")
BUILD = os.path.join(TREE, os.environ.get("BUILD") or "build")
FLEET = os.path.join(BUILD, "tests/fleet")
WORLDS = os.path.join(TREE, "tests/fleet/worlds")
PROGRAM = os.environ.get("LOCKSTEP") or os.path.join(TREE, "build/lockstep")
SCRIPT = os.path.join(TREE, "build/gen/script.ps1")

# A server, its configuration, and pools of it: inherited and local builtin identity, blank SpecificUser.
CONFIGS = {
    "pubs": "pubslocator.config",  # applicationPoolDefaults say SpecificUser
    "win": "windowcontainertest.config",
    "sys": "interview-sysadmin.config",
}
OLD = "0ld-Pass word!"
NEW = "N3w-Pass word!"


class Wrong(Exception):
    """What a case found wrong."""


def missing(kinds):
    """Why cases on these kinds of servers can't run here, or None."""
    needs = [(PROGRAM, "the program is not built")]
    if Fleet in kinds:
        needs.append((FLEET, "the fleet is not built"))
    if Farm in kinds:
        needs.append((os.path.join(os.environ.get("LOCKSTEP_FARM_BUILD") or os.path.join(TREE, "build/farm"), "bin/powershell.exe"), "the .NET SDK is missing: no emulated servers"))
    for path, what in needs:
        if not os.path.exists(path):
            return what
    if Farm in kinds and not shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        return "sshd is missing"
    return None


def check(condition, what):
    if not condition:
        raise Wrong(what)


def equal(got, wanted, what):
    if got != wanted:
        raise Wrong(f"{what}: wanted {wanted!r}, got {got!r}")


def on_farm(case):
    """A case of a module on the fleet whose subject needs the real script."""
    case.servers = Farm
    return case


class Result:
    def __init__(self, process):
        self.exit = process.returncode
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()

    def wants(self, exit_status, *texts):
        """The exit status, and texts that stand in the output."""
        both = self.out + self.err
        if self.exit != exit_status:
            raise Wrong(f"exit {self.exit}, wanted {exit_status}\n{both}")
        for text in texts:
            if text not in both:
                raise Wrong(f"no {text!r} in the output:\n{both}")
        return self

    def json(self):
        if not self.out.startswith("{"):
            raise Wrong(f"exit {self.exit}, no JSON\n{self.out}{self.err}")
        return json.loads(self.out)


class Servers:
    """A folder with servers, which live in a subclass; leaving the `with` ends them."""

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def account(self, user, password, state="enabled"):
        self.farm("account", "CORP\\" + user, state, stdin=password.encode())

    def secret(self, user, password):
        self.farm("secret", user, stdin=password.encode())

    def set(self, server, pool, user, password):
        self.farm("set", server, pool, "CORP\\" + user, stdin=password.encode())

    def pools(self, server):
        """{pool: [name, identity, user, password, state, pid]}"""
        rows = [line.split("\t") for line in self.farm("pools", server).splitlines()]
        return {row[0]: row for row in rows}

    def lines(self, what, server):
        return self.farm(what, server).splitlines()

    def written(self):
        """server/pool of each pool of each commit, in no order."""
        rows = [(name, line.split("\t")) for name in self.servers() for line in self.lines("commits", name)]
        return [name + "/" + pool for name, row in rows for pool in row[2].split(",")]

    def manifest(self, name, text):
        with open(self.path("manifests", name), "w") as file:
            file.write(text)

    def bind(self, user, pools, rollout=""):
        """An account and a binding for {server: [pools]}: a group and a binding for each server's pools."""
        docs = [f"""apiVersion: lockstep/v1
kind: Account
metadata: {{name: {user}}}
spec: {{domain: corp, user: {user}, password: {{secret: {user}}}}}
"""]
        lists = {}
        for server, names in pools.items():
            lists.setdefault(tuple(names), []).append(server)
        for number, (names, servers) in enumerate(lists.items()):
            quoted = ", ".join(json.dumps(name) for name in names)
            docs.append(f"""apiVersion: lockstep/v1
kind: ResourceGroup
metadata: {{name: {user}-group-{number}}}
spec:
  servers: [{", ".join(servers)}]
{rollout}""")
            docs.append(f"""apiVersion: lockstep/v1
kind: AppPoolBinding
metadata: {{name: {user}-binding-{number}}}
spec:
  identity: {{account: {user}}}
  groups: [{user}-group-{number}]
  pools: [{quoted}]
  restart: recycle
  verify: {{state: unchanged, worker: newer-than-commit}}
""")
        self.manifest(user + ".yaml", "---\n".join(docs))

    def config(self, old, new):
        """Edit config.yaml as text."""
        with open(self.path("config.yaml")) as file:
            text = file.read()
        check(old in text, f"config.yaml holds no {old!r}")
        with open(self.path("config.yaml"), "w") as file:
            file.write(text.replace(old, new))

    def command(self, *words):
        return [PROGRAM, words[0], "-c", self.path("config.yaml"), "-f", self.path("manifests"), *words[1:]]

    def run(self, *words, stdin=b""):
        return Result(subprocess.run(self.command(*words), input=stdin, capture_output=True))

    def at_terminal(self, answer, *words):
        """(exit status, everything shown) of a command at a terminal where a person types one line."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(PROGRAM, self.command(*words))
        shown, asked = b"", False
        while True:
            try:
                data = os.read(terminal, 4096)
            except OSError:  # the terminal's other side is closed
                break
            if not data:
                break
            shown += data
            if not asked and b"Only yes is accepted" in shown:
                asked = True
                os.write(terminal, answer.encode() + b"\n")
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def start(self, *words):
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def usual(self, user="svc-orders", password=NEW, servers=None):
        """Servers win1.. under one account that hold its old password; AD and the secret hold the new one."""
        servers = servers or {"win1": CONFIGS["win"], "win2": CONFIGS["win"], "sys1": CONFIGS["sys"]}
        self.up(servers)
        self.account(user, OLD)
        pools = {}
        for name, config in servers.items():
            pools[name] = [".NET v4.5", "DefaultAppPool"] if config == CONFIGS["win"] else ["MyPool"]
            for pool in pools[name]:
                self.set(name, pool, user, OLD)
        self.account(user, NEW)
        self.secret(user, password)
        self.bind(user, pools)
        return pools

    def holds(self, pools, password, user="svc-orders"):
        """Each pool of {server: [pools]} stores exactly this password."""
        for server, names in pools.items():
            rows = self.pools(server)
            for name in names:
                equal(rows[name][1:4], ["SpecificUser", "CORP\\" + user, password], f"{server}/{name}")


class Farm(Servers):
    """up() starts an sshd for each server."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="lockstep-it-")
        self.started = False
        return self

    def __exit__(self, *_):
        if self.started:
            self.farm("down")
        shutil.rmtree(self.dir, ignore_errors=True)

    def farm(self, command, *words, stdin=b""):
        done = subprocess.run([FARM, command, self.dir, *words], input=stdin, capture_output=True)
        if done.returncode:
            raise Wrong(f"farm {command} {words}: {done.stderr.decode()}")
        return done.stdout.decode()

    def up(self, servers):
        """{name: configuration file or path}"""
        self.started = True
        self.farm("up", *(f"{name}={config if '/' in config else os.path.join(APPHOST, config)}" for name, config in servers.items()))

    def servers(self):
        return sorted(os.listdir(self.path("servers")))

    def commits(self):
        return sum(len(self.lines("commits", name)) for name in self.servers())

    def mark(self):
        """Another value once anything was written, and cheap."""
        return [os.stat(self.path(name, "applicationHost.config")).st_mtime_ns for name in self.servers()]

    def config_bytes(self, server):
        with open(self.path(server, "applicationHost.config"), "rb") as file:
            return file.read()

    def logins(self):
        """How often an SSH key was accepted, on all servers."""
        n = 0
        for name in self.servers():
            with open(self.path("servers", name, "sshd.log")) as file:
                n += file.read().count("Accepted publickey")
        return n

    def connections(self):
        n = 0
        for name in self.servers():
            n += os.path.getsize(self.path("servers", name, "sshd.log"))
        return n


class Fleet(Servers):
    """up() starts one process for all servers."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="lockstep-it-")
        self.process = None
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.communicate()
        shutil.rmtree(self.dir, ignore_errors=True)

    def farm(self, command, *words, stdin=b""):
        done = subprocess.run([FLEET, "ctl", self.dir, command, *words], input=stdin, capture_output=True)
        if done.returncode:
            raise Wrong(f"fleet ctl {command} {words}: {done.stderr.decode()}")
        return done.stdout.decode()

    def up(self, servers):
        """{name: one of CONFIGS}"""
        worlds = (f"{name}={os.path.join(WORLDS, config.removesuffix('.config'))}.world" for name, config in servers.items())
        self.process = subprocess.Popen([FLEET, "serve", self.dir, *worlds, "--delay-ms", "5-40"], stdout=subprocess.PIPE)
        said = self.process.stdout.readline()
        check(b"servers on port" in said, f"the fleet does not start: {said!r}")
        self.config("changesPerRun: 1000000", "changesPerRun: 500")

    def counts(self):
        """[[server, connections, logins, sessions, commits]]"""
        rows = [line.split("\t") for line in self.farm("counts").splitlines()]
        return [[row[0], *(int(n) for n in row[1:])] for row in rows]

    def servers(self):
        return [row[0] for row in self.counts()]

    def logins(self):
        return sum(row[2] for row in self.counts())

    def connections(self):
        return sum(row[1] for row in self.counts())

    def commits(self):
        return sum(row[4] for row in self.counts())

    mark = commits
