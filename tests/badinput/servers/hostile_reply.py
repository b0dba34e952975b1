"""hostile_reply.py - servers whose script lies, floods or breaks the form of a reply: a class each."""
import asyncio

import script
import ssh
from script import ACTING, Script, framed, record

# ---- the form of a reply --------------------------------------------------------
class LineOf1Gib(Script):
    async def talk(self):
        for _ in range(16384):
            await self.say(b"x" * 65536)


class LinesWithoutEnd(Script):
    async def talk(self):
        while True:
            await self.say(b"WARNING: profile\r\n" * 1000)


class StandardErrorFlood(Script):
    async def talk(self):
        while True:
            await self.say(b"\x1b[31mno\r\n" * 5000, stderr=True)


class EndsAtOnce(Script):
    async def talk(self):
        await self.say(b"##vso[x] it can't be\x1b[31m loaded\r\n", stderr=True)
        await self.end(1)


class ExitWithoutReply(Script):
    async def answer(self, kind):
        await self.end(0)


class WrongNonce(Script):
    def reply(self, kind):
        return framed(self.session_key, self.sequence, b"0" * 32, self.probe())


class WrongHmac(Script):
    def reply(self, kind):
        return framed(bytes(32), self.sequence, self.nonce, self.probe())


class HmacInCapitals(Script):
    def reply(self, kind):
        good = super().reply(kind)
        head, rest = good[1:].split(b"\n", 1)
        return b"\n" + head[:-64] + head[-64:].upper() + b"\n" + rest


class HmacOfAnotherSequence(Script):
    def reply(self, kind):
        return framed(self.session_key, self.sequence + 1, self.nonce, self.probe())


class ReplayedReply(Script):
    """The reply to observe is that to probe, once more."""
    first = None

    def reply(self, kind):
        self.first = self.first or super().reply(kind)
        return self.first


class ReplyOfAnotherStage(Script):
    """Proved, under the right nonce, but what it answers was not asked."""

    def observe(self):
        return self.probe()


class TwoReplies(Script):
    def reply(self, kind):
        return super().reply(kind) * 2


class ReplyBeforeTheRequest(Script):
    async def talk(self):
        await self.say(framed(bytes(32), 1, b"0" * 32, self.probe()))
        await asyncio.sleep(ssh.STALL_S)


class LengthBeyondTheLimit(Script):
    def reply(self, kind):
        return b"\n@@LOCKSTEP " + self.nonce + b" 4194305 " + b"0" * 64 + b"\n" + b"x" * 1000


class LengthOf64Bits(Script):
    def reply(self, kind):
        return b"\n@@LOCKSTEP " + self.nonce + b" 18446744073709551617 " + b"0" * 64 + b"\n"


class LengthThatIsNegative(Script):
    def reply(self, kind):
        return b"\n@@LOCKSTEP " + self.nonce + b" -1 " + b"0" * 64 + b"\n"


class HeadWithoutEnd(Script):
    def reply(self, kind):
        return b"\n@@LOCKSTEP " + b"0" * 100000


class BodyLongerThanSaid(Script):
    def reply(self, kind):
        return super().reply(kind).replace(b"\n@@END", b"done\n@@END")


class BodyThatNeverComes(Script):
    def reply(self, kind):
        return b"\n@@LOCKSTEP " + self.nonce + b" 4194304 " + b"0" * 64 + b"\nprobe"


class BodyOf4Mib(Script):
    """Proved and as long as a reply may be; it holds nothing."""

    def observe(self):
        return b"x" * 4194304


class ClosesInTheHead(Script):
    async def answer(self, kind):
        await self.say(self.reply(kind)[:30])
        raise ssh.Over


class ClosesInTheBody(Script):
    async def answer(self, kind):
        await self.say(self.reply(kind)[:200])
        raise ssh.Over


class ClosesBeforeTheLastByte(Script):
    async def answer(self, kind):
        await self.say(self.reply(kind)[:-1])
        raise ssh.Over


class OneByteASecond(Script):
    async def answer(self, kind):
        for byte in self.reply(kind):
            await self.say(bytes([byte]))
            await asyncio.sleep(1)


class Utf16WithBom(Script):
    async def answer(self, kind):
        await self.say(b"\xff\xfe" + self.reply(kind).decode().encode("utf-16-le"))
        await self.end(0)


class ClixmlBefore(Script):
    """What PowerShell writes about progress stands before the reply; the reply counts."""

    async def answer(self, kind):
        if kind == b"probe":
            await self.say(b"#< CLIXML\r\n<Objs Version=\"1.1.0.1\"><S S=\"progress\">Preparing modules</S></Objs>\r\n" * 300, stderr=True)
            await self.say(b"#< CLIXML\r\n<Objs Version=\"1.1.0.1\"></Objs>\r\n\n@@LOCKSTEX \n@@LOCKSTEP" + b"n" * 40000)
        await super().answer(kind)


# ---- what a reply says ----------------------------------------------------------
class Observes(Script):
    """Honest but for one thing in the reply to observe."""
    old, new = b"", b""

    def observe(self):
        good = super().observe()
        assert self.old in good, self.old
        return good.replace(self.old, self.new, 1)


class HalfOfUtf8(Observes):
    old, new = b"name=OrdersApi", b"name=Orders\xe2\x82"


class NulInAValue(Observes):
    old, new = b"name=OrdersApi", b"name=Orders\0Api"


