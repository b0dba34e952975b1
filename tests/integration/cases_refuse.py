"""cases_refuse.py - what is refused before anything is sent."""
import fcntl
import os
import subprocess

import farm
from farm import check, equal, on_farm


def one(f):
    return f.usual(servers={"sys1": farm.CONFIGS["sys"]})


def untouched(f):
    equal(f.commits(), 0, "commits")
    equal(f.logins(), 0, "logins")


def case_unknown_host_key(f):
    one(f)
    with open(f.path("known_hosts"), "w"):
        pass
    f.run("plan").wants(4, "sys1")
    f.run("apply", "--auto-approve").wants(4)
    untouched(f)


def case_changed_host_key(f):
    one(f)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f.path("other")], check=True)
    with open(f.path("other.pub")) as file:
        key = file.read().split()[1]
    with open(f.path("known_hosts")) as file:
        name, kind, _ = file.read().split()[:3]
    with open(f.path("known_hosts"), "w") as file:
        file.write(f"{name} {kind} {key}\n")
    f.run("plan").wants(4, "host key")
    f.run("apply", "--auto-approve").wants(4, "host key")
    untouched(f)


def case_server_outside_every_grant(f):
    one(f)
    f.config("servers: ['*']", "servers: ['web*']")
    before = f.connections()
    f.run("plan").wants(8, "sys1", "MyPool", "grants")
    f.run("apply", "--auto-approve").wants(8, "grants")
    equal(f.connections(), before, "lines in the logs of sshd")
    untouched(f)


def case_secret_readable_by_others(f):
    one(f)
    os.chmod(f.path("secrets/svc-orders"), 0o644)
    before = f.connections()
    f.run("apply", "--auto-approve").wants(1, "secrets/svc-orders", "chmod")
    equal(f.connections(), before, "lines in the logs of sshd")
    untouched(f)


def case_configuration_writable_by_others(f):
    one(f)
    os.chmod(f.path("config.yaml"), 0o666)
    f.run("plan").wants(1, "config.yaml")
    untouched(f)


def case_unproved_accounts_need_permission(f):
    one(f)
    f.config("unproved: true", "unproved: false")
    f.run("apply", "--auto-approve").wants(8, "unproved")
    equal(f.commits(), 0, "commits")


def case_first_pairing_needs_a_person(f):
    one(f)
    f.config("newPairs: allow", "newPairs: ask")
    f.run("plan").wants(0, "first time")
    f.run("apply", "--auto-approve").wants(8, "CORP\\svc-orders", "sys1")
    equal(f.commits(), 0, "commits")


def case_a_name_that_moves_to_another_machine_is_a_new_pairing(f):
    """The name of a Server is a label: it does not carry the trust of the machine that had it before."""
    f.usual(servers={"sys1": farm.CONFIGS["sys"], "sys2": farm.CONFIGS["sys"]})
    f.run("apply", "--auto-approve", "--server", "sys1").wants(0)
    with open(f.path("manifests/servers.yaml")) as file:
        _, second = [doc for doc in file.read().split("---\n") if doc.strip()]
    f.manifest("servers.yaml", second.replace("name: sys2", "name: sys1"))
    f.bind("svc-orders", {"sys1": ["MyPool"]})
    f.config("newPairs: allow", "newPairs: ask")
    f.run("plan").wants(0, "first time on this server")
    f.run("apply", "--auto-approve").wants(8, "CORP\\svc-orders")
    equal(len(f.lines("commits", "sys2")), 0, "commits on the other machine")


def case_known_hosts_among_the_manifests(f):
    one(f)
    os.rename(f.path("known_hosts"), f.path("manifests/known_hosts"))
    f.config("knownHosts: " + f.path("known_hosts"), "knownHosts: " + f.path("manifests/known_hosts"))
    f.run("plan").wants(1, "known_hosts", "folder of manifests")
    untouched(f)


def case_more_changes_than_a_run_may_make(f):
    f.usual()
    f.config("changesPerRun: 500", "changesPerRun: 4")
    f.run("apply", "--auto-approve").wants(8, "changesPerRun")
    equal(f.commits(), 0, "commits")


def case_change_of_identity_without_the_right(f):
    f.up({"sys1": farm.CONFIGS["sys"]})
    f.account("svc-orders", farm.NEW)
    f.secret("svc-orders", farm.NEW)
    f.bind("svc-orders", {"sys1": ["MyPool"]})
    f.config("allow: [password, identity]", "allow: [password]")
    f.run("apply", "--auto-approve").wants(8, "identity")
    equal(f.commits(), 0, "commits")


def case_mistakes_in_manifests_are_all_told(f):
    one(f)
    f.manifest("wrong.yaml", """apiVersion: lockstep/v1
kind: AppPoolBinding
metadata: {name: wrong}
spec:
  identity: {acount: svc-orders}
  groups: [nowhere]
  pools: [A]
  windows: {password: allways}
""")
    result = f.run("validate").wants(1, "wrong.yaml:5:14", 'did you mean "account"', "wrong.yaml:6:12", "nowhere", "wrong.yaml:8:23", "windows")
    check(result.err.count("wrong.yaml:") >= 3, "all mistakes are listed")
    f.run("apply", "--auto-approve").wants(1)
    untouched(f)


def case_wrong_words_are_usage(f):
    one(f)
    f.run("plan", "--exitcode").wants(64, "did you mean --exit-code?")
    farm.Result(subprocess.run([farm.PROGRAM, "aply"], capture_output=True)).wants(64)


def case_state_that_was_lost_is_not_a_fresh_start(f):
    one(f)
    f.run("apply", "--auto-approve").wants(0)
    os.unlink(f.path("state.db"))
    before = f.commits()
    f.run("apply", "--auto-approve").wants(1, "state")
    equal(f.commits(), before, "commits")


@on_farm
def case_two_at_once(f):
    """Whoever holds the state works, the other one ends with 6 and says why; nothing is done twice."""
    one(f)
    both = [f.start("apply", "--auto-approve") for _ in range(2)]
    results = []
    for process in both:
        out, err = process.communicate()
        results.append((process.returncode, (out + err).decode()))
    check({status for status, _ in results} <= {0, 6}, f"exit statuses: {results}")
    check(any(status == 0 for status, _ in results), f"one of them works: {results}")
    for status, text in results:
        check(status == 0 or "is held by" in text, f"who holds the state: {text}")
    equal(f.commits(), 1, "commits of both")


def case_the_state_is_held(f):
    """While a run that can't be over yet holds the state, another apply ends with 6, and plan and status still answer."""
    one(f)
    with open(f.path("state.db.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.chmod(f.path("state.db.lock"), 0o600)
        f.run("apply", "--auto-approve").wants(6, "held")
        f.run("plan").wants(0, "1 change")
        f.run("status").wants(0)
    equal(f.commits(), 0, "commits")
    f.run("apply", "--auto-approve").wants(0)
