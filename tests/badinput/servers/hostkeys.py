"""hostkeys.py - what known_hosts pins, and what a server shows: which go together."""
import base64
import hmac
import json
import os

import farm
import script
import ssh

ADDRESS = "127.0.7.1"


class OnlyEcdsa(script.Script):
    host_key_types = b"ecdsa-sha2-nistp256"


class OnlyCertificates(script.Script):
    host_key_types = b"ssh-ed25519-cert-v01@openssh.com"


def hashed(name):
    salt = os.urandom(20)
    return "|1|" + base64.b64encode(salt).decode() + "|" + base64.b64encode(hmac.digest(salt, name.encode(), "sha1")).decode()


class HostKeys:
    """Each case: (kind of server, host, known_hosts as a function of the line that would be right and the servers)."""

    expected = "hostkeys.expected"
    title = "host keys"
    cases = {
        "changed-key": (script.Script, ADDRESS, lambda right, s: s.pinned(ADDRESS, blob=ssh.HostKey().blob)),
        "other-key-type": (OnlyEcdsa, ADDRESS, lambda right, s: right),
        "certificate-as-host-key": (OnlyCertificates, ADDRESS, lambda right, s: right),
        "revoked": (script.Script, ADDRESS, lambda right, s: right + "@revoked * " + right.split(" ", 1)[1]),
        "certificate-authority": (script.Script, ADDRESS, lambda right, s: "@cert-authority " + right),
        "wildcard": (script.Script, ADDRESS, lambda right, s: right.replace("127.0.7.1", "127.0.*")),
        "negation": (script.Script, ADDRESS, lambda right, s: right.replace("[", "*,![", 1)),
        "hashed-for-another-server": (script.Script, ADDRESS, lambda right, s: hashed("[127.0.7.2]:%d" % s.port) + right[right.index(" "):]),
        "without-the-port": (script.Script, ADDRESS, lambda right, s: ADDRESS + right[right.index(" "):]),
        "name-in-capitals": (script.Script, "LocalHost", lambda right, s: s.pinned("LOCALHOST")),
        "name-of-256-characters": (script.Script, ADDRESS, lambda right, s: "w" * 256 + "," + s.pinned("w" * 256)),
        "base64-of-odd-length": (script.Script, ADDRESS, lambda right, s: right.rstrip("\n")[:-1] + "\n"),
        "bytes-behind-the-key": (script.Script, ADDRESS, lambda right, s: s.pinned(ADDRESS, blob=s.host_key.blob + b"\0\0\0")),
        "key-in-a-second-line": (script.Script, ADDRESS, lambda right, s: s.pinned(ADDRESS, blob=ssh.HostKey().blob) + right),
        "empty-file": (script.Script, ADDRESS, lambda right, s: ""),
        "writable-by-everybody": (script.Script, ADDRESS, lambda right, s: right),
    }
    # The two that must be let in: they show that the others could be.
    let_in = ("name-in-capitals", "key-in-a-second-line")

    def __init__(self, program, names):
        self.program = program
        self.names = farm.selected(self.cases, names)

    def judge(self, name):
        kind, host, known_hosts = self.cases[name]
        address = ADDRESS if host == ADDRESS else "127.0.0.1"
        servers = farm.Servers({address: kind})
        plan = farm.Plan(servers, {"web01": host}, known_hosts(servers.pinned(host), servers))
        try:
            if name == "writable-by-everybody":
                os.chmod(plan.path("known_hosts"), 0o666)
            return self.carry_out(plan, servers.seen[address], name in self.let_in)
        finally:
            plan.done()

    def carry_out(self, plan, seen, is_let_in):
        faults = []
        status, text, _, _ = plan.run(self.program, "plan", "-o", "table", "-o", "json=plan.json")
        if is_let_in != (seen.logins > 0) or is_let_in != (seen.channels > 0):
            faults.append(f"{seen.logins} logins and {seen.channels} channels")
        if not is_let_in and seen.bytes_after_keys:
            faults.append(f"{seen.bytes_after_keys} bytes were sent to a server that was not verified")
        if seen.passwords or farm.CANARY.encode() in seen.data or farm.CANARY in text:
            faults.append("the password went out")
        told = text.splitlines()[0] if text else ""
        if os.path.exists(plan.path("plan.json")):
            read = json.loads(plan.json())
            told = read["unreadable"][0]["reason"] if read["unreadable"] else "read"
        return f"exit {status}: {plan.plain(told)}", faults
