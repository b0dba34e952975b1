"""heap.py - the program's own allocations fail, one by one, once or from then on."""
import re

import lab

READING = (("validate",), ("plan", "--offline"), ("status",), ("state", "check"), ("drift",), ("plan",))
FOR_EVER = 1000000
GROUP = 24  # allocations that one fleet is used for


def run(f, words, at, last):
    """(status, output, {count, failed, live})"""
    status, out = f.faulty(*words, log=f.path("heap"), preload=lab.HEAP, timeout=20, at=at, last=last)
    with open(f.path("heap"), encoding="utf-8") as file:
        told = [line.split() for line in file]
    lab.check(status >= 0, f"killed by signal {-status}\n{out}")
    numbers = {name: int(value) for name, value in told if name != "at"}
    sites = [value for name, value in told if name == "at"]
    lab.check(not sites, f"never freed: {len(sites)}, allocated at {sites[:5]}\n{out}")
    return status, out, numbers


def plain(text):
    """Without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?Z?", "TIME", text)
    text = re.sub(r"\b\d+ (s|min)\b|epoch \d+|remembers .*|reading .*", "", text)
    text = re.sub(r" +", " ", text)  # columns are as wide as what stands in them
    return text


def says_memory(status, out):
    return status == 1 and "out of memory" in out


def prepared(f):
    """There is a past, and something to plan."""
    lab.equal(f.run(*lab.APPLY)[0], 0, "exit status of the first apply")
    f.ctl("set", f.servers[1], "Pool02", "CORP\\svc-fleet", stdin="by hand")


def counts():
    """{command: allocations}"""
    with lab.Lab() as f:
        result = {lab.APPLY: run(f, lab.APPLY, 0, 1)[2]["count"]}
        f.ctl("set", f.servers[1], "Pool02", "CORP\\svc-fleet", stdin="by hand")
        result.update({words: run(f, words, 0, 1)[2]["count"] for words in READING})
        return result


def reading(words, first, n, last):
    """(failed with "out of memory", did it all the same)"""
    failed = right = 0
    with lab.Lab() as f:
        prepared(f)
        before = f.commits()
        status, good, _ = run(f, words, 0, 1)
        for at in range(first, first + n):
            got, out, numbers = run(f, words, at, last)
            if numbers["failed"] and says_memory(got, out):
                failed += 1
                continue
            lab.equal(got, status, f"exit status of {words} without allocation {at} (last {last}):\n{out}")
            lab.equal(plain(out), plain(good), f"output of {words} without allocation {at} (last {last})")
            right += 1
        lab.equal(f.commits(), before, "commits of commands that only read")
    return failed, right


def applying(at, last):
    with lab.Lab() as f:
        status, out, numbers = run(f, lab.APPLY, at, last)
        f.old_or_new()
        f.only_intended(f.copy_state("after"))
        if numbers["failed"] and status != 0:
            lab.check(says_memory(status, out), f"exit status {status} without allocation {at} (last {last}):\n{out}")
            f.finish()
            return 1, 0
        lab.equal(status, 0, out)
        f.done()
        return 0, 1


def tasks(long):
    result, totals = [], counts()
    for words in READING:
        total = totals[words]
        for last in (1, FOR_EVER):
            firsts = list(range(1, total + 1, GROUP))
            if long:
                result += [("reading", (words, first, GROUP, last)) for first in firsts]
            else:
                first = firsts[-1] if last == 1 else firsts[0]
                result.append(("reading", (words, first, GROUP // 2, last)))
    total = totals[lab.APPLY]
    for last in (1, FOR_EVER):
        points = range(1, total + 1)
        result += [("applying", (at, last)) for at in (points if long else lab.spread(points, 10))]
    return result


def summary(results):
    ends = [result for _, result in results if result]
    return (f"allocations: {sum(end[0] + end[1] for end in ends)} failed in 7 commands, {sum(end[0] for end in ends)} ended with exit 1 and"
            f" \"out of memory\", {sum(end[1] for end in ends)} were done without")


if __name__ == "__main__":
    import sys
    print(applying(int(sys.argv[1]), int(sys.argv[2])))
