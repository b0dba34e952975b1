"""scene.py - one farm, one canary that is an account's password on it, and what was looked at."""
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import farm  # noqa: E402
import search  # noqa: E402
import watched  # noqa: E402

BUILD = os.environ.get("LOCKSTEP_FARM_BUILD") or os.path.join(farm.TREE, "build/farm")
USER = "svc-orders"
# Where it is looked at: before a packet leaves, at each commit of the state, at the end.
FEW = ["sendto:when=14+13", "fdatasync:when=4+17", "exit_group:when=1"]
MANY = ["sendto:when=2+3", "fdatasync:when=2+4", "exit_group:when=1"]


class Scene(farm.Farm):
    """The farm's account has the canary in the directory and in its secret; the pools hold another password."""

    def __init__(self, long):
        self.long = long
        self.stops = MANY if long else FEW
        self.canary = search.Canary()

    def lay(self, servers=("win1",), known=True):
        """known: the directory has this password, too."""
        self.pools_of = self.usual(USER, self.canary.password, {name: farm.CONFIGS["sys"] for name in servers})
        if known:
            self.account(USER, self.canary.password)
        self.watched = watched.Watched(self.canary, self.dir)
        for name in servers:
            self.put_witness(name)
        return self

    def put_witness(self, name):
        """Its powershell.exe is reached through witness.py from now on."""
        home = self.path("servers", name)
        os.mkdir(home + "/bin")
        with open(home + "/bin/powershell.exe", "w") as file:
            file.write(f'#!/bin/sh\nexec /usr/bin/python3 -I -S {HERE}/witness.py {BUILD}/bin/powershell.exe "$@"\n')
        os.chmod(home + "/bin/powershell.exe", 0o755)
        with open(home + "/sshd_config") as file:
            text = file.read()
        farm.check(f"PATH={BUILD}/bin" in text, "sshd_config names the folder of the emulated PowerShell")
        with open(home + "/sshd_config", "w") as file:
            file.write(text.replace(f"PATH={BUILD}/bin", f"PATH={home}/bin"))
        with open(home + "/pid") as file:
            pid = int(file.read())
        os.unlink(home + "/sshd.pid")
        os.kill(pid, signal.SIGHUP)
        until = time.monotonic() + 10
        while not os.path.exists(home + "/sshd.pid") and time.monotonic() < until:
            time.sleep(0.01)

    def mode(self, name, mode):
        with open(self.path("servers", name, "mode"), "w") as file:
            file.write(mode)

    def lockstep(self, *words, wants=None, **more):
        """Runs it watched, with every report it can write."""
        reports = []
        if words[0] in ("plan", "apply", "status", "drift", "history", "doctor", "graph"):
            self.watched.reports = getattr(self.watched, "reports", 0) + 1
            reports = ["-v", "-o", "table", "-o", f"json={self.path('report.%d' % self.watched.reports)}"]
            if words[0] not in ("plan", "apply", "drift"):
                reports.remove("-v")
        status = self.watched.run(self.command(*words, *reports), **more)
        if wants is not None:
            farm.check(status in (wants if isinstance(wants, tuple) else (wants,)), f"{words}: exit {status}, wanted {wants}: {self.shown()}")
        return status

    def was_sent(self):
        return any(os.path.exists(self.path("servers", name, "sent")) for name in self.servers())

    def shown(self):
        number = self.watched.number
        text = b""
        for name in ("out", "err"):
            with open(self.path(f"{name}.{number}"), "rb") as file:
                text += file.read()
        return text.decode(errors="replace")

    def sent(self):
        """How many files of what servers were sent hold the password in clear: the control of the search on their side."""
        count = 0
        for name in self.servers():
            for file in os.listdir(self.path("servers", name)):
                if file.startswith("witness.") and file.endswith(".in"):
                    with open(self.path("servers", name, file), "rb") as data:
                        count += self.canary.password.encode() in data.read()
        return count

    def settle(self):
        """The last look: at what stayed, here and on the servers."""
        look = self.watched
        look.files("server", self.path("servers/*/witness.*.out"), self.path("servers/*/witness.*.err"), self.path("servers/*/*.log"),
                   self.path("servers/*/*.state"), self.path("servers/*/Windows/**"))
        look.files("report", self.path("report.*"), self.path("backup.db"), self.path("manifests/**"), self.path("config.yaml"), self.path("known_hosts"))
        return look
