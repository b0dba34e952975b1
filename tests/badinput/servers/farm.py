"""farm.py - bad servers, good ones beside them, and a folder for each plan over some of them."""
import asyncio
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import script  # noqa: E402
import ssh  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("LOCKSTEP") or os.path.join(script.TREE, "build/lockstep")
QUICK = os.path.join(os.path.dirname(PROGRAM), "tests/lockstep-quick")
CANARY = "Canary-7f3a-P\u00e4ss"
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|##vso\\[|^ *##\\[|^ *::", re.M)
GUARD_S = 150
# Runs a program and tells its largest memory; so small itself that it does not hide it.
MEASURE = """import os, resource, sys
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
with open(sys.argv[1], "w") as file: print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(status if status >= 0 else 128 - status)
"""


class Servers:
    """Addresses of 127.0.0.0/8, one port; one thread serves them all."""

    def __init__(self, kinds):
        self.kinds = kinds  # {address: class of connection}
        self.seen = {address: ssh.Seen() for address in kinds}
        self.host_key = ssh.HostKey()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result()

    async def listen(self):
        for _ in range(20):
            self.port = random.randrange(20000, 30000)
            try:
                sockets = [(address, socket.create_server((address, self.port), backlog=256)) for address in self.kinds]
            except OSError:  # somebody has this port on one of them
                continue
            for address, listener in sockets:
                await asyncio.start_server(self.client_of(address), sock=listener)
            return
        raise OSError("no port is free")

    def client_of(self, address):
        async def client(reader, writer):
            await ssh.serve(self.kinds[address](reader, writer, self.host_key, self.seen[address]))
        return client

    def pinned(self, host, port=None, blob=None):
        """A line of known_hosts."""
        import base64
        return f"[{host}]:{port or self.port} ssh-ed25519 {base64.b64encode(blob or self.host_key.blob).decode()}\n"


class Plan:
    """A folder with what lockstep needs to read {name: host}."""

    def __init__(self, servers, hosts, known_hosts=None):
        self.servers, self.hosts = servers, hosts
        self.dir = tempfile.mkdtemp(prefix="lockstep-badinput-")
        base = os.path.join(os.path.dirname(HERE), "base")
        with open(os.path.join(base, "config.yaml")) as file:
            config = file.read().replace("@DIR@", self.dir).replace("['127.*']", "['*']")
        for name in ("manifests", "secrets"):
            os.mkdir(self.path(name), 0o700)
        self.put("config.yaml", config)
        self.put("secrets/svc-orders", CANARY)
        os.utime(self.path("secrets/svc-orders"), (1767225600, 1767225600))
        self.put("known_hosts", known_hosts if known_hosts is not None else "".join(map(servers.pinned, hosts.values())))
        self.put("manifests/orders.yaml", self.manifests())
        shutil.copy(key_file(), self.path("id_ed25519"))
        os.chmod(self.path("id_ed25519"), 0o600)

    def manifests(self):
        docs = ["kind: Account\nmetadata: {name: svc-orders}\nspec: {domain: corp, user: svc-orders, password: {secret: svc-orders}}\n"]
        docs.append(f"kind: ResourceGroup\nmetadata: {{name: web}}\nspec: {{servers: [{', '.join(self.hosts)}]}}\n")
        docs.append("kind: AppPoolBinding\nmetadata: {name: orders}\nspec: {identity: {account: svc-orders}, groups: [web], "
                    "pools: [OrdersApi, OrdersWorker]}\n")
        for name, host in self.hosts.items():
            docs.append(f"kind: Server\nmetadata: {{name: {name}}}\nspec: {{host: {host}, port: {self.servers.port}}}\n")
        return "---\n".join("apiVersion: lockstep/v1\n" + doc for doc in docs)

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), 0o600)

    leaks = False  # libssh2 leaks here, which the sanitizer would tell

    def run(self, program, *words):
        """(exit, standard output and error, KiB of memory, seconds)"""
        kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        if self.leaks:
            kept["ASAN_OPTIONS"] = "detect_leaks=0"
        begun = time.monotonic()
        try:
            done = subprocess.run(["/usr/bin/python3", "-ISEc", MEASURE, self.path("memory"), program, *words, "-f", "manifests", "-c", "config.yaml"],
                                  cwd=self.dir, env=dict(kept, PATH=os.environ["PATH"], LC_ALL="C.UTF-8", HOME=self.dir),
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=GUARD_S)
        except subprocess.TimeoutExpired:
            return "no end within %d s" % GUARD_S, "", 0, GUARD_S
        with open(self.path("memory")) as file:
            memory = int(file.read())
        return done.returncode, (done.stdout + done.stderr).decode(errors="backslashreplace"), memory, time.monotonic() - begun

    def json(self):
        with open(self.path("plan.json"), "rb") as file:
            return file.read().decode()

    def plain(self, text):
        text = text.replace(self.dir, "DIR").replace(str(self.servers.port), "PORT")
        return re.sub(r"\(after \d+\.\d s\)", "(after T s)", text)

    def done(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def selected(all_names, names, is_real=False):
    """A name that is one selects only that; others select what holds them."""
    if not names:
        return [name for name, kind in all_names.items() if is_real or not getattr(kind, "is_long", False)]
    return [name for name in all_names if name in names or any(n in name for n in names if n not in all_names)]


def acts(what, shown):
    """What is wrong with a text that people and build agents get."""
    faults = []
    acting = ACTING.search(shown)
    if acting:
        faults.append(f"{what} shows {acting.group()!r}: {shown[max(acting.start() - 60, 0):acting.end() + 60]!r}")
    if CANARY in shown:
        faults.append(f"{what} shows the password")
    return faults


def results_of(plan, names):
    """What a plan in JSON says of these servers, as bytes."""
    rows = {}
    for part in ("changes", "standing", "servers", "unreadable"):
        rows[part] = [row for row in plan[part] if row["server"] in names]
        for row in rows[part]:
            row.pop("read_at", None)
    return json.dumps(rows, sort_keys=True).encode()


made = []


def key_file():
    """An SSH key for all plans of this process."""
    if not made:
        made.append(tempfile.mkdtemp(prefix="lockstep-badinput-"))
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", os.path.join(made[0], "key")], check=True)
    return os.path.join(made[0], "key")


def done():
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
