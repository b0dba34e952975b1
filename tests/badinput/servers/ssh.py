"""ssh.py - an SSH server small enough to be wrong on purpose (RFC 4253, 4252, 4254).

One key exchange (curve25519-sha256), one cipher (aes128-ctr), one MAC (hmac-sha2-256), one channel. What it
does at each step can be replaced: Connection's methods are the steps, in the order in which they stand here.
"""
import asyncio
import hashlib
import hmac
import os
import struct

import crypto

BANNER = b"SSH-2.0-Test"
STALL_S = 60


def text(data):
    return struct.pack(">I", len(data)) + data


def mpint(data):
    data = data.lstrip(b"\0")
    return text(b"\0" + data if data and data[0] & 0x80 else data)


def take(data, at=0):
    """(text, what stands behind it)"""
    n, = struct.unpack_from(">I", data, at)
    return data[at + 4:at + 4 + n], at + 4 + n


class HostKey:
    def __init__(self):
        self.key = crypto.Private(crypto.ED25519)
        self.blob = text(b"ssh-ed25519") + text(self.key.public())


class Seen:
    """What a server has seen of its clients."""

    def __init__(self):
        self.connections = self.logins = self.channels = self.bytes_after_keys = 0
        self.data = b""  # what came on channels, the script left out
        self.passwords = 0


class Over(Exception):
    """The connection ends here."""


