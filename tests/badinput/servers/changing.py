"""changing.py - servers that take a change: one that does what it says, and those that do not.

A server's pools live in its Seen, so that they outlive a session: what they store, since when their workers run,
how often they were written.
"""
import asyncio
import time

import script
import ssh
from script import ACTING, Script, framed, record

NAMES = ("OrdersApi", "OrdersWorker")
OLDER = "an older password"


class Pool:
    def __init__(self):
        self.password, self.started, self.n_written = OLDER, now_ms() - 3600000, 0
        self.fence = None


def now_ms():
    return int(time.time() * 1000)


def unescape(value):
    out, at = "", 0
    while at < len(value):
        step = 2 if value[at] == "\\" else 1
        out += {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}[value[at:at + 2]] if step == 2 else value[at]
        at += step
    return out


def rows_of(payload, kind):
    """The rows of a request, as dictionaries."""
    lines = [line.split("\t") for line in payload.decode().splitlines()]
    return [{cell.split("=", 1)[0]: unescape(cell.split("=", 1)[1]) for cell in line[1:]} for line in lines if line[0] == kind]


class Changing(Script):
    @property
    def pools(self):
        if not hasattr(self.seen, "pools"):
            self.seen.pools = {name: Pool() for name in NAMES}
        return self.seen.pools

    def pool_rows(self, names):
        out = b""
        for name in names:
            pool = self.pools[name]
            out += record("pool", name=name, tag=self.tag(name, pool.password))
            out += record("worker", pool=name, started=str(pool.started))
            if pool.fence:
                out += record("fence", pool=name, **pool.fence)
        return out

    def probe(self):
        return record("probe", now=str(now_ms())) + record("done", stage="probe")

    def observe(self, rows):
        return record("server", now=str(now_ms())) + self.pool_rows(NAMES) + record("done", stage="observe")

    def verify(self, rows):
        return self.pool_rows([row["name"] for row in rows_of(rows, "check")]) + record("done", stage="verify")

    def store(self, row):
        pool = self.pools[row["name"]]
        pool.password = self.secrets[int(row["secret"])].decode()
        pool.n_written += 1
        pool.fence = {"generation": row["generation"], "candidate": row["candidate"], "committed": str(now_ms())}

    def result(self, row, **values):
        told = {"status": "set", "why": "", "committed": str(now_ms())}
        return record("result", name=row["name"], generation=row["generation"], **dict(told, **values))

    def commit(self, rows):
        return record("commit", number="1", tries="1", pools=str(len(rows)), committed=str(now_ms()))

    def apply(self, rows):
        sets = rows_of(rows, "set")
        for row in sets:
            self.store(row)
        return self.commit(sets) + b"".join(map(self.result, sets)) + record("done", stage="apply")

    def activated(self, name, **values):
        return record("activated", name=name, **dict({"did": "recycled", "state": "Started"}, **values))

    def activate(self, rows):
        names = [row["name"] for row in rows_of(rows, "pool")]
        for name in names:
            self.pools[name].started = now_ms() + 1
        return b"".join(map(self.activated, names)) + record("done", stage="activate")

    def tag(self, name, password=None):
        return script.tag_of(self.tag_key, name.encode(), password)

    async def answer(self, kind):
        stage = {b"probe": lambda rows: self.probe(), b"observe": self.observe, b"verify": self.verify, b"apply": self.apply,
                 b"activate": self.activate}[kind]
        await self.say(framed(self.session_key, self.sequence, self.nonce, stage(self.request)))


class Hostile(Changing):
    """Honest but for one stage, the first `times` times."""
    stage, times = b"apply", 1000
    stops_the_account = False
    is_long = False  # only with --real or by its name
    n = 0

    async def answer(self, kind):
        self.seen.n_bad = getattr(self.seen, "n_bad", 0)
        if kind != self.stage or self.seen.n_bad >= self.times:
            await super().answer(kind)
            return
        self.seen.n_bad += 1
        await self.misbehave()

    async def misbehave(self):
        await self.say(framed(self.session_key, self.sequence, self.nonce, self.lie(self.request)))


# ---- apply ------------------------------------------------------------------
class TakesThePasswordAndStalls(Hostile):
    async def misbehave(self):
        await asyncio.sleep(ssh.STALL_S)


class ClosesBeforeItWrites(Hostile):
    times = 1

    async def misbehave(self):
        raise ssh.Over


class ClosesAfterItWrote(Hostile):
    """The answer is lost: the pool is looked at, and not written again."""
    times = 1

    async def misbehave(self):
        self.apply(self.request)
        raise ssh.Over


class ClosesEachTimeAfterItWrote(Hostile):
    async def misbehave(self):
        self.apply(self.request)
        raise ssh.Over


