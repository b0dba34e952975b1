"""disk.py - the disk under the state fails: nothing reaches a server that is not durable, and the error is told."""
import errno
import os

import lab
import power

ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES")
KINDS = ("write", "truncate", "sync", "unlink", "rename", "create")
FOR_EVER = 1000000


def one(kind, n, name, last):
    """"failed", "harmless" (the apply did all the same), "not reached"."""
    number = getattr(errno, name)
    with lab.Lab() as f:
        status, out = f.faulty(*lab.APPLY, log=f.path("log"), at=f"{kind}:{n}", do=number, last=last)
        calls = power.read_log(f.path("log"))
        struck = [call for call in calls if call.result == "fail"]
        f.old_or_new()
        lab.check(status in (0, 1), f"exit status {status}:\n{out}")
        durable = power.Disk()
        for call in calls:
            durable.play(call)
        image = power.put_back(durable.least(), f.path("durable"))
        extra = f.fences() - f.intents(image)
        lab.check(not extra, f"on servers without a durable intent: {sorted(extra)}\n{out}")
        if not struck:
            lab.equal(status, 0, out)
            f.done()
            return "not reached"
        if status == 1:
            words = (os.strerror(number), "disk is full", "readonly database", "-journal can't be made")
            lab.check(any(word in out for word in words), f"no word of {os.strerror(number)}:\n{out}")
            lab.check(f.state in out, f"no word of the state file:\n{out}")
            lab.check("\n  next: " in out or "\nNext: " in out, f"no next step:\n{out}")
            same_state(calls, out)
            f.finish()
            return "failed"
        f.done()
        return "harmless"


def same_state(calls, out):
    """A file whose sync failed is never synced again as if nothing had been, and then used for what is sent."""
    for i, call in enumerate(calls):
        if call.kind == "sync" and call.result == "fail":
            later = [other for other in calls[i + 1:] if other.kind == "create" and other.path.endswith("-journal")]
            lab.check(not later, f"a commit after a sync that failed:\n{out}")


def tasks(long):
    found, chosen = power.undisturbed(), []
    for kind in KINDS:
        of_kind = [point for point in found if point[0] == kind]
        chosen += of_kind if long else lab.spread(of_kind, 4 if kind != "sync" else 8)
    result = []
    for i, (kind, n) in enumerate(chosen):
        names = ERRORS if long and i % 8 == 0 else [ERRORS[i % len(ERRORS)]]
        result += [("one", (kind, n, name, FOR_EVER if (i + k) % 3 == 0 else 1)) for k, name in enumerate(names)]
    return result


def summary(results):
    ends = [result for _, result in results]
    return (f"failing disk: {len(ends) - ends.count('not reached')} faults, {ends.count('failed')} ended the apply with exit 1 and a healthy disk"
            f" finished, {ends.count('harmless')} did no harm")


if __name__ == "__main__":
    import sys
    print(one(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
