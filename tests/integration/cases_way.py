"""cases_way.py - the way through: plan, apply, nothing the second time, drift found, status."""
import base64
import os
import re
import subprocess

import farm
from farm import check, equal, on_farm


@on_farm
def case_way_through(f):
    pools = f.usual()
    f.run("validate").wants(0, "valid: 1 accounts, 3 servers")
    plan = f.run("plan", "--exit-code").wants(2, "5 changes on 3 of 3 servers", "Nothing has been changed")
    check("win1" in plan.out and "DefaultAppPool" in plan.out, "the plan names servers and pools")
    equal(f.commits(), 0, "commits after plan")
    f.holds(pools, farm.OLD)
    f.run("apply").wants(64, "nothing was changed")
    equal(f.commits(), 0, "commits after an apply that nobody confirmed")
    f.run("apply", "--auto-approve").wants(0, "5 changed")
    f.holds(pools, farm.NEW)
    commits = f.commits()
    check(commits >= 3, f"at least a commit a server, got {commits}")
    f.run("plan", "--exit-code").wants(0)
    f.run("apply", "--auto-approve").wants(0)
    equal(f.commits(), commits, "commits of a second apply")
    status = f.run("status").wants(0)
    equal(sum(" converged " in line for line in status.out.splitlines()), 5, "converged pools in status")


def case_first_commit_of_an_account_is_one_pool(f):
    f.usual()
    f.run("apply", "--auto-approve").wants(0)
    first = min((line.split("\t") for name in f.servers() for line in f.lines("commits", name)), key=lambda row: row[0])
    equal(first[1], "1", "pools of the farm's first commit")


def case_a_person_at_a_terminal(f):
    """Only yes is yes; a person may confirm the first pairing of an account with a server."""
    f.usual(servers={"sys1": farm.CONFIGS["sys"]})
    f.config("newPairs: allow", "newPairs: ask")
    status, shown = f.at_terminal("y", "apply")
    equal(status, 64, f"exit status after y: {shown}")
    equal(f.commits(), 0, "commits after y")
    status, shown = f.at_terminal("yes", "apply")
    equal(status, 0, f"exit status after yes: {shown}")
    check("1 changed" in shown, f"what is shown: {shown}")
    equal(f.commits(), 1, "commits after yes")


def case_drift_by_hand_is_found_again(f):
    pools = f.usual()
    f.run("apply", "--auto-approve").wants(0)
    f.set("win2", "DefaultAppPool", "svc-orders", "somebody else's idea")
    before = f.commits()
    plan = f.run("plan", "--exit-code").wants(2, "1 change on 1 of 3 servers", "!  DefaultAppPool")
    check("corrective" in plan.out, "the plan says that somebody changed the server")
    f.run("status").wants(0, "drifted")
    f.run("apply", "--auto-approve").wants(0, "1 changed")
    equal(f.commits() - before, 1, "commits for one pool")
    f.holds(pools, farm.NEW)


@on_farm
def case_case_only_change_of_a_password_is_found(f):
    pools = f.usual()
    for server, names in pools.items():
        for name in names:
            f.set(server, name, "svc-orders", farm.NEW.swapcase())
    f.run("plan", "--exit-code").wants(2, "5 changes on 3 of 3 servers")


@on_farm
def case_worker_runs_as_the_account_after_apply(f):
    f.usual()
    equal(f.farm("request", "win1", "DefaultAppPool").strip(), "503", "answer with the old password")
    f.run("apply", "--auto-approve").wants(0)
    equal(f.farm("request", "win1", "DefaultAppPool").strip(), "200", "answer with the new password")


def case_only_the_selected_server(f):
    f.usual()
    f.run("apply", "--auto-approve", "--server", "win2").wants(0, "2 changed")
    equal(f.commits(), len(f.lines("commits", "win2")), "commits elsewhere")
    f.run("plan", "--server", "win3").wants(64, "--server win3")


@on_farm
def case_two_accounts_on_one_server(f):
    f.usual(servers={"win1": farm.CONFIGS["win"]})
    f.account("svc-pay", "pay me")
    f.secret("svc-pay", "pay me")
    f.set("win1", ".NET v2.0", "svc-pay", "pay me not")
    f.bind("svc-pay", {"win1": [".NET v2.0"]})
    f.run("plan", "--exit-code").wants(2, "3 changes on 1 of 1 server")
    f.run("apply", "--auto-approve").wants(0, "3 changed")
    f.holds({"win1": [".NET v2.0"]}, "pay me", user="svc-pay")
    f.run("plan", "--exit-code").wants(0)


def case_machine_readable_plan(f):
    f.usual()
    plan = f.run("plan", "-o", "json").wants(0).json()
    equal(plan["schema"], "lockstep.plan/1.0", "schema")
    check(plan["verdict"]["has_changes"] and plan["verdict"]["complete"], "verdict")
    equal(len(plan["changes"]), 5, "changes")


@on_farm
def case_the_embedded_script_is_the_tested_one(f):
    """tests/integration/script runs this file; every session runs what is inside the program."""
    with open(farm.SCRIPT, "rb") as file:
        script = file.read()
    with open(farm.PROGRAM, "rb") as file:
        program = file.read()
    check(script in program, "the program holds build/gen/script.ps1 to the byte")
    check(script.replace(b"lockstep/1 tag", b"lockstep/1 gat") not in program, "a changed script is told apart")
    done = subprocess.run(["sha256sum", farm.SCRIPT], capture_output=True, text=True, check=True)
    check(done.stdout[:64] in stub_of(program).lower(), "the stub holds the script's digest")
    check(os.path.getsize(farm.SCRIPT) < 1 << 20, "the script fits the stub's limit")
    f.usual(servers={"sys1": farm.CONFIGS["sys"]})
    f.run("plan").wants(0)


def stub_of(program):
    """What the one command line in the program runs."""
    found = re.findall(rb"-EncodedCommand ([A-Za-z0-9+/=]+)", program)
    equal(len(found), 1, "command lines in the program")
    return base64.b64decode(found[0]).decode("utf-16-le")
