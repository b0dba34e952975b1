"""One session with the script as lockstep holds it, without SSH between: the embedded command started in the
engine, frames in, authenticated replies out. And the emulated server that it looks at."""
import base64
import hashlib
import hmac
import os
import re
import shutil
import struct
import subprocess
import threading
import time

ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
REPLY = re.compile(rb"\n@@LOCKSTEP (\S+) (\d+) ([0-9a-f]{64})\n")


def escape(text):
    return "".join(ESCAPES.get(c, c) for c in str(text))


def unescape(text):
    return re.sub(r"\\([\\tnr])", lambda m: {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}[m[1]], text)


def record(kind, **fields):
    return kind + "".join("\t%s=%s" % (k, escape(v)) for k, v in fields.items()) + "\n"


def tag(key, pool, user, password):
    sized = b"".join(struct.pack(">I", len(t.encode())) + t.encode() for t in (pool, user))
    return hmac.new(key, b"lockstep/1 tag\0" + sized + password.encode(), hashlib.sha256).hexdigest()


def embedded(source):
    """script_embed.c -> (script, SHA-256, command): what the program itself holds."""
    text = open(source).read()
    script = bytes(int(n) for n in re.search(r"lockstep_script\[\] = \{([^}]*)\}", text)[1].split(",") if n.strip())
    strings = {m[1]: "".join(re.findall(r'"([^"]*)"', m[2]))
               for m in re.finditer(r"const char (\w+)\[\d*\] =((?:\s*\"[^\"]*\")+);", text)}
    return script, strings["lockstep_script_sha256"], strings["lockstep_command"]


class Kit:
    """What the tests run: the farm's build and the embedded script."""

    def __init__(self, farm, script_dir, scratch):
        self.farm, self.scratch = farm, scratch
        self.script, self.digest, self.command = embedded(script_dir + "/script_embed.c")
        self.joined = open(script_dir + "/script.ps1", "rb").read()
        self.shapes = {m[1]: re.findall(r"'(\w+)'", m[2]) for m in
                       re.finditer(r"^\$replyShapes\.Add\('(\w+)', \[string\[\]\]@\((.*)\)\)$", self.joined.decode(), re.M)}
        self.servers = 0
        self.processes = []  # to be ended

    def server(self, config, accounts=""):
        self.servers += 1
        return Server(self, "s%d" % self.servers, config, accounts)


