"""stand_in.py - some of the kills with the PowerShell script on emulated IIS, instead of the fleet."""
import glob
import os
import re
import shutil
import subprocess
import sys

import lab
import power

sys.path.insert(0, os.path.join(lab.HERE, "..", "integration"))

import farm  # noqa: E402

FEW = (("sync", 26), ("send", 70))


def missing():
    return farm.missing({farm.Farm})


def apply_under(f, **settings):
    """(status, output); settings: FAULT_*."""
    environment = dict(os.environ, LD_PRELOAD=lab.DISK, FAULT_STATE=f.path("state.db"), FAULT_LOG=f.path("calls"),
                       **{"FAULT_" + key.upper(): str(value) for key, value in settings.items()})
    done = subprocess.run(f.command(*lab.APPLY), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stdout + done.stderr


def fences(f, pools):
    """(pool, generation, candidate) of all lines of the servers' fence files."""
    found = set()
    for server in pools:
        path = f.path(server, "lockstep.fence")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    fields = dict(word.split("=", 1) for word in line.rstrip("\n").split("\t")[1:])
                    found.add((fields["pool"].lower(), int(fields["generation"]), fields["candidate"]))
    return found


def one(kind, n):
    try:
        with farm.Farm() as f:
            return killed(f, kind, n)
    except farm.Wrong as wrong:
        raise lab.Wrong(str(wrong)) from wrong


def killed(f, kind, n):
    pools = f.usual()
    status, out = apply_under(f, at=f"{kind}:{n}", do="kill")
    if status == 0:
        return "ended before"
    lab.equal(status, -9, out)
    os.mkdir(f.path("killed"))
    for path in glob.glob(f.path("state.db*")):
        shutil.copy(path, f.path("killed"))
    known = {row[1:] for row in lab.ask_state(f.path("killed", "state.db"), lab.INTENTS)}
    run = lab.ask_state(f.path("killed", "state.db"), lab.UNFINISHED)
    for server, names in pools.items():
        rows = f.pools(server)
        for name in names:
            lab.check(rows[name][3] in (farm.OLD, farm.NEW), f"{server}/{name} holds {rows[name][3]!r}")
    extra = fences(f, pools) - known
    lab.check(not extra, f"on servers without a durable intent: {sorted(extra)}")
    said = re.findall(r"^Run (\S+) did not end: ", f.run("status").out, re.M)
    lab.equal(said, [row[0] for row in run], "runs that status says did not end")
    f.run(*lab.APPLY).wants(0)
    f.holds(pools, farm.NEW)
    written = f.written()
    lab.equal(len(written), len(set(written)), f"pools written once: {written}")
    return "said" if said else "finished"


def tasks(long):
    if not long:
        return [("one", point) for point in FEW]
    with farm.Farm() as f:
        f.usual()
        status, out = apply_under(f)
        lab.equal(status, 0, out)
        counts, found = {}, []
        for call in power.read_log(f.path("calls")):
            counts[call.kind] = counts.get(call.kind, 0) + 1
            found.append((call.kind, counts[call.kind]))
    return [("one", point) for point in lab.spread(found, 10)]


def summary(results):
    ends = [result for _, result in results if result != "ended before"]
    return f"stand-in: {len(ends)} points with the PowerShell script, {len([end for end in ends if end])} finished by one plain run"
