"""cases_doctor.py - doctor names what is missing, and how to mend it."""
import os
import shutil
import subprocess

import farm
from farm import check, equal

SERVERS = farm.Farm


def one(f):
    return f.usual(servers={"sys1": farm.CONFIGS["sys"]})


def states(result):
    """{check: state} of the JSON; a check that stands several times has its last."""
    return {row["check"]: row["state"] for row in result.json()["checks"]}


def failed(f, exit_status, *words):
    """Exactly these checks fail, and each that failed says how to mend it."""
    result = f.run("doctor", "sys1", "-o", "json").wants(exit_status)
    rows = result.json()["checks"]
    equal([row["check"] for row in rows if row["state"] == "failed"], list(words), "failed checks")
    for row in rows:
        equal(row["fix"] != "", row["state"] in ("failed", "warning"), f"a fix for {row['check']}, {row['state']}")
    return {row["check"]: row for row in rows}


def fingerprint(f):
    done = subprocess.run(["ssh-keygen", "-lf", f.path("servers/sys1/ssh_host_ed25519_key.pub")], capture_output=True, check=True)
    return done.stdout.decode().split()[1]


def case_doctor_finds_nothing(f):
    one(f)
    result = f.run("doctor", "sys1").wants(0, "sys1: all fine.", "SSH-2.0-OpenSSH", fingerprint(f) + ", line 1", "FullLanguage, 64 bits",
                                           "WAS Running, W3SVC Running", "every pool that a binding names has one", "1 in use here")
    check(farm.NEW not in result.out and farm.OLD not in result.out, "no password is shown")
    rows = failed(f, 0)
    equal({row["state"] for row in rows.values()}, {"ok"}, "states")
    equal(f.commits(), 0, "commits")
    check(not os.path.exists(f.path("sys1/lockstep.fence")), "nothing was written")


def case_doctor_unknown_host_key(f):
    one(f)
    with open(f.path("known_hosts"), "w"):
        pass
    rows = failed(f, 4, "pinned")
    check(fingerprint(f) in rows["pinned"]["saw"], "the key that it shows: " + rows["pinned"]["saw"])
    check("ssh-keyscan -p" in rows["pinned"]["fix"], "how to add it")
    equal(rows["hostKey"]["state"], "notReached", "the next check")
    equal(f.logins(), 0, "logins")


def case_doctor_changed_host_key(f):
    one(f)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f.path("other")], check=True)
    with open(f.path("other.pub")) as file:
        key = file.read().split()[1]
    with open(f.path("known_hosts")) as file:
        name, kind, _ = file.read().split()[:3]
    with open(f.path("known_hosts"), "w") as file:
        file.write(f"{name} {kind} {key}\n")
    rows = failed(f, 4, "hostKey")
    check(fingerprint(f) in rows["hostKey"]["saw"], "the key that it shows")
    check("find out why" in rows["hostKey"]["fix"], "caution")
    equal(f.logins(), 0, "logins")


def case_doctor_host_key_of_another_kind(f):
    """Only an ECDSA key is pinned, and the server has none."""
    one(f)
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", f.path("other")], check=True)
    with open(f.path("other.pub")) as file:
        kind, key = file.read().split()[:2]
    with open(f.path("known_hosts")) as file:
        name = file.read().split()[0]
    with open(f.path("known_hosts"), "w") as file:
        file.write(f"{name} {kind} {key}\n")
    rows = failed(f, 4, "hostKey")
    check(fingerprint(f) in rows["hostKey"]["saw"], "the key that it shows: " + rows["hostKey"]["saw"])


def case_doctor_wrong_key(f):
    one(f)
    for name in ("id_ed25519", "id_ed25519.pub"):
        os.unlink(f.path(name))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f.path("id_ed25519")], check=True)
    rows = failed(f, 4, "login")
    check("administrators_authorized_keys" in rows["login"]["fix"], "where the key belongs")
    equal(rows["hostKey"]["state"], "ok", "host key")
    equal(rows["powershell"]["state"], "notReached", "the next check")
    # What can be known here is told all the same.
    equal((rows["grants"]["state"], rows["secrets"]["state"]), ("ok", "ok"), "grants and secrets")


def case_doctor_no_sshd(f):
    one(f)
    f.farm("down")
    rows = failed(f, 4, "connect")
    check("Get-Service sshd" in rows["connect"]["fix"], "what to start")
    f.run("doctor", "sys1").wants(4, "sys1: 1 of", "TCP connects", "not reached", "fix: ")


def case_doctor_no_powershell(f):
    """The key leads to another program: as a ForceCommand, or a shell that prints before it starts anything."""
    one(f)
    with open(f.path("authorized_keys")) as file:
        line = file.read()
    with open(f.path("authorized_keys"), "w") as file:
        file.write('command="echo welcome" ' + line)
    rows = failed(f, 4, "powershell")
    check("DefaultShell" in rows["powershell"]["fix"], "where to look")
    equal(rows["login"]["state"], "ok", "login")


def case_doctor_shared_configuration(f):
    one(f)
    os.mkdir(f.path("shared"))
    shutil.copy(f.path("sys1/applicationHost.config"), f.path("shared"))
    f.farm("redirect", "sys1", f.path("shared"))
    rows = failed(f, 3, "notRedirected")
    check("Shared Configuration" in rows["notRedirected"]["fix"], "what it is")


def case_doctor_no_iis(f):
    one(f)
    inetsrv = os.path.dirname(os.path.realpath(f.path("sys1")))
    os.unlink(os.path.join(inetsrv, "Microsoft.Web.Administration.dll"))
    rows = failed(f, 4, "iis")
    check("Install-WindowsFeature" in rows["iis"]["fix"], "what to install")
    equal(rows["script"]["state"], "ok", "the script")


def case_doctor_damaged_configuration(f):
    one(f)
    with open(f.path("sys1/applicationHost.config"), "ab") as file:
        file.write(b"<x>")
    rows = failed(f, 4, "readable")
    check("config_xml" in rows["readable"]["saw"], rows["readable"]["saw"])
    equal(rows["services"]["state"], "ok", "what probe said")


def case_doctor_keys_of_another_machine(f):
    one(f)
    f.farm("damage", "sys1", "MyPool", "AesProvider")
    rows = failed(f, 3, "keys")
    check("MyPool" in rows["keys"]["saw"], rows["keys"]["saw"])


def case_doctor_damaged_fence(f):
    one(f)
    with open(f.path("sys1/lockstep.fence"), "w") as file:
        file.write("what\n")
    failed(f, 3, "fence")


def case_doctor_grants_and_secrets(f):
    one(f)
    f.config("servers: ['*']", "servers: ['web*']")
    os.chmod(f.path("secrets/svc-orders"), 0o644)
    rows = failed(f, 3, "grants", "secrets")
    check("MyPool" in rows["grants"]["saw"] and "allow:" in rows["grants"]["saw"], "the line that is missing")
    check("chmod" in rows["secrets"]["saw"], "how to mend the file")


def case_doctor_wants_one_server(f):
    one(f)
    f.run("doctor").wants(64, "lockstep doctor web01")
    f.run("doctor", "sys2").wants(64, "did you mean sys1?")