class Connection:
    host_key_types = b"ssh-ed25519"
    window, packet_max = 2097152, 32768

    def __init__(self, reader, writer, host_key, seen):
        self.reader, self.writer, self.host_key, self.seen = reader, writer, host_key, seen
        self.send_n = self.receive_n = 0
        self.sender = self.receiver = None
        self.client_window = 0
        self.windows = asyncio.Condition()

    # ---- bytes ----------------------------------------------------------
    async def write(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, payload):
        block = 16 if self.sender else 8
        pad = block - (len(payload) + 5) % block
        pad += block if pad < 4 else 0
        packet = struct.pack(">IB", len(payload) + pad + 1, pad) + payload + bytes(pad)
        if self.sender:
            mac = hmac.digest(self.send_mac, struct.pack(">I", self.send_n) + packet, "sha256")
            packet = self.sender.pass_through(packet) + self.spoil(mac)
        self.send_n = (self.send_n + 1) & 0xffffffff
        await self.write(packet)

    def spoil(self, mac):
        return mac

    async def receive(self):
        block = 16 if self.receiver else 8
        head = await self.reader.readexactly(block)
        if self.receiver:
            head = self.receiver.pass_through(head)
        length, pad = struct.unpack(">IB", head[:5])
        if length > 262144:
            raise Over("the client sent a packet of %d bytes" % length)
        rest = await self.reader.readexactly(length + 4 - block)
        if self.receiver:
            rest = self.receiver.pass_through(rest) if rest else b""
            await self.reader.readexactly(32)
        self.receive_n += 1
        payload = (head + rest)[5:4 + length - pad]
        if self.receiver and payload[0] not in (1, 2, 4, 5):  # 5: libssh2 names the service before we can look at the key
            self.seen.bytes_after_keys += len(payload)
        return payload

    async def expect(self, *kinds):
        while True:
            payload = await self.receive()
            if payload[0] in kinds:
                return payload
            if payload[0] == 1:
                raise Over("disconnect")
            await self.other(payload)

    async def other(self, payload):
        pass

    async def stall(self):
        """Say nothing more; take what comes, so that the client's end is noticed."""
        while await self.reader.read(65536):
            pass
        raise Over("the client went")

    # ---- steps ----------------------------------------------------------
    async def carry_out(self):
        await self.greet()
        await self.exchange()
        await self.log_in()
        await self.open_channel()
        await self.execute()

    async def greet(self):
        await self.write(BANNER + b"\r\n")
        self.client_banner = (await self.reader.readuntil(b"\n")).rstrip(b"\r\n")

    def kexinit(self):
        lists = [b"curve25519-sha256", self.host_key_types, b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256", b"hmac-sha2-256",
                 b"none", b"none", b"", b""]
        return b"\x14" + os.urandom(16) + b"".join(map(text, lists)) + bytes(5)

    async def exchange(self):
        ours = self.kexinit()
        await self.send(ours)
        theirs = await self.expect(20)
        await self.answer_exchange(ours, theirs, await self.expect(30))

    def shown_blob(self):
        return self.host_key.blob

    def signature(self, data):
        return self.host_key.key.sign(data)

    async def answer_exchange(self, ours, theirs, init):
        peer, _ = take(init, 1)
        own = crypto.Private(crypto.X25519)
        blob = self.shown_blob()
        shared = mpint(own.derive(peer))
        digest = hashlib.sha256(text(self.client_banner) + text(BANNER) + text(theirs) + text(ours) + text(blob) + text(peer)
                                + text(own.public()) + shared).digest()
        signature = text(text(b"ssh-ed25519") + text(self.signature(digest)))
        await self.send(b"\x1f" + text(blob) + text(own.public()) + signature)

        def key(letter):
            return hashlib.sha256(shared + digest + letter + digest).digest()

        await self.send(b"\x15")
        self.sender, self.send_mac = crypto.Stream(key(b"D")[:16], key(b"B")[:16]), key(b"F")
        await self.expect(21)
        self.receiver = crypto.Stream(key(b"C")[:16], key(b"A")[:16])

    async def log_in(self):
        await self.expect(5)
        await self.send(b"\x06" + text(b"ssh-userauth"))
        while True:
            request = await self.expect(50)
            self.seen.logins += 1
            await self.answer_login(request)
            if self.logged_in:
                return

    logged_in = False

    async def answer_login(self, request):
        _, at = take(request, 1)
        _, at = take(request, at)
        method, at = take(request, at)
        if method != b"publickey":
            await self.send(b"\x33" + text(b"publickey") + b"\0")
        elif request[at]:  # signed; whose key it is does not matter here
            self.logged_in = True
            await self.send(b"\x34")
        else:
            await self.send(b"\x3c" + request[at + 1:])

    async def open_channel(self):
        request = await self.expect(90)
        _, at = take(request, 1)
        self.channel, self.client_window, _ = struct.unpack_from(">III", request, at)
        self.seen.channels += 1
        await self.send(struct.pack(">BIIII", 91, self.channel, 0, self.window, self.packet_max))

    async def execute(self):
        await self.expect(98)
        await self.send(struct.pack(">BI", 99, self.channel))
        talk = asyncio.ensure_future(self.converse())
        try:
            await self.listen()
        finally:
            talk.cancel()

    # ---- the channel ----------------------------------------------------
    async def listen(self):
        """Hands data to the script, and gives room for more."""
        while True:
            payload = await self.receive()
            kind = payload[0]
            if kind == 93:
                self.client_window += struct.unpack_from(">I", payload, 5)[0]
                async with self.windows:
                    self.windows.notify_all()
            elif kind == 94:
                data, _ = take(payload, 5)
                self.input.feed_data(data)
                await self.make_room(len(data))
            elif kind == 96:
                self.input.feed_eof()
            elif kind in (1, 97):
                raise Over("the client closed")

    async def make_room(self, n):
        await self.send(struct.pack(">BII", 93, self.channel, n))

    async def say(self, data, stderr=False):
        """Within the client's window; pieces of at most 32 KiB."""
        while data:
            async with self.windows:
                while not self.client_window:
                    await self.windows.wait()
            piece = data[:min(len(data), self.client_window, 32768)]
            self.client_window -= len(piece)
            data = data[len(piece):]
            head = struct.pack(">BII", 95, self.channel, 1) if stderr else struct.pack(">BI", 94, self.channel)
            await self.send(head + text(piece))

    async def end(self, status):
        await self.send(struct.pack(">BI", 98, self.channel) + text(b"exit-status") + b"\0" + struct.pack(">I", status))
        await self.send(struct.pack(">BI", 96, self.channel))
        await self.send(struct.pack(">BI", 97, self.channel))

    async def converse(self):
        """The script's side; self.input has what the client sends to it."""


async def serve(connection):
    """One client, to its end; ends always close the socket."""
    connection.seen.connections += 1
    connection.input = asyncio.StreamReader(limit=1 << 24)
    try:
        await asyncio.wait_for(connection.carry_out(), STALL_S)
    except (Over, OSError, EOFError, asyncio.IncompleteReadError, asyncio.TimeoutError):
        pass
    finally:
        connection.writer.close()
