"""cases_state.py - what is remembered: suspended pools, drift, history, and a state that was lost."""
import os

import farm
from farm import check, equal, on_farm


def rows_of(report):
    return {(row["server"], row["pool"]): row for row in report["rows"]}


def case_suspended_pools_are_left_alone(f):
    pools = f.usual()
    f.run("suspend", "--server", "win1", "--pool", "DefaultAppPool", "--reason", "CHG1", "--until", "36h").wants(0, "win1/DefaultAppPool")
    f.run("suspend", "--group", "svc-orders-group-1", "--reason", "moved", "--until", "2d", "--ticket", "T7").wants(0, "sys1/*")
    plan = f.run("plan").wants(0, "3 changes on 2 of 3 servers", "suspended until", "CHG1", "moved")
    f.run("apply", "--auto-approve").wants(0, "3 changed")
    check("win1/DefaultAppPool" not in f.written() and "sys1/MyPool" not in f.written(), f"written: {f.written()}")
    f.holds({"win1": [".NET v4.5"], "win2": pools["win2"]}, farm.NEW)
    f.holds({"win1": ["DefaultAppPool"], "sys1": ["MyPool"]}, farm.OLD)
    f.run("status").wants(0, "2 suspended", "CHG1", "moved (ticket T7)")
    f.run("drift", "--exit-code").wants(0, "No drift", "2 suspended", "CHG1")
    f.run("resume", "--server", "win1").wants(0, "win1/DefaultAppPool")
    f.run("resume", "--server", "win1").wants(64, "nothing")
    f.run("drift", "--exit-code").wants(2, "1 stale", "1 suspended")
    f.run("resume", "--server", "*").wants(0, "sys1/*")
    f.run("apply", "--auto-approve").wants(0, "2 changed")
    f.holds(pools, farm.NEW)
    equal(plan.err, "", "standard error of plan")


