"""cases_plans - saved plans: shown, approved, applied once, and refused when anything is not as it was."""
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import time

from harness import PROGRAM, NEW, OLD, Fleet, check, equal


def approve(f, plan, reason="two have read it", sudo=None, state=None):
    environment = dict(os.environ)
    environment.pop("SUDO_USER", None)
    if sudo:
        environment["SUDO_USER"] = sudo
    done = subprocess.run([PROGRAM, "approve", "-c", f.path("config.yaml"), plan, "--reason", reason, "--ticket", "CHG123",
                           *(["--state", state] if state else [])], capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stdout + done.stderr


def reseal(f, plan, old, new):
    """Edits a plan as somebody could who holds the controller's key."""
    with open(plan, encoding="utf-8") as file:
        text = file.read()
    body = text[:text.rindex("end\t")]
    check(old in body, f"the plan holds no {old!r}")
    body = body.replace(old, new, 1)
    with open(f.path("state.db.key"), "rb") as file:
        seal = hmac.new(file.read(), body.encode(), "sha256").hexdigest()
    with open(plan, "w", encoding="utf-8") as file:
        file.write(f"{body}end\tseal={seal}\n")


def case_plan_is_saved_and_used_once():
    with Fleet(3, "--pools", "2") as f:
        plan = f.path("plan")
        f.wants(0, "Saved as plan ", "plan", "--out", plan)
        equal(os.stat(plan).st_mode & 0o7777, 0o600, "mode of the plan")
        equal(os.stat(f.path("state.db.key")).st_mode & 0o7777, 0o600, "mode of the key")
        with open(plan, encoding="utf-8") as file:
            text = file.read()
        check(NEW not in text and OLD not in text and f.path("secrets") not in text, "no secret, and no place of one")
        f.wants(1, "nothing is overwritten", "plan", "--out", plan)
        f.wants(64, "--out does not go with --offline", "plan", "--offline", "--out", f.path("other"))
        f.wants(64, "--server: a saved plan is carried out as it is", "apply", plan, "--server", "s00001")
        f.wants(64, "nobody can confirm the plan", "apply", plan)
        equal(f.commits(), 0, "commits before it is confirmed")
        before = f.counts()
        f.wants(0, "not applied yet", "show", plan)
        equal(f.counts(), before, "nobody is asked to show it")
        f.wants(0, "6 changed", "apply", plan, "--auto-approve")
        before = f.commits()
        f.wants(7, "a plan is used once", "apply", plan, "--auto-approve")
        out = f.wants(0, "a plan is used once", "show", plan)
        check("6 changes on 3 of 3 servers" in out, "it still shows the plan:\n" + out)
        saved = json.loads(f.run("show", plan, "-o", "json")[1])["saved"]
        equal((saved["usable"], [c["what"] for c in saved["checks"] if not c["ok"]]), (False, ["use"]), "as JSON")
        equal(f.commits(), before, "commits of a plan that was used")
        f.wants(0, "No changes", "plan", "--exit-code")


def case_plan_that_is_not_as_it_was():
    """Edited, expired, of other manifests, another configuration, another state or another controller: shown, and never applied."""
    with Fleet(2, "--pools", "1") as f, Fleet(1, "--pools", "1") as other:
        plan = f.path("plan")
        f.wants(0, "Saved", "plan", "--out", plan)

        def refused(why, edit=None, end=7):
            copy = f.path("copy")
            shutil.copy(plan, copy)
            if edit:
                edit(copy)
            f.wants(end, why, "apply", copy, "--auto-approve")
            equal(approve(f, copy)[0], end if why not in KNOWN_LATER else 0, "exit status of approve: " + why)
            out = f.wants(0, "x ", "show", copy)
            check(why in out, f"show says {why!r}:\n{out}")
            os.unlink(copy)

        def replace(old, new):
            def edit(copy):
                with open(copy, encoding="utf-8") as file:
                    text = file.read()
                check(old in text, f"the plan holds no {old!r}")
                with open(copy, "w", encoding="utf-8") as file:
                    file.write(text.replace(old, new, 1))
            return edit

        KNOWN_LATER = ("the manifests were changed",)
        refused("its seal is not of this one", replace("batch_percent=25", "batch_percent=99"))
        refused("it expired ", lambda copy: reseal(f, copy, re.search("expires_ms=[0-9]+", open(copy).read())[0], "expires_ms=1700000000000"))
        refused("the clock of this controller was set back",
                lambda copy: reseal(f, copy, re.search("made_ms=[0-9]+", open(copy).read())[0], "made_ms=9900000000000"))
        refused("with another state than", lambda copy: reseal(f, copy, "store=", "store=0"))
        f.edit("manifests/fleet.yaml", "kind: ResourceGroup", "kind: ResourceGroup # of two")
        refused("the manifests were changed")
        f.edit("manifests/fleet.yaml", "kind: ResourceGroup # of two", "kind: ResourceGroup")
        f.edit("config.yaml", "parallel: 200", "parallel: 100")
        refused("was changed since it was made")
        f.edit("config.yaml", "parallel: 100", "parallel: 200")
        # Another controller has its own key, or none yet.
        out = other.wants(0, "has saved no plan yet", "show", plan)
        check("2 changes on 2 of 2 servers" in out, "it shows what it holds:\n" + out)
        other.wants(7, "has saved no plan yet", "apply", plan, "--auto-approve")
        other.wants(0, "Saved", "plan", "--out", other.path("own"))
        other.wants(7, "its seal is not of this one", "apply", plan, "--auto-approve")
        with open(f.path("bad"), "w", encoding="utf-8") as file:
            file.write("no plan\n")
        f.wants(7, "it is no saved plan, or damaged", "show", f.path("bad"))
        equal(f.commits() + other.commits(), 0, "commits")
        f.wants(0, "2 changed", "apply", plan, "--auto-approve")


def case_server_that_moved_is_left_out_of_a_saved_plan():
    with Fleet(4, "--pools", "2") as f:
        plan = f.path("plan")
        f.wants(0, "8 changes", "plan", "--out", plan)
        f.ctl("set", "s00003", "Pool01", "NetworkService")
        out = f.wants(7, "7 changed", "apply", plan, "--auto-approve")
        check("replan" in out and "s00003" in out, "it says which:\n" + out)
        equal([f.passwords(s)["Pool02"] for s in ("s00001", "s00002", "s00003", "s00004")], [NEW] * 4, "the others are done")
        f.wants(7, "a plan is used once", "apply", plan, "--auto-approve")
        f.wants(2, "1 change on 1 of 4 servers", "plan", "--exit-code")


def case_saved_plan_goes_on_after_a_crash():
    """By itself or by a plain apply; and another plan must wait."""
    for plain in (False, True):
        with Fleet(12, "--pools", "2", "--delay-ms", "60-120") as f:
            plan, other = f.path("plan"), f.path("other")
            f.wants(0, "24 changes", "plan", "--out", plan)
            f.wants(0, "24 changes", "plan", "--out", other)
            process = subprocess.Popen(f.command("apply", plan, "--auto-approve"), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            until = time.monotonic() + 20
            while f.commits() < 4 and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            process.wait()
            check(0 < f.commits() < 24, "it was killed half-way")
            f.wants(0, "began to carry it out", "show", plan)
            f.wants(7, "it is not of this plan", "apply", other, "--auto-approve")
            f.wants(7, "did not end", "plan", "--out", f.path("third"))
            f.wants(0, "it is finished now, as it was approved", "apply", *([] if plain else [plan]))
            f.wants(7, "a plan is used once", "apply", plan, "--auto-approve")
            written = [(name, pool) for name in f.counts() for row in f.ctl("commits", name) for pool in row[2].split(",")]
            equal((len(written), len(set(written))), (24, 24), "pools written, and each once")
            run = re.search(r"^(\S+) +change", f.run("history")[1], re.M)[1]
            with open(plan, encoding="utf-8") as file:
                f.wants(0, "plan   " + re.search("id=(\\S+)", file.read())[1], "history", run)
            f.wants(0, "No changes", "plan", "--exit-code")


def case_approval():
    with Fleet(2, "--pools", "1") as f:
        f.edit("config.yaml", "newPairs: allow", "newPairs: ask\nplans: {approval: other}")
        f.wants(8, "asks for a saved plan that was approved", "apply", "--auto-approve")
        plan = f.path("plan")
        f.wants(0, "lockstep approve FILE", "plan", "--out", plan)
        f.wants(8, "nobody but ", "apply", plan, "--auto-approve")
        status, out = approve(f, plan)
        check(status == 8 and "another must approve it" in out, f"who made it does not approve it: {status} {out}")
        status, out = approve(f, plan, sudo="eve")
        check(status == 0 and "Approved by eve via " in out and "2 changes on 2 servers, 2 first pairings" in out, f"{status} {out}")
        f.wants(0, "approved   by eve via ", "show", plan)
        f.wants(0, "2 changed", "apply", plan)  # no terminal, no --auto-approve
        run = re.search(r"^(\S+) +change", f.run("history")[1], re.M)[1]
        f.wants(0, ": two have read it (ticket CHG123)", "history", run)
        status, out = approve(f, plan, sudo="eve")
        check(status == 7 and "a plan is used once" in out, f"a used plan needs no approval: {status} {out}")
        f.wants(0, "No changes", "apply")


def case_first_pairing_is_approved_with_its_plan():
    with Fleet(1, "--pools", "1") as f:
        f.edit("config.yaml", "newPairs: allow", "newPairs: ask")
        plan = f.path("plan")
        f.wants(0, "to confirm with the plan, at a terminal or by approving it", "plan", "--out", plan)
        f.wants(8, "for the first time", "apply", plan, "--auto-approve")
        equal(f.commits(), 0, "commits before it is approved")
        equal(approve(f, plan)[0], 0, "exit status of approve")
        f.wants(0, "1 changed", "apply", plan)


def case_refused_plan_is_not_saved():
    with Fleet(1, "--pools", "2") as f:
        f.edit("config.yaml", "changesPerRun: 1000000", "changesPerRun: 1")
        f.wants(8, "was not written", "plan", "--out", f.path("plan"))
        check(not os.path.exists(f.path("plan")), "there is no file")
        f.wants(8, "the most are on s00001 (2)", "plan")