class Server:
    def __init__(self, kit, name, config, accounts):
        self.kit, self.name, self.dir = kit, name, "%s/%s" % (kit.scratch, name)
        self.root = "%s/servers/%s/Windows" % (self.dir, name)
        self.folder = self.root + "/System32/inetsrv/config"
        self.config, self.fence = self.folder + "/applicationHost.config", self.folder + "/lockstep.fence"
        os.makedirs(self.folder)
        self.write(self.config, config)
        self.write(self.dir + "/accounts", accounts.encode())
        shutil.copy(kit.farm + "/inetsrv/Microsoft.Web.Administration.dll", self.root + "/System32/inetsrv/")
        self.ctl("init", name)

    @staticmethod
    def write(path, data):
        with open(path, "wb") as file:
            file.write(data)

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            return file.read()

    def ctl(self, verb, *args, text=None):
        done = subprocess.run([self.kit.farm + "/farmctl/farmctl", verb, self.dir, *args], input=text,
                              capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, "farmctl %s: %s" % (verb, done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def pool(self, pool):
        return next(row for row in self.ctl("pools", self.name) if row[0] == pool)

    def commits(self):
        return len(self.ctl("commits", self.name))

    def set(self, pool, user, password):
        self.ctl("set", self.name, pool, user, text=password)

    def bind(self, site, host="", scheme="http"):
        """A binding of the site on 127.0.0.1 and a process that answers there; (process, port)."""
        ready = self.dir + "/ready"
        process = subprocess.Popen([self.kit.farm + "/farmctl/farmctl", "serve", self.dir, self.name, site, host, scheme, ready],
                                   stdin=subprocess.DEVNULL)
        self.kit.processes.append(process)
        until = time.monotonic() + 30
        while not os.path.exists(ready):
            assert process.poll() is None and time.monotonic() < until, "no listener"
            time.sleep(0.02)
        port = int(self.read(ready).split(b":")[1])
        os.remove(ready)
        return process, port

    def http_log(self):
        path = self.dir + "/servers/" + self.name + "/http.log"
        return [line.split("\t") for line in self.read(path).decode().splitlines()] if os.path.exists(path) else []

    def fence_lines(self):
        if not os.path.exists(self.fence):
            return []
        return [dict(c.split("=", 1) for c in line.split("\t")[1:]) for line in self.read(self.fence).decode().splitlines()]

    def session(self, **more):
        return Session(self, **more)


class Reply:
    def __init__(self, kit, nonce, body, verified):
        self.nonce, self.body, self.verified, self.rows = nonce, body, verified, []
        for line in body.decode().split("\n")[:-1]:
            kind, *cells = line.split("\t")
            pairs = [cell.split("=", 1) for cell in cells]
            assert [p[0] for p in pairs] == kit.shapes[kind], "reply row %s is not as the list says" % line
            self.rows.append((kind, {k: unescape(v) for k, v in pairs}))

    def all(self, kind):
        return [fields for found, fields in self.rows if found == kind]

    def one(self, kind, **having):
        found = [f for f in self.all(kind) if all(f[k] == str(v) for k, v in having.items())]
        assert len(found) == 1, "%d rows %s %s in:\n%s" % (len(found), kind, having, self.body.decode())
        return found[0]

    def codes(self):
        return [f["code"] for f in self.all("fault")]

    def done(self):
        return self.rows[-1][0] == "done"


class Session:
    """key=None sends no session key. script: another text than the embedded one."""

    def __init__(self, server, key=b"k" * 32, script=None, seconds=60):
        self.server, self.key, self.sequence, self.count, self.kept = server, key, 0, 0, b""
        command = server.kit.command.split()
        self.process = subprocess.Popen(
            [server.kit.farm + "/powershell/powershell", *command[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, "SystemRoot": server.root})
        self.timer = threading.Timer(seconds, self.process.kill)
        self.timer.start()
        text = server.kit.script if script is None else script
        self.send(struct.pack(">I", len(text)) + text)
        if key is not None:
            self.frame(b"S", key)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.end()

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def frame(self, kind, payload):
        self.send(kind + struct.pack(">I", len(payload)) + payload)

    def secret(self, number, purpose, account, secret):
        name = account.encode()
        self.frame(b"K", struct.pack(">IBH", number, purpose, len(name)) + name + secret)

    def tag_key(self, number=1, key=bytes(range(32))):
        self.secret(number, 1, "", key)

    def password(self, number, account, password):
        self.secret(number, 2, account, password if isinstance(password, bytes) else password.encode())

    def nonce(self):
        self.count += 1
        return "n%d" % self.count

    def ask(self, records):
        """Sends records as they are and reads one reply."""
        self.frame(b"R", records if isinstance(records, bytes) else records.encode())
        return self.reply()

    def request(self, kind, rows="", **fields):
        nonce = self.nonce()
        reply = self.ask(record(kind, nonce=nonce, **fields) + rows)
        assert reply.nonce == nonce, "answered under %s" % reply.nonce
        return reply

    def probe(self):
        return self.request("probe")

    def observe(self, *users, key=bytes(range(32))):
        self.tag_key(7, key)
        return self.request("observe", "".join(record("watch", user=u) for u in users), key=7)

    def verify(self, checks, *users, key=bytes(range(32)), http=()):
        """http: (pool, path, expect, within)"""
        self.tag_key(7, key)
        rows = "".join(record("watch", user=u) for u in users)
        rows += "".join(record("http", name=n, path=p, expect=e, within=w) for n, p, e, w in http)
        return self.request("verify", rows + "".join(record("check", name=n, since=s) for n, s in checks), key=7)

    def apply(self, rows, deadline=60000, per_commit=10, **passwords):
        """rows: dictionaries for set_row(). One secret for each row, numbered from 1."""
        for number, row in enumerate(rows, 1):
            if "password" in row:
                self.password(number, row.get("account", "CORP\\svc"), row["password"])
        text = "".join(set_row(number, **row) for number, row in enumerate(rows, 1))
        return self.request("apply", text, deadline=deadline, poolsPerCommit=per_commit)

    def activate(self, *rows, deadline=60000):
        return self.request("activate", "".join(record("pool", **row) for row in rows), deadline=deadline)

    def read_until(self, pattern):
        while True:
            found = pattern.search(self.kept) if hasattr(pattern, "search") else None
            if found:
                return found
            part = self.process.stdout.read1(65536)
            assert part, "no reply; exit %s: %s" % (self.process.wait(), self.process.stderr.read().decode())
            self.kept += part

    def reply(self):
        head = self.read_until(REPLY)
        assert head.start() == 0, "noise before the reply: %r" % self.kept[:200]
        end = b"\n@@END " + head[1] + b"\n"
        size = head.end() + int(head[2])
        while len(self.kept) < size + len(end):
            part = self.process.stdout.read1(65536)
            assert part, "the reply was cut short"
            self.kept += part
        body = self.kept[head.end():size]
        assert self.kept[size:size + len(end)] == end
        self.kept = self.kept[size + len(end):]
        self.sequence += 1
        text = b"lockstep/1 reply\0%d\0%s\0" % (self.sequence, head[1]) + body
        verified = hmac.new(self.key, text, hashlib.sha256).hexdigest().encode() == head[3]
        assert verified, "reply %d does not authenticate" % self.sequence
        return Reply(self.server.kit, head[1].decode(), body, verified)

    def end(self, last=b"Z\0\0\0\0"):
        """Ends the session; (exit status, further output, standard error)."""
        if last:
            try:
                self.send(last)
            except BrokenPipeError:
                pass
        try:
            out, err = self.process.communicate()
        except (BrokenPipeError, ValueError):
            self.process.stdin = None
            out, err = self.process.communicate()
        self.timer.cancel()
        return self.process.returncode, self.kept + out, err.decode()


def set_row(number, name, password=None, user="CORP\\svc", account="CORP\\svc", generation=1, candidate="0" * 32,
            identity="NetworkService", was="", local=1, **other):
    fields = dict(name=name, generation=generation, candidate=candidate, type="SpecificUser", account=account, secret=number, user=user,
                  identity=identity, userWas=was, local=local, rewrite=0)
    fields.update(other)
    return record("set", **fields)


def stub_of(command):
    return base64.b64decode(command.split()[-1]).decode("utf-16-le")
