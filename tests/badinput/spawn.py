"""spawn.py - runs commands for sandbox.py: what a child takes of memory can't be told below what its parent takes.

A request is a line of JSON: [shell text, folder, environment, file for output, seconds]; the answer: [exit, hung, KiB].
"""
import json
import os
import signal
import subprocess
import sys
import threading


def run(text, folder, env, output, seconds):
    with open(output, "wb") as out:
        process = subprocess.Popen(["bash", "-c", text], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   start_new_session=True)
    guard = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    guard.start()
    _, status, usage = os.wait4(process.pid, 0)
    hung = not guard.is_alive()
    guard.cancel()
    return os.waitstatus_to_exitcode(status), hung, usage.ru_maxrss


for line in sys.stdin:
    print(json.dumps(run(*json.loads(line))), flush=True)