class UnknownEscape(Observes):
    old, new = b"name=OrdersApi", b"name=Orders\\x41pi"


class UnknownField(Observes):
    old, new = b"\tsites=1", b"\tsites=1\t\x1b[31m=1"


class MissingField(Observes):
    old, new = b"\trotates=1", b""


class RepeatedField(Observes):
    old, new = b"\tsites=1", b"\tsites=1\tsites=1"


class FieldInCapitals(Observes):
    old, new = b"\tsites=1", b"\tSites=1"


class UnknownKind(Observes):
    old, new = b"worker\t", b"::error::\tname=x\nworker\t"


class KindOfARequest(Observes):
    old, new = b"worker\t", b"apply\tnonce=x\tdeadline=1\tpoolsPerCommit=1\nworker\t"


class NumberWithZeros(Observes):
    old, new = b"sites=1", b"sites=007"


class NumberWithASign(Observes):
    old, new = b"sites=1", b"sites=+1"


class NumberOf65Bits(Observes):
    old, new = b"now=1767225600000", b"now=36893488147419103232"


class NumberThatIsNegative(Observes):
    old, new = b"pid=4711", b"pid=-1"


class UnknownWord(Observes):
    old, new = b"state=Started", b"state=::error::"


class TagThatIsNoHex(Observes):
    old, new = b"tag=", b"tag=x"


class TwoRowsForAPool(Observes):
    old, new = b"name=OrdersWorker", b"name=ORDERSAPI"


class RowOfAnotherPool(Observes):
    old, new = b"worker\tpool=OrdersApi", b"worker\tpool=\x1b[31mSomeone"


class ValueOver4Kib(Observes):
    old, new = b"name=OrdersApi", b"name=Orders" + b"x" * 4091


class NoEnd(Observes):
    old, new = b"done\tstage=observe\n", b""


class EmptyReply(Script):
    def observe(self):
        return b""


class Rows10001(Script):
    def observe(self):
        return b"".join(record("fence", pool="Orders%d" % i) for i in range(10001)) + record("done", stage="observe")


class Workers9990(Script):
    """Within every limit, and of no use: the pool has nearly 10,000 workers."""

    def observe(self):
        good = super().observe()
        return good.replace(b"done\t", record("worker", pool="OrdersApi") * 9990 + b"done\t")


class LanguageThatActs(Script):
    def probe(self):
        return record("probe", language=ACTING) + record("done", stage="probe")


class FaultThatActs(Script):
    def observe(self):
        return record("fault", where=ACTING, code=ACTING, type=ACTING, hresult=ACTING, detail=ACTING)


class FaultOfAPoolThatActs(Script):
    def observe(self):
        good = super().observe()
        return good.replace(b"done\t", record("fault", where="OrdersApi", code=ACTING, type=ACTING, hresult=ACTING, detail=ACTING) + b"done\t")


class PoolsThatAct(Script):
    """Honest in form; names, users and owners hold what acts on terminals and pipelines."""

    def observe(self):
        odd = record("pool", name=ACTING, user=ACTING, startMode=ACTING, tag="00" * 32) + record("worker", pool=ACTING, owner=ACTING)
        return super().observe().replace(b"done\t", odd + b"done\t").replace(b"owner=CORP\\\\svc-orders", b"owner=" + script.escape(ACTING.encode()))


class SitesThatAct(Script):
    """Sites, applications, other places that use the account, and what could not be read."""

    def observe(self):
        odd = record("site", name=ACTING, bindings=ACTING)
        odd += record("app", pool="OrdersApi", site=ACTING, path=ACTING, folder=ACTING, windowsAuth="1", kernelMode="1", poolCredentials="0")
        odd += record("elsewhere", kind="service", place=ACTING, user=script.USER)
        odd += record("blind", what="tasks", code=ACTING)
        return super().observe().replace(b"done\t", odd + b"done\t")


class OtherPlacesWithoutEnd(Script):
    """Nearly as many rows as a reply may have."""

    def observe(self):
        odd = b"".join(record("elsewhere", kind="service", place="service%d" % i, user=script.USER) for i in range(9000))
        return super().observe().replace(b"done\t", odd + b"done\t")


class Pools4000(Script):
    """Pools that no binding names, all under the account. They are kept until the plan is shown: some 6 times their bytes."""

    def observe(self):
        odd = b"".join(record("pool", name="Pool%d" % i, tag="00" * 32) for i in range(4000))
        return super().observe().replace(b"done\t", odd + b"done\t")


class SitesWithoutEnd(Script):
    def observe(self):
        odd = b"".join(record("app", pool="OrdersApi", site="site%d" % i, path="/", windowsAuth="1", kernelMode="1",
                              poolCredentials="0") for i in range(9000))
        return super().observe().replace(b"done\t", odd + b"done\t")


class FaultsWithoutEnd(Script):
    def observe(self):
        odd = b"".join(record("event", pool="OrdersApi", id="5021", time=str(1767225000000 + i)) for i in range(9000))
        return super().observe().replace(b"done\t", odd + b"done\t")


class UserThatActs(Script):
    """The declared pools run as somebody whose name acts."""

    def observe(self):
        return super().observe().replace(b"user=CORP\\\\svc-orders", b"user=" + script.escape(ACTING.encode()))


class ProbeThatActs(Script):
    def probe(self):
        odd = {name: ACTING for name in script.FIELDS["probe"] if name not in ("language", "bits", "writable", "redirected", "now")}
        return record("probe", **odd) + record("done", stage="probe")
