"""cases_leak.py - a random password, followed through one success and three failures."""
import base64
import glob
import json
import os
import secrets
import subprocess
import threading
import urllib.parse

import farm
from farm import check


def forms(password):
    """The password as it might stand somewhere."""
    raw, wide = password.encode(), password.encode("utf-16le")
    for data in (raw, wide):
        yield data
        yield data.hex().encode()
        yield data.hex().upper().encode()
        for shift in range(3):  # inside a longer base64 text it may start at any of three places
            text = base64.b64encode(b"\0" * shift + data)
            yield text[4 if shift else 0:-4]
    yield urllib.parse.quote(password).encode()
    yield json.dumps(password)[1:-1].encode()
    yield raw[:10]
    yield raw[-10:]


class Watch(threading.Thread):
    """Reads argv and environ of every process again and again."""

    def __init__(self, needles, marker):
        super().__init__(daemon=True)
        self.needles = needles
        self.hits = []
        self.marker = marker
        self.marked = set()
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            for name in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
                try:
                    with open(name, "rb") as file:
                        data = file.read()
                except OSError:
                    continue
                if self.marker in data:
                    self.marked.add(os.path.basename(name))
                self.hits += [name for needle in self.needles if needle in data]


def files_with(needles, *paths):
    hits = []
    for path in paths:
        for name in [path] if os.path.isfile(path) else glob.glob(path + "/**", recursive=True):
            if os.path.isfile(name):
                with open(name, "rb") as file:
                    data = file.read()
                hits += [name for needle in needles if needle in data]
    return hits


def case_no_password_anywhere(f):
    canary = "Aa1!" + secrets.token_urlsafe(20)
    needles = list(forms(canary))
    marker = secrets.token_hex(16)
    watch = Watch(needles, marker.encode())
    watch.start()
    # A process that does show something there: the watch must find it in both places.
    subprocess.run(["sleep", "1"], env=dict(os.environ, MARKER=marker), check=True)
    subprocess.run(["sh", "-c", "sleep 1; : " + marker], check=True)
    pools = f.usual(password=canary)
    texts = []

    def apply(*words):
        result = f.run("apply", "--auto-approve", "-v", *words)
        texts.append((result.out + result.err).encode())
        result = f.run("plan", "-v", "-o", "table", "-o", "json=" + f.path("plan.json"))
        texts.append((result.out + result.err).encode())
        return result

    apply()  # AD does not know it: fails with 5021
    f.account("svc-orders", canary, "disabled")
    apply()  # fails again
    f.run("plan", "--bad-flag")
    os.chmod(f.path("secrets/svc-orders"), 0o644)
    apply()  # refused
    os.chmod(f.path("secrets/svc-orders"), 0o600)
    f.account("svc-orders", canary)
    apply()  # succeeds
    f.holds(pools, canary)
    watch.done.set()
    watch.join()
    check(watch.marked == {"environ", "cmdline"}, f"the watch finds what is there: {watch.marked}")
    check(not watch.hits, f"in a process: {watch.hits}")
    where = [f.path("state.db"), f.path("state.db-journal"), f.path("state.db.lock"), f.path("state.db.born"), f.path("plan.json"), f.path("manifests"), f.path("config.yaml"), f.path("known_hosts")]
    where += glob.glob(f.path("servers/*/*.log")) + glob.glob(f.path("servers/*/*.state"))
    check(not files_with(needles, *where), f"in a file: {files_with(needles, *where)}")
    for text in texts:
        check(not any(needle in text for needle in needles), "in the output")
    # The search itself can find: the secret's own file must be a hit.
    check(files_with(needles, f.path("secrets")), "the search finds what is there")
