"""race.py - two applies: one is stopped in the middle, over one state or a copy of it; then an older copy is put back."""
import re
import shutil
import signal
import subprocess
import threading
import time

import lab

SECOND = 1.0
LOCKED, REFUSED = 6, 8


class Apply:
    """One that can be stopped."""

    def __init__(self, f, *words):
        self.begun = time.monotonic()
        self.process = subprocess.Popen(f.command(*lab.APPLY, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.out, self.ended = "", 0.0
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.begun = time.monotonic()
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """(status, output, seconds since it began or went on)"""
        self.reader.join(timeout=200)
        return self.process.returncode, self.out, self.ended - self.begun

    def read(self):
        """To its end, in a thread of its own: both are waited for at once."""
        self.out, _ = self.process.communicate()
        self.ended = time.monotonic()


def loses(status, out, seconds):
    """By the lock: at once, with its own exit status and who has it."""
    lab.equal(status, LOCKED, f"exit status of the loser:\n{out}")
    lab.check(seconds < SECOND, f"the loser took {seconds:.1f} s")
    lab.check(re.search("is held by (process|another process)", out), out)


def same(f, draw):
    """One state: whoever has the lock ends well, the other is told."""
    early = draw.random() < 0.4
    first = Apply(f)
    time.sleep(draw.uniform(0, 0.005) if early else draw.uniform(0.05, 4))
    first.stop()
    second = Apply(f)
    if early:  # it goes on while the second, which perhaps came first, is at it
        time.sleep(draw.uniform(0.05, 1))
        first.go_on()
    status, out, seconds = second.end()
    if not early:
        first.go_on()
    first_status, first_out, first_seconds = first.end()
    if status == LOCKED:
        loses(status, out, seconds)
        lab.equal(first_status, 0, first_out)
        kind = "the second lost"
    elif first_status == LOCKED:
        loses(first_status, first_out, first_seconds)
        lab.equal(status, 0, out)
        kind = "the first lost"
    else:
        lab.equal((first_status, status), (0, 0), f"exit statuses:\n{first_out}\n{out}")
        kind = "one after the other"
    f.done()
    return kind


def settled(f, state):
    """After a race of copies: as the program says, perhaps a repair, and then an apply ends well."""
    status, out = f.run(*lab.APPLY, "--state", state)
    if status == REFUSED:
        lab.check("state repair" in out, out)
        status, repaired = f.run("state", "repair", "--auto-approve", "--state", state)
        lab.equal(status, 0, repaired)
        status, out = f.run(*lab.APPLY, "--state", state)
    lab.equal(status, 0, f"exit status of the apply after the race:\n{out}")
    f.rising()
    for server in f.servers:
        lab.equal(set(f.passwords(server).values()), {lab.NEW}, "passwords of " + server)


def as_loser(status, out):
    """What an overtaken writer may end with; a pool that it could not write is told."""
    lab.check(status in (0, REFUSED), f"exit status {status}:\n{out}")
    lab.check(status == 0 or "fence" in out, f"nothing says that another writer was there:\n{out}")
    lab.check(status == 0 or "lockstep state repair" in out, f"nothing says what to do:\n{out}")


def copied(f, draw):
    """A second controller with a copy of the state, while the first is stopped."""
    first = Apply(f)
    time.sleep(draw.uniform(0.1, 4))
    first.stop()
    other = f.copy_state("other")
    second = Apply(f, "--state", other)
    status, out, _ = second.end()
    f.rising()
    first.go_on()
    first_status, first_out, seconds = first.end()
    as_loser(status, out)
    as_loser(first_status, first_out)
    lab.check(seconds < 20, f"the first took {seconds:.1f} s after it went on")
    f.old_or_new()
    settled(f, f.state)
    settled(f, other)
    return "a copy: " + ("both ended well" if status == first_status == 0 else "the fence held")


def restored(f, draw):
    """A copy of the middle of a run is put back when the run is over."""
    first = Apply(f)
    time.sleep(draw.uniform(0.1, 4))
    first.stop()
    f.copy_state("older")
    first.go_on()
    status, out, _ = first.end()
    lab.equal(status, 0, out)
    shutil.copy(f.path("older", "state.db"), f.state)
    settled(f, f.state)
    return "an older copy was put back"


def race(seed):
    draw = lab.draw("race", seed)
    with lab.Lab(3, "--pools", "2", "--delay-ms", "0-60", "--seed", str(seed)) as f:
        return (same, copied, same, restored)[seed % 4](f, draw)


def tasks(long):
    return [("race", (seed,)) for seed in range(500 if long else 50)]


def summary(results):
    ends = [result for _, result in results]
    kinds = ", ".join(f"{kind} {ends.count(kind)}" for kind in sorted({end for end in ends if end}))
    return f"races: {len(ends)} ({kinds})"


if __name__ == "__main__":
    import sys
    print(race(int(sys.argv[1])))
