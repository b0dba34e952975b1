"""script.py - an honest server's side of the protocol of reconciler/transport/powershell/README.md.

The fields of each record are read from modules/iis_app_pool/fields.c; VALUES has what an honest server tells. A
hostile server replaces one of the methods.
"""
import asyncio
import hmac
import os
import re
import struct

import ssh

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# What acts on terminals, build agents and Markdown.
ACTING = "\x1b[2J\x1b]0;x\x07\r\n##vso[task.complete]\n::error::x\n`rm` | <b>*x*</b> \u202eevil\u200b"
USER = b"CORP\\svc-orders"
POOLS = {b"OrdersApi": "an older password", b"OrdersWorker": "Canary-7f3a-P\u00e4ss"}
VALUES = {
    "probe": {"ps": "5.1", "language": "FullLanguage", "bits": "64", "name": "WEB", "user": "CORP\\ssh", "os": "10.0", "mwa": "10.0",
              "writable": "1", "redirected": "0", "was": "Running", "w3svc": "Running", "now": "1767225600000"},
    "server": {"config": "ab" * 32, "fence": "absent", "now": "1767225600000"},
    "pool": {"identity": "SpecificUser", "local": "1", "user": USER.decode(), "userFrom": "local", "passwordFrom": "local",
             "password": "present", "state": "Started", "autoStart": "1", "startMode": "OnDemand", "rotates": "1", "sites": "1"},
    "worker": {"pid": "4711", "owner": USER.decode(), "started": "1767225000000"},
    "event": {"id": "5021", "time": "1767225000000"},
    "fence": {"generation": "0", "candidate": "00" * 16, "committed": "0"},
}


def fields_of_replies():
    with open(os.path.join(TREE, "modules/iis_app_pool/fields.c")) as file:
        replies = re.sub(r"/\*.*?\*/", "", file.read().split("iis_reply_kinds[]")[1], flags=re.S)
    return {kind: re.findall(r'"(\w+)"', fields) for kind, fields in re.findall(r'\{ "(\w+)", \{(.*?)\} \}', replies, flags=re.S)}


FIELDS = fields_of_replies()


def escape(value):
    for one, two in ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r")):
        value = value.replace(one, two)
    return value


def record(kind, /, **values):
    """A record of the kind, in full; what is not given is as an honest server tells it."""
    cells = []
    for field in FIELDS[kind]:
        value = values.get(field, VALUES.get(kind, {}).get(field, ""))
        cells.append(field.encode() + b"=" + escape(value if isinstance(value, bytes) else value.encode()))
    return "\t".join([kind]).encode() + b"\t" + b"\t".join(cells) + b"\n"


def framed(key, sequence, nonce, body, mac=None):
    mac = mac or hmac.digest(key, b"lockstep/1 reply\0%d\0%s\0" % (sequence, nonce) + body, "sha256").hex().encode()
    return b"\n@@LOCKSTEP %s %d %s\n%s\n@@END %s\n" % (nonce, len(body), mac, body, nonce)


def tag_of(key, pool, password):
    return hmac.digest(key, b"lockstep/1 tag\0" + ssh.text(pool) + ssh.text(USER) + password.encode(), "sha256").hex()


class Script(ssh.Connection):
    def tag(self, pool):
        return tag_of(self.tag_key, pool, POOLS[pool])

    def probe(self):
        return record("probe") + record("done", stage="probe")

    def observe(self):
        pools = b"".join(record("pool", name=pool, tag=self.tag(pool)) for pool in POOLS)
        return record("server") + pools + b"".join(record("worker", pool=pool) for pool in POOLS) + record("done", stage="observe")

    def reply(self, kind):
        body = self.probe() if kind == b"probe" else self.observe()
        return framed(self.session_key, self.sequence, self.nonce, body)

    async def answer(self, kind):
        await self.say(self.reply(kind))

    async def converse(self):
        try:
            await self.talk()
        except (OSError, EOFError, asyncio.IncompleteReadError, ssh.Over):
            self.writer.close()

    async def talk(self):
        await self.input.readexactly(struct.unpack(">I", await self.input.readexactly(4))[0])
        self.sequence, self.secrets = 0, {}
        while True:
            kind, length = struct.unpack(">cI", await self.input.readexactly(5))
            payload = await self.input.readexactly(length)
            self.seen.data += payload
            if kind == b"S":
                self.session_key = payload
            elif kind == b"K":
                number, purpose, n = struct.unpack(">IBH", payload[:7])
                self.secrets[number] = payload[7 + n:]
                if purpose == 2:
                    self.seen.passwords += 1
                else:
                    self.tag_key = payload[7 + n:]
            elif kind == b"R":
                self.sequence += 1
                self.request = payload
                self.nonce = payload.split(b"nonce=")[1].split(b"\n")[0].split(b"\t")[0]
                await self.answer(payload.split(b"\t")[0])
                self.secrets = {}
            else:
                await self.end(0)
                return
