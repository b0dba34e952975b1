"""hostile_ssh.py - servers that are silent, flood or break off before a script runs: a class each, in the order of a session."""
import asyncio
import os
import struct

import ssh
from script import ACTING, Script

# ---- before a login ---------------------------------------------------------
class SilentAfterAccept(Script):
    async def greet(self):
        await self.stall()


class ClosesAtOnce(Script):
    async def greet(self):
        raise ssh.Over


class BannerFlood(Script):
    async def greet(self):
        while True:
            await self.write(b"x" * 60 + b"\r\n")


class BannerWithoutEnd(Script):
    async def greet(self):
        while True:
            await self.write(b"SSH-2.0-" + b"x" * 65536)


class BannerOneByteASecond(Script):
    async def greet(self):
        for byte in b"SSH-2.0-" + b"x" * 200:
            await self.write(bytes([byte]))
            await asyncio.sleep(1)


class BannerOfHttp(Script):
    async def greet(self):
        await self.write(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>::error::</h1>")
        raise ssh.Over


class BannerOfSsh1(Script):
    async def greet(self):
        await self.write(b"SSH-1.5-old\r\n")
        await self.stall()


class BannerThatActs(Script):
    async def greet(self):
        await self.write(b"\x1b[2J##vso[task.complete]\r\nSSH-2.0-\x1b[31m\r\n")
        raise ssh.Over


class StallsBeforeKexinit(Script):
    async def exchange(self):
        await self.stall()


class StallsAfterKexinit(Script):
    async def exchange(self):
        await self.send(self.kexinit())
        await self.stall()


class ClosesInKexinit(Script):
    async def exchange(self):
        await self.write(b"\0\0\1\0" + os.urandom(40))
        raise ssh.Over


class ClosesAfterKexinit(Script):
    async def exchange(self):
        await self.send(self.kexinit())
        await self.expect(30)
        raise ssh.Over


class PacketOf2Gib(Script):
    async def exchange(self):
        await self.write(b"\x7f\xff\xff\xff\x04" + bytes(100))
        await self.stall()


class PacketOfNoBytes(Script):
    async def exchange(self):
        await self.write(bytes(64))
        await self.stall()


class AlgorithmsOfNoOne(Script):
    def kexinit(self):
        return b"\x14" + os.urandom(16) + b"".join(map(ssh.text, [b"\x1b[31mnone"] * 10)) + bytes(5)


class IgnoreFlood(Script):
    async def exchange(self):
        while True:
            await self.send(b"\x02" + ssh.text(b"x" * 30000))


class DisconnectsWithAText(Script):
    async def exchange(self):
        await self.send(b"\x01" + struct.pack(">I", 2) + ssh.text(ACTING.encode()) + ssh.text(b""))
        raise ssh.Over


class SignsWithAnotherKey(Script):
    leaks = True

    def signature(self, data):
        return ssh.HostKey().key.sign(data)


class ShowsACertificateOfThePinnedKey(Script):
    def shown_blob(self):
        return ssh.text(b"ssh-ed25519-cert-v01@openssh.com") + ssh.text(os.urandom(32)) + self.host_key.blob[-36:] + bytes(60)


class WrongMac(Script):
    def spoil(self, mac):
        return bytes(32)


class StallsBeforeLogin(Script):
    async def log_in(self):
        await self.stall()


class ClosesBeforeLogin(Script):
    async def log_in(self):
        raise ssh.Over


class StallsInLogin(Script):
    async def answer_login(self, request):
        await self.stall()


class RefusesTheKey(Script):
    async def answer_login(self, request):
        await self.send(b"\x33" + ssh.text(b"password,keyboard-interactive") + b"\0")


class LoginBannerFlood(Script):
    async def answer_login(self, request):
        while True:
            await self.send(b"\x35" + ssh.text(ACTING.encode() * 100) + ssh.text(b""))


# ---- channel and command ------------------------------------------------------
class StallsAtTheChannel(Script):
    async def open_channel(self):
        await self.expect(90)
        await self.stall()


class RefusesTheChannel(Script):
    async def open_channel(self):
        request = await self.expect(90)
        _, at = ssh.take(request, 1)
        await self.send(b"\x5c" + request[at:at + 4] + struct.pack(">I", 1) + ssh.text(ACTING.encode()) + ssh.text(b""))
        await self.stall()


class StallsAtTheCommand(Script):
    async def execute(self):
        await self.expect(98)
        await self.stall()


class RefusesTheCommand(Script):
    async def execute(self):
        await self.expect(98)
        await self.send(struct.pack(">BI", 100, self.channel))
        await self.stall()


class WindowOf0(Script):
    window = 0

    async def make_room(self, n):
        pass


class WindowThatNeverGrows(Script):
    window = 1000

    async def make_room(self, n):
        pass


class SmallWindowAndPackets(Script):
    """Slow, but no fault: it is read."""
    packet_max = 512
    window = 4096


class ReadsAndSaysNothing(Script):
    async def talk(self):
        await asyncio.sleep(ssh.STALL_S)
