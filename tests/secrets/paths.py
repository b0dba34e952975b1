"""paths.py - the ways that a run can take; each is watched, and then nothing of the password may be anywhere."""
import os
import signal
import subprocess
import time

import farm
from farm import check, equal

ENDS = (0, 1, 3, 4, 8, -signal.SIGKILL)
# What `make test` leaves to the nightly run.
LONG = ["interrupted", "server_shows_it_as_noise", "server_shows_it_on_stderr"]


def path_success(s):
    s.lay(("win1", "win2") if s.long else ("win1",))
    s.lockstep("apply", "--auto-approve", wants=0, stops=s.stops)
    s.holds(s.pools_of, s.canary.password, "svc-orders")
    s.lockstep("plan", "--exit-code", wants=0)
    s.lockstep("status", wants=0)
    if s.long:
        s.lockstep("drift", wants=0, stops=["exit_group:when=1"])
        s.lockstep("doctor", "win1", wants=(0, 1, 2), stops=["exit_group:when=1"])
        s.lockstep("suspend", "--server", "win1", "--until", "1h", "--reason", "canary")
    s.lockstep("history", wants=0)
    s.lockstep("state", "check", wants=0)
    s.lockstep("state", "backup", s.path("backup.db"), wants=0)
    check(s.watched.checkpoints >= 4, f"{s.watched.checkpoints} checkpoints")
    check(s.watched.in_arena >= 3, "the search finds it in the locked memory")
    check(s.sent() >= (2 if s.long else 1), "the servers were sent it")


def path_wrong_password(s):
    s.lay(known=False)
    s.lockstep("apply", "--auto-approve", wants=3, stops=s.stops)
    check("5021" in s.shown(), "it says 5021")
    s.lockstep("status", wants=0)


def path_refused(s):
    """By mode, by grant, by host key, by a flag that is none, by a server that is not there."""
    s.lay()
    os.chmod(s.path("secrets/svc-orders"), 0o644)
    s.lockstep("apply", "--auto-approve", wants=1)
    os.chmod(s.path("secrets/svc-orders"), 0o600)
    s.config("servers: ['*']", "servers: ['nothing']")
    s.lockstep("apply", "--auto-approve", wants=8)
    s.config("servers: ['nothing']", "servers: ['*']")
    s.lockstep("plan", "--no-such-flag", wants=64)
    with open(s.path("known_hosts")) as file:
        known = file.read()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.path("other")], check=True)
    with open(s.path("other.pub")) as file:
        other = file.read().split()[1]
    with open(s.path("known_hosts"), "w") as file:
        file.write(known.replace(known.split()[2], other))
    s.lockstep("apply", "--auto-approve", wants=4, stops=["exit_group:when=1"])
    with open(s.path("manifests/servers.yaml")) as file:
        text = file.read()
    port = text.split("port: ")[1].split("}")[0]
    s.manifest("servers.yaml", text.replace(port, "1"))
    with open(s.path("known_hosts"), "w") as file:
        file.write(known.replace("]:" + port, "]:1"))
    s.lockstep("apply", "--auto-approve", wants=4, stops=["exit_group:when=1"])
    equal(s.sent(), 0, "sessions that were sent it")


def path_written_where_a_name_stands(s):
    """Somebody typed the password into a file; the message must not repeat it."""
    s.lay()
    literal = "'" + s.canary.password.replace("'", "''") + "'"
    with open(s.path("config.yaml")) as file:
        config = file.read()
    with open(s.path("manifests/svc-orders.yaml")) as file:
        manifest = file.read()
    source = "file:" + s.path("secrets/svc-orders")
    check(source in config, "config.yaml names the file")
    with open(s.path("config.yaml"), "w") as file:
        file.write(config.replace('"' + source + '"', source).replace(source, literal))
    s.lockstep("validate", wants=1)
    check("from" in s.shown(), "it names the field: " + s.shown())
    with open(s.path("config.yaml"), "w") as file:
        file.write(config)
    for written in (f"password: {literal}", f"password: {{secret: {literal}}}"):
        s.manifest("svc-orders.yaml", manifest.replace("password: {secret: svc-orders}", written))
        s.lockstep("validate", wants=1)
        check("password" in s.shown(), "it names the field: " + s.shown())
    os.unlink(s.path("manifests/svc-orders.yaml"))  # there it stands because somebody put it there