def case_suspend_needs_the_lock(f):
    import fcntl
    f.usual(servers={"sys1": farm.CONFIGS["sys"]})
    with open(f.path("state.db.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.chmod(f.path("state.db.lock"), 0o600)
        f.run("suspend", "--server", "sys1", "--reason", "x", "--until", "1h").wants(6, "held")
        f.run("drift").wants(0, "1 stale", "not recorded")


def case_drift_tells_what_why_and_since(f):
    f.usual()
    first = f.run("drift", "-o", "json").wants(0).json()
    equal(first["verdict"]["stale"], 5, "stale pools")
    row = rows_of(first)["win1", "DefaultAppPool"]
    equal((row["status"], row["field"], row["on_server"], row["do"]), ("stale", "password", "another", "apply"), "row")
    since = row["since"]
    row = rows_of(f.run("drift", "-o", "json").wants(0).json())["win1", "DefaultAppPool"]
    equal(row["since"][:16], since[:16], "since when, told again")
    f.run("apply", "--auto-approve").wants(0, "5 changed")
    fine = f.run("drift", "--exit-code").wants(0)
    equal(fine.out.splitlines(), ["No drift: 5 pools on 3 servers are as declared."], "a farm that is fine")
    f.secret("svc-orders", "a third one")
    report = f.run("drift", "-o", "json", "--exit-code").wants(2).json()
    causes = {place: row["cause"] for place, row in rows_of(report).items()}
    equal(causes["win1", "DefaultAppPool"], "secret", "cause of a new version")


def case_drift_by_hand_is_corrective(f):
    f.usual()
    f.run("apply", "--auto-approve").wants(0, "5 changed")
    f.set("win2", "DefaultAppPool", "svc-orders", "somebody else's idea")
    report = f.run("drift", "-o", "json", "--exit-code").wants(2).json()
    equal(len(report["rows"]), 1, "rows")
    row = rows_of(report)["win2", "DefaultAppPool"]
    equal((row["status"], row["cause"], row["do"]), ("drifted", "corrective", "apply"), "row")
    f.run("drift").wants(0, "Drift: 1 drifted, 4 in sync.", "corrective", "coverage: 5 of 5 declared pools read (100%)")
    f.run("status").wants(0, "1 drifted")


def case_a_server_that_is_not_read_is_never_no_drift(f):
    f.usual()
    f.run("apply", "--auto-approve").wants(0)
    with open(f.path("known_hosts")) as file:
        lines = file.readlines()
    with open(f.path("known_hosts"), "w") as file:
        file.writelines(line for line in lines if not line.startswith(host_of(f, "win2")))
    for flags in ([], ["--exit-code"]):
        report = f.run("drift", *flags).wants(4, "1 server could not be read", "coverage: 3 of 5 declared pools read (60%); incomplete", "doctor win2")
        check("No drift" not in report.out, "no drift is told")
    equal(f.run("drift", "-o", "json").wants(4).json()["verdict"]["complete"], False, "complete")
    f.run("drift", "--exclude-server", "win2").wants(0, "No drift: 3 pools on 2 servers")


def host_of(f, server):
    """What a line of known_hosts begins with."""
    with open(f.path("manifests/servers.yaml")) as file:
        for doc in file.read().split("---\n"):
            if f"name: {server}" in doc:
                host = doc.split("host:")[1].split(",")[0].strip(" }\n")
                port = doc.split("port:")[1].split("}")[0].split(",")[0].strip()
                return f"[{host}]:{port} "
    raise farm.Wrong(f"no server {server}")


def case_selected_pools_and_accounts(f):
    f.usual()
    f.run("plan", "--pool", "Default*").wants(0, "2 changes on 2 of 2 servers", "selected: 2 of 3 servers; pools Default*")
    f.run("plan", "--exclude-pool", "Default*").wants(0, "3 changes on 3 of 3 servers", "selected: 3 of 3 servers; not pools Default*")
    f.run("plan", "--account", "svc-order").wants(64, "did you mean svc-orders?")
    f.run("apply", "--auto-approve", "--pool", "MyPool").wants(0, "1 changed")
    equal(f.written(), ["sys1/MyPool"], "what was written")
    f.run("status", "--pool", "MyPool").wants(0, "1 pool: 1 converged")
    f.run("plan", "--group", "svc-orders-group-1").wants(0, "No changes")


def rotated(f, password):
    """The directory and the secret hold another password."""
    f.account("svc-orders", password)
    f.secret("svc-orders", password)


def case_a_lost_state_is_rebuilt(f):
    pools = f.usual()
    f.run("apply", "--auto-approve").wants(0, "5 changed")
    commits = f.commits()
    f.run("state", "repair").wants(0, "There is nothing to repair")
    os.unlink(f.path("state.db"))
    f.run("state", "check").wants(1, "it is missing", "state repair")
    f.run("apply", "--auto-approve").wants(1, "it is missing", "state repair")
    f.run("state", "repair").wants(64, "5 pools on 3 servers were written by runs that the state does not know", "nothing was changed")
    check(not os.path.exists(f.path("state.db")), "a state was made without a yes")
    f.run("state", "repair", "--auto-approve").wants(0, "5 generations taken over")
    f.run("state", "check").wants(0, "sound", "1 runs, 5 pools (0 with an open intent)")
    f.run("status").wants(0, "5 unknown", "taken over by state repair")
    f.run("plan", "--exit-code").wants(0, "No changes: 5 pools on 3 servers are as declared.")
    f.run("apply", "--auto-approve").wants(0)
    equal(f.commits(), commits, "commits")
    rotated(f, "a third one")
    f.config("newPairs: allow", "newPairs: ask")
    f.run("apply", "--auto-approve").wants(0, "5 changed")
    f.holds(pools, "a third one")


@on_farm
def case_a_damaged_state_is_kept_beside_the_new_one(f):
    f.usual(servers={"sys1": farm.CONFIGS["sys"]})
    f.run("apply", "--auto-approve").wants(0)
    with open(f.path("state.db"), "r+b") as file:
        file.seek(4096)
        file.write(b"\0" * 4096)
        file.seek(0)
        damaged = file.read()
    f.run("apply", "--auto-approve").wants(1, "state repair")
    f.run("state", "repair", "--auto-approve").wants(0, "1 generation taken over", "The old file is")
    kept = [name for name in os.listdir(f.dir) if name.startswith("state.db.2")]
    equal(len(kept), 1, f"files that were kept: {kept}")
    with open(f.path(kept[0]), "rb") as file:
        check(file.read() == damaged, "the damaged file is kept to the byte")
    f.run("plan", "--exit-code").wants(0, "No changes")


def case_an_older_backup_is_mended(f):
    pools = f.usual(servers={"win1": farm.CONFIGS["win"], "sys1": farm.CONFIGS["sys"]})
    f.run("apply", "--auto-approve").wants(0, "3 changed")
    f.run("suspend", "--server", "sys1", "--pool", "MyPool", "--reason", "CHG1", "--until", "2h").wants(0)
    f.run("state", "backup", f.path("copy.db")).wants(0, "Copied and checked")
    equal(os.stat(f.path("copy.db")).st_mode & 0o777, 0o600, "mode of the copy")
    f.run("state", "backup", f.path("copy.db")).wants(1, "there already")
    f.run("resume", "--server", "sys1").wants(0)
    rotated(f, "a third one")
    f.run("apply", "--auto-approve").wants(0, "3 changed")
    put_back(f)
    f.run("apply", "--auto-approve").wants(1, "it is an older copy", "state repair")
    f.run("state", "repair", "--auto-approve").wants(0, "3 generations taken over", "suspensions since then are not known")
    f.run("status").wants(0, "CHG1")  # what the copy knew is kept
    f.run("resume", "--server", "sys1").wants(0)
    f.run("plan", "--exit-code").wants(0, "No changes: 3 pools")
    rotated(f, "a fourth one")
    f.run("apply", "--auto-approve").wants(0, "3 changed")
    f.holds(pools, "a fourth one")


def put_back(f):
    os.unlink(f.path("state.db"))
    os.link(f.path("copy.db"), f.path("state.db"))
    os.unlink(f.path("copy.db"))


def case_a_fence_ahead_is_mended(f):
    """The whole folder was put back from a copy of the day before: nothing but the servers know better."""
    pools = f.usual(servers={"win1": farm.CONFIGS["win"], "sys1": farm.CONFIGS["sys"]})
    f.run("apply", "--auto-approve").wants(0, "3 changed")
    f.run("state", "backup", f.path("copy.db")).wants(0)
    rotated(f, "a third one")
    f.run("apply", "--auto-approve", "--server", "win1").wants(0, "2 changed")
    put_back(f)
    os.unlink(f.path("state.db.born"))
    before = f.commits()
    f.run("plan").wants(8, "ahead of the state", "state repair")
    f.run("apply", "--auto-approve").wants(8, "ahead of the state")
    rotated(f, "a fourth one")
    f.run("state", "repair", "--auto-approve").wants(0, "2 generations taken over")
    f.run("state", "repair").wants(0, "There is nothing to repair")
    f.run("plan").wants(0, "changes on 2 of 2 servers")
    f.run("apply", "--auto-approve").wants(0, "changed")
    f.holds(pools, "a fourth one")
    check(f.commits() > before, "commits")


def case_repair_waits_for_no_run(f):
    import fcntl
    f.usual(servers={"sys1": farm.CONFIGS["sys"]})
    f.run("apply", "--auto-approve").wants(0)
    with open(f.path("state.db.lock"), "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        f.run("state", "repair", "--auto-approve").wants(6, "held")
        f.run("state", "check").wants(0, "held by")
    f.run("state", "check").wants(0, "lock        free")


def case_history_tells_what_runs_did(f):
    f.usual(servers={"win1": farm.CONFIGS["win"], "sys1": farm.CONFIGS["sys"]})
    f.run("history").wants(0, "No run is remembered")
    os.environ["GITLAB_USER_LOGIN"] = "jdoe"
    try:
        f.run("apply", "--auto-approve", "--server", "win1").wants(0, "2 changed")
    finally:
        del os.environ["GITLAB_USER_LOGIN"]
    f.run("plan").wants(0)
    f.account("svc-orders", "not the secret")
    f.run("apply", "--auto-approve").wants(3, "failed")
    runs = f.run("history", "-o", "json").wants(0).json()["runs"]
    equal([(run["kind"], run["outcome"], run["approved"], run["changed"], run["failed"]) for run in runs],
          [("change", "failed", 1, 0, 1), ("change", "changed", 2, 2, 0)], "runs, the newest first")
    check(runs[1]["actor"].endswith(" for jdoe (GitLab)"), f"who: {runs[1]['actor']}")
    table = f.run("history").wants(0, runs[0]["run"], "jdoe (GitLab)")
    equal(len(table.out.splitlines()), 3, "lines")
    one = f.run("history", runs[0]["run"], "-o", "json").wants(0).json()
    equal([(row["server"], row["pool"], row["change"], row["outcome"]) for row in one["rows"]], [("sys1", "MyPool", "password", "failed")], "rows")
    check("5021" in one["rows"][0]["reason"], f"reason: {one['rows'][0]['reason']}")
    f.run("history", runs[0]["run"][-8:]).wants(0, "1 approved, 0 changed, 1 failed", "MyPool")
    equal(len(f.run("history", "--pool", "MyPool", "-o", "json").wants(0).json()["runs"]), 1, "runs of a pool")
    equal(len(f.run("history", "--account", "svc-*", "--server", "win1", "-o", "json").wants(0).json()["runs"]), 1, "runs of a server")
    equal(len(f.run("history", "--since", "1h", "-o", "json").wants(0).json()["runs"]), 2, "runs of the last hour")
    f.run("history", "--server", "win2").wants(64, "did you mean win1?")
    f.run("history", "20200101-000000-00000000").wants(64, "no run")
    f.manifest("orders.yaml", "broken: [")
    f.run("history").wants(0, "failed")
