"""kill.py - the program is killed before each call that reaches the disk or a server; the next plain apply finishes."""
import os
import subprocess

import lab
import power

KINDS = ("write", "truncate", "sync", "unlink", "rename", "create", "connect", "send")


def points(long):
    """[(kind, n)] in the order of a run that nobody disturbs."""
    found = power.undisturbed()
    lab.equal({kind for kind, _ in found}, set(KINDS), "kinds of calls")
    if long:
        return found
    # What was synced and what was sent is what differs; of the rest a few.
    weighty = [point for point in found if point[0] in ("sync", "unlink", "rename", "create", "connect")]
    return lab.spread(weighty, 22) + lab.spread([point for point in found if point not in weighty], 14)


def after_kill(f, thorough):
    """What must hold of a fleet whose controller was just killed."""
    state = f.copy_state("killed")
    f.old_or_new()
    f.only_intended(state)
    said = f.says_unfinished(state, "status")
    if thorough:
        f.says_unfinished(state, "plan")
    f.finish()
    return said


def one(kind, n, thorough):
    """A report: reached, and whether it said what was unfinished."""
    with lab.Lab() as f:
        status, out = f.faulty(*lab.APPLY, at=f"{kind}:{n}", do="kill")
        if status == 0:  # saves were grouped otherwise, so there were fewer calls
            f.done()
            return "ended before"
        lab.equal(status, -9, out)
        return "said" if after_kill(f, thorough) else "finished"


def twice(seed):
    """Killed, and the apply that would finish is killed, too."""
    draw = lab.draw("twice", seed)
    with lab.Lab(3, "--pools", "2") as f:
        for i in range(draw.randint(2, 4)):
            kind = draw.choice(("write", "sync", "send", "unlink"))
            status, out = f.faulty(*lab.APPLY, at=f"{kind}:{draw.randint(1, 60)}", do="kill")
            lab.check(status in (0, -9), out)
            f.only_intended(f.copy_state(f"killed-{i}"))
            f.old_or_new()
        f.finish()
        return "finished"


def as_strace_sees():
    """The calls that are counted here are all that there are: strace counts the same."""
    with lab.Lab() as f:
        trace = f.path("trace")
        environment = dict(os.environ, LD_PRELOAD=lab.DISK, FAULT_STATE=f.state, FAULT_LOG=f.path("log"))
        done = subprocess.run(["strace", "-f", "-y", "-qq", "-o", trace, "-E", "LD_PRELOAD=" + lab.DISK, *f.command(*lab.APPLY)],
                              env=dict(environment, LD_PRELOAD=""), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        lab.equal(done.returncode, 0, done.stdout + done.stderr)
        seen = {}
        with open(trace, encoding="utf-8", errors="replace") as file:
            for line in file:
                kind = kind_of(line.split(None, 1)[1], f.state)
                if kind:
                    seen[kind] = seen.get(kind, 0) + 1
        counted = {}
        for call in power.read_log(f.path("log")):
            counted[call.kind] = counted.get(call.kind, 0) + 1
        lab.equal(seen, counted, "calls that strace sees, and that are counted")
        return "the same"


NAMES = {"write": "write", "pwrite64": "write", "writev": "write", "pwritev": "write", "ftruncate": "truncate", "fsync": "sync", "fdatasync": "sync",
         "unlink": "unlink", "unlinkat": "unlink", "rename": "rename", "renameat": "rename", "renameat2": "rename", "openat": "create", "open": "create",
         "creat": "create", "connect": "connect", "sendto": "send", "sendmsg": "send"}


def kind_of(call, state):
    name, _, words = call.partition("(")
    kind = NAMES.get(name)
    first = words.split(",", 1)[0]
    if kind in ("write", "truncate", "sync"):
        place = first.partition("<")[2].partition(">")[0]
        return kind if place.startswith(state) or (kind == "sync" and place == os.path.dirname(state)) else None
    if kind in ("unlink", "rename"):
        return kind if state in words.split(")")[0] else None
    if kind == "create":
        return kind if '"' + state in words and "O_CREAT" in words else None
    if kind == "connect":
        return kind if "AF_INET" in words else None
    return kind


def tasks(long):
    found = [("one", (kind, n, long or i % 4 == 0)) for i, (kind, n) in enumerate(points(long))]
    return [("as_strace_sees", ())] + found + [("twice", (seed,)) for seed in range(100 if long else 2)]


def summary(results):
    ends = [result for name, result in results if name.startswith("one(")]
    struck = [result for result in ends if result != "ended before"]
    return (f"kill matrix: {len(struck)} points, {len([result for result in struck if result])} finished by one plain run"
            f" ({struck.count('said')} times plan and status said what was unfinished)")