def put_program(s, body):
    with open(s.path("program"), "w") as file:
        file.write("#!/bin/sh\n" + body)
    os.chmod(s.path("program"), 0o700)


def path_other_sources(s):
    """From a program and from a credential of systemd; and from programs that tell it where they should not."""
    s.lay()
    source = "file:" + s.path("secrets/svc-orders")
    program = "exec:" + s.path("program")
    s.config(source, program)
    for body in ("cat {0} >&2; cat {0}; exit 3\n", "exec cat {0}\n", "echo version: x; cat {0}; cat {0}\n", "cat {0}; kill -9 $$\n"):
        put_program(s, body.format(s.path("secrets/svc-orders")))
        s.lockstep("secrets", "check", wants=1)
        s.lockstep("plan", wants=1)
    put_program(s, f"echo version: 5\nexec cat {s.path('secrets/svc-orders')}\n")
    s.lockstep("secrets", "check", wants=0)
    s.lockstep("apply", "--auto-approve", wants=0, stops=s.stops)
    s.holds(s.pools_of, s.canary.password, "svc-orders")
    check(s.watched.in_arena >= 1, "the search finds it in the locked memory")
    s.config(program, "systemd:orders")
    os.mkdir(s.path("credentials"), 0o700)
    os.rename(s.path("secrets/svc-orders"), s.path("credentials/orders"))
    s.watched.environ = {"CREDENTIALS_DIRECTORY": s.path("credentials")}
    s.lockstep("secrets", "check", wants=0)
    s.lockstep("plan", wants=0, stops=["exit_group:when=1"])


def hostile(mode):
    def path(s):
        s.lay()
        s.mode("win1", mode)
        # After a cut it waits, until nothing can arrive any more, and looks again; nobody waits for that here.
        s.lockstep("apply", "--auto-approve", wants=ENDS, end=None if s.long or mode != "cut" else (s.was_sent, signal.SIGKILL))
        check(s.sent() >= 1, "the server was sent it")
        s.lockstep("status", wants=0)
    path.__doc__ = f"A server that misbehaves: {mode}"
    return path


path_server_shows_it_as_noise = hostile("noise")
path_server_shows_it_on_stderr = hostile("stderr")
path_server_shows_it_in_a_fault = hostile("fault")
path_server_is_cut_off = hostile("cut")


def path_killed(s):
    """-9 once a password was sent; what is left, and the run that finishes."""
    s.lay()
    s.lockstep("apply", "--auto-approve", wants=-signal.SIGKILL, end=(s.was_sent, signal.SIGKILL))
    s.lockstep("apply", "--auto-approve", wants=0)
    s.holds(s.pools_of, s.canary.password, "svc-orders")


def path_interrupted(s):
    s.lay()
    s.lockstep("apply", "--auto-approve", wants=143, end=(s.was_sent, signal.SIGTERM))


def path_state_is_full(s):
    """Each write of the state fails from some moment on."""
    s.lay()
    s.lockstep("apply", "--auto-approve", wants=(1, 3), inject=["pwrite64:error=ENOSPC:when=60+"], stops=["exit_group:when=1"])


def core_of(s):
    return [s.path("tmp", name) for name in os.listdir(s.path("tmp")) if name.startswith("core")]


def path_crash(s):
    """It aborts in the middle: no core. Made to leave one, it holds nothing of the locked memory."""
    s.lay()
    moment = {"end": (s.was_sent, signal.SIGABRT), "core": True}
    s.lockstep("apply", "--auto-approve", wants=-signal.SIGABRT, **moment)
    time.sleep(1)  # its session ends
    os.unlink(s.path("servers/win1/sent"))
    s.set("win1", "MyPool", "svc-orders", "somebody else's idea")
    equal(core_of(s), [], "core files of the program as it is")
    s.lockstep("apply", "--auto-approve", wants=-signal.SIGABRT, inject=["prctl:retval=0", "prlimit64:retval=0:when=2"], **moment)
    with open("/proc/sys/kernel/core_pattern") as file:
        if file.read().startswith(("|", "/")):
            return
    cores = core_of(s)
    equal(len(cores), 1, "core files of a program that was kept from closing them")
    with open(cores[0], "rb") as file:
        data = file.read()
    check(b"MyPool" in data, "the core holds what is no secret")
    s.watched.look("core", data, cores[0])
    os.unlink(cores[0])
