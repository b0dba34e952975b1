"""cases_fault.py - wrong passwords, crashes, servers that are not there."""
import signal
import sqlite3
import time

import farm
from farm import check, equal, on_farm


@on_farm
def case_wrong_password_touches_one_pool(f):
    pools = f.usual(password="not the password")
    result = f.run("apply", "--auto-approve").wants(3, "5021", "CORP\\svc-orders")
    check("next:" in result.err or "Next" in result.out, "says what to do")
    equal(f.commits(), 1, "commits in the whole farm")
    faults = [line for name in f.servers() for line in f.lines("events", name) if "\t5021\t" in "\t" + line]
    touched = [(s, n) for s, names in pools.items() for n in names if f.pools(s)[n][3] == "not the password"]
    equal(len(touched), 1, "pools that hold it")
    check(faults, "a 5021 event")
    f.run("status").wants(0, "failed")


def case_right_password_after_a_wrong_one(f):
    pools = f.usual(password="not the password")
    f.run("apply", "--auto-approve").wants(3)
    f.secret("svc-orders", farm.NEW)
    f.run("apply", "--auto-approve").wants(0)
    f.holds(pools, farm.NEW)
    f.run("plan", "--exit-code").wants(0)


def case_disabled_account(f):
    f.usual()
    f.account("svc-orders", farm.NEW, "disabled")
    f.run("apply", "--auto-approve").wants(3, "5021")
    equal(f.commits(), 1, "commits in the whole farm")


def kill_when(f, ready):
    """apply, killed -9 as soon as ready() holds."""
    process = f.start("apply", "--auto-approve")
    until = time.monotonic() + 30
    while not ready() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode


def finishes(f, pools):
    """The next plain apply finishes; each pool was written once."""
    time.sleep(1)  # a session that the dead controller left may still write
    f.run("apply").wants(0)
    f.holds(pools, farm.NEW)
    written = f.written()
    check(len(written) == len(set(written)), f"a pool was written twice: {written}")
    before = f.commits()
    f.run("apply", "--auto-approve").wants(0)
    equal(f.commits(), before, "commits of another apply")


@on_farm
def case_killed_after_the_first_commit(f):
    pools = f.usual()
    before = f.mark()
    status = kill_when(f, lambda: f.mark() != before)
    equal(status, -9, "the apply was killed in the middle")
    finishes(f, pools)


def intents(f):
    """How many intents are in the state file; 0 while it can't be read."""
    try:
        with sqlite3.connect("file:" + f.path("state.db") + "?mode=ro", uri=True, timeout=0) as state:
            return state.execute("SELECT count(*) FROM intent").fetchone()[0]
    except sqlite3.Error:
        return 0


def case_killed_after_the_intent(f):
    pools = f.usual()
    status = kill_when(f, lambda: intents(f) == 1)
    equal(status, -9, "the apply was killed in the middle")
    finishes(f, pools)


def case_stopped_by_a_person(f):
    pools = f.usual()
    process = f.start("apply", "--auto-approve")
    until = time.monotonic() + 30
    while not intents(f) and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    equal(process.returncode, 143, f"exit status {out} {err}")
    f.run("apply", "--auto-approve").wants(0)
    f.holds(pools, farm.NEW)


def case_a_server_that_is_not_there(f):
    f.usual()
    with open(f.path("manifests/servers.yaml")) as file:
        text = file.read()
    port = text.split("port: ")[1].split("}")[0]
    f.manifest("servers.yaml", text.replace("port: " + port, "port: 1", 1))
    result = f.run("plan", "--exit-code")
    check(result.exit == 4, f"exit {result.exit}, wanted 4: {result.out}{result.err}")
    check("could not be read" in result.out, "the plan says so")


@on_farm
def case_pool_stopped_for_the_old_password_is_started(f):
    f.usual()
    f.farm("request", "win1", "DefaultAppPool")
    equal(f.pools("win1")["DefaultAppPool"][4], "Stopped", "state after a request with the old password")
    f.run("apply", "--auto-approve").wants(0)
    equal(f.pools("win1")["DefaultAppPool"][4], "Started", "state after apply")


def case_killed_after_a_wrong_password(f):
    """The commit landed, Windows refused it, nobody was there to hear; then the directory is put right."""
    pools = f.usual(password="the next one")
    before = f.mark()
    status = kill_when(f, lambda: f.mark() != before)
    equal(status, -9, "the apply was killed in the middle")
    time.sleep(1)
    f.account("svc-orders", "the next one")
    f.run("apply").wants(0)
    f.holds(pools, "the next one")
    f.run("plan", "--exit-code").wants(0)


def case_a_resume_does_what_was_approved_and_no_more(f):
    """After a crash and a change in git, what is left must be confirmed anew."""
    f.usual()
    status = kill_when(f, lambda: intents(f) == 1)
    equal(status, -9, "the apply was killed in the middle")
    time.sleep(1)
    before = f.commits()
    with open(f.path("manifests/svc-orders.yaml"), "a") as file:
        file.write("# something else\n")
    f.run("apply").wants(64, "must be confirmed")
    equal(f.commits(), before, "commits that nobody confirmed")
    f.run("apply", "--auto-approve").wants(0)