class ApplyWithAWrongHmac(Hostile):
    async def misbehave(self):
        await self.say(framed(bytes(32), self.sequence, self.nonce, self.apply(self.request)))


class SaysSetAndDidNothing(Hostile):
    def lie(self, rows):
        sets = rows_of(rows, "set")
        return self.commit(sets) + b"".join(map(self.result, sets)) + record("done", stage="apply")


class SaysKeptAndDidNothing(Hostile):
    def lie(self, rows):
        return b"".join(self.result(row, status="kept") for row in rows_of(rows, "set")) + record("done", stage="apply")


class SetsAnotherPassword(Hostile):
    def lie(self, rows):
        told = self.apply(rows)
        for row in rows_of(rows, "set"):
            self.pools[row["name"]].password = "what the server likes"
        return told


class ResultOfAnotherPool(Hostile):
    def lie(self, rows):
        sets = rows_of(rows, "set")
        return self.commit(sets) + b"".join(self.result(dict(row, name=ACTING)) for row in sets) + record("done", stage="apply")


class TwoResultsForAPool(Hostile):
    def lie(self, rows):
        sets = rows_of(rows, "set")
        return self.commit(sets) + b"".join(map(self.result, sets)) * 2 + record("done", stage="apply")


class NoResults(Hostile):
    def lie(self, rows):
        return record("done", stage="apply")


class ResultOfAnotherGeneration(Hostile):
    def lie(self, rows):
        return b"".join(self.result(dict(row, generation="999")) for row in rows_of(rows, "set")) + record("done", stage="apply")


class ApplyFaultThatActs(Hostile):
    def lie(self, rows):
        return record("fault", where="apply", code=ACTING, type=ACTING, hresult=ACTING, detail=ACTING)


class RefusalThatActs(Hostile):
    def lie(self, rows):
        return b"".join(self.result(row, status="refused", why=ACTING) for row in rows_of(rows, "set")) + record("done", stage="apply")


class PasswordOnStandardError(Hostile):
    async def misbehave(self):
        await self.say(b"password: " + b" ".join(self.secrets.values()) + b"\r\n", stderr=True)
        await self.end(1)


class PasswordAsNoise(Hostile):
    async def misbehave(self):
        await self.say(b"password: " + b" ".join(self.secrets.values()) * 3000)


# ---- activate and verify ------------------------------------------------------
class ActivateStalls(Hostile):
    stage, times = b"activate", 1

    async def misbehave(self):
        await asyncio.sleep(ssh.STALL_S)


class ActivateThatActs(Hostile):
    stage = b"activate"

    def lie(self, rows):
        self.activate(rows)
        return b"".join(self.activated(row["name"], did=ACTING) for row in rows_of(rows, "pool")) + record("done", stage="activate")


class ActivateFaultThatActs(Hostile):
    stage = b"activate"

    def lie(self, rows):
        told = b""
        for row in rows_of(rows, "pool"):
            told += record("fault", where=row["name"], code=ACTING, type=ACTING, hresult=ACTING, detail=ACTING)
            told += self.activated(row["name"], did="failed", state="Unknown")
        return told + record("done", stage="activate")


class ActivateDoesNothing(Hostile):
    """The old worker still runs."""
    stage = b"activate"

    def lie(self, rows):
        return b"".join(self.activated(row["name"]) for row in rows_of(rows, "pool")) + record("done", stage="activate")


class VerifyStalls(Hostile):
    stage, times = b"verify", 1

    async def misbehave(self):
        await asyncio.sleep(ssh.STALL_S)


class VerifyStallsEachTime(VerifyStalls):
    times = 1000
    is_long = True


class VerifyKnowsNoPool(Hostile):
    stage = b"verify"

    def lie(self, rows):
        return record("done", stage="verify")


class VerifyShowsAnotherUser(Hostile):
    stage = b"verify"

    def lie(self, rows):
        return self.verify(rows).replace(b"user=CORP\\\\svc-orders", b"user=" + script.escape(ACTING.encode()))


class VerifyShowsAFault(Hostile):
    """Event 5021: Windows refused the identity. Nobody but the server says so, and the account is stopped everywhere."""
    stage = b"verify"
    stops_the_account = True

    def lie(self, rows):
        events = b"".join(record("event", pool=row["name"], time=str(now_ms())) for row in rows_of(rows, "check"))
        return self.verify(rows).replace(b"done\t", events + b"done\t")


class FenceIsAhead(Changing):
    def observe(self, rows):
        for pool in self.pools.values():
            pool.fence = pool.fence or {"generation": "999", "candidate": "ab" * 16, "committed": str(now_ms())}
        return super().observe(rows)


NOT_ALONE = (Changing, Hostile)
