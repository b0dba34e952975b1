"""cases_state.py - what is remembered: suspended pools, drift, history, and a state that was lost."""
import os

import farm
from farm import check, equal


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
