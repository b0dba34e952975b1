"""Shows a canary in every place and form, as a program would that keeps no secret: planter.py FOLDER; the canary is in FOLDER/canary."""
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import search  # noqa: E402

folder = sys.argv[1]
with open(folder + "/canary") as file:
    password = file.read()
forms = search.forms(password)
shown = b"\n".join(b"\n".join(needles) for needles in forms.values())
line = [b"\n".join(needle for needle in needles if b"\0" not in needle) for needles in forms.values()]
for name in ("state.db-journal", "tmp/left", "witness.out", "report.json"):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(shown)
opened = open(folder + "/opened", "w+b")
os.unlink(folder + "/opened")
opened.write(shown)
opened.flush()
os.write(1, shown)
os.write(2, shown)
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect(folder + "/syslog")
child = subprocess.Popen([b"/bin/sleep", b"infinity"] + [], env={b"FORM%d" % i: text for i, text in enumerate(line)})
named = subprocess.Popen([b"/bin/sh", b"-c", b"sleep 20; :"] + line)
log.send(shown)
time.sleep(0.01)
for process in (child, named):
    process.kill()
    process.wait()
os.kill(os.getpid(), signal.SIGABRT)
