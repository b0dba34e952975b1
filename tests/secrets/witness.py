"""The place of powershell.exe on an emulated server: passes everything on and keeps a copy of it.

witness.py REAL ARGUMENT... makes $HOME/sent when a password comes; $HOME/mode may name something worse, done once the script was sent a password:
noise   the password before the reply     stderr  the password on standard error, then the end
fault   the password as the text of a fault of a valid reply     cut  no reply: the end
The last three are done once: the file goes.
"""
import hashlib
import hmac
import os
import struct
import subprocess
import sys
import threading

home = os.environ["HOME"]
number = os.getpid()
try:
    with open(home + "/mode") as file:
        mode = file.read().strip()
except OSError:
    mode = ""
key, sequence, nonce, password = b"", 0, b"", b""


def keep(name):
    return open(f"{home}/witness.{number}.{name}", "wb", buffering=0)


def escaped(data):
    return data.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")


def say(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def fault():
    body = b"fault\twhere=stage\tcode=commit_failed\ttype=System.Exception\thresult=80070005\tdetail=it refused " + escaped(password) + b" as a password\n"
    text = b"lockstep/1 reply\0%d\0%s\0" % (sequence, nonce) + body
    mac = hmac.new(key, text, hashlib.sha256).hexdigest().encode()
    say(b"\n@@LOCKSTEP %s %d %s\n%s\n@@END %s\n" % (nonce, len(body), mac, body, nonce))


def misbehave():
    if mode != "noise":
        os.unlink(home + "/mode")
    if mode == "noise":
        say(b"progress: " + password + b"\n" + password.decode().encode("utf-16le") + b"\n")
    elif mode == "stderr":
        os.write(2, b"unhandled: " + password + b"\n")
        os._exit(5)
    elif mode == "fault":
        fault()
        return False
    elif mode == "cut":
        os._exit(0)
    return True


def look(kind, payload):
    """What goes in. False: the script is not to see it."""
    global key, sequence, nonce, password
    if kind == b"S":
        key = payload
    elif kind == b"K" and payload[4] == 2:
        length = struct.unpack(">H", payload[5:7])[0]
        password = payload[7 + length:]
        open(home + "/sent", "w").close()
    elif kind == b"R":
        sequence += 1
        nonce = payload.split(b"nonce=")[1].split(b"\n")[0].split(b"\t")[0]
        if password and mode:
            return misbehave()
    return True


def pump_in(script, copy):
    def exactly(n):
        data = sys.stdin.buffer.read(n)
        if len(data) != n:
            raise EOFError
        copy.write(data)
        return data
    try:
        head = exactly(4)
        script.write(head + exactly(struct.unpack(">I", head)[0]))
        script.flush()
        while True:
            kind, head = exactly(1), exactly(4)
            payload = exactly(struct.unpack(">I", head)[0])
            if look(kind, payload):
                script.write(kind + head + payload)
                script.flush()
    except (EOFError, OSError):
        pass
    try:
        script.close()
    except OSError:
        pass


def pump_out(source, target, copy):
    while data := source.read1(65536):
        copy.write(data)
        target.write(data)
        target.flush()


real = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
threading.Thread(target=pump_in, args=(real.stdin, keep("in")), daemon=True).start()
errors = threading.Thread(target=pump_out, args=(real.stderr, sys.stderr.buffer, keep("err")))
errors.start()
pump_out(real.stdout, sys.stdout.buffer, keep("out"))
errors.join()
sys.stdout.flush()
os._exit(real.wait() & 255)
