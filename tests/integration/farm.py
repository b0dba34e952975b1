"""farm.py - what the cases use: a farm, the program, manifests, checks."""
import json
import os
import pty
import shutil
import subprocess
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FARM = os.path.join(TREE, "tests/farm/farm")
APPHOST = os.path.join(TREE, "tests/farm/apphost")
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


def missing():
    """Why the cases can't run here, or None."""
    for path, what in ((PROGRAM, "the program is not built"),
                       (os.path.join(os.environ.get("LOCKSTEP_FARM_BUILD") or os.path.join(TREE, "build/farm"), "bin/powershell.exe"), "the .NET SDK is missing: no emulated servers")):
        if not os.path.exists(path):
            return what
    if not shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        return "sshd is missing"
    return None


def check(condition, what):
    if not condition:
        raise Wrong(what)


def equal(got, wanted, what):
    if got != wanted:
        raise Wrong(f"{what}: wanted {wanted!r}, got {got!r}")


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


class Farm:
    """A folder with a farm in it; up() starts servers, leaving the `with` stops them."""

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

    def commits(self):
        return sum(len(self.lines("commits", name)) for name in self.servers())

    def written(self):
        """server/pool of each pool of each commit, in no order."""
        rows = [(name, line.split("\t")) for name in self.servers() for line in self.lines("commits", name)]
        return [name + "/" + pool for name, row in rows for pool in row[2].split(",")]

    def servers(self):
        return sorted(os.listdir(self.path("servers")))

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
