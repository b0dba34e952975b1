"""The script's side of a session, honest or hostile: fake_script.py MODE

sshd starts it in place of powershell.exe. It reads u32 length and script,
frame S, then frames; an honest reply tells what came, secrets by digest.
"""
import hashlib
import hmac
import os
import struct
import sys
import time

mode = sys.argv[1]
parent = os.getppid()
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer


def exactly(n):
    data = stdin.read(n)
    if len(data) != n:
        sys.exit(91)
    return data


def say(data):
    stdout.write(data)
    stdout.flush()


def stay():
    """Do nothing until sshd has closed the session; at most 20 s."""
    end = time.monotonic() + 20
    while os.getppid() == parent != 1 and time.monotonic() < end:
        time.sleep(0.05)
    sys.exit(0)


def reply(key, sequence, nonce, body, mac_key=None):
    text = b"lockstep/1 reply\0%d\0%s\0" % (sequence, nonce) + body
    mac = hmac.new(mac_key or key, text, hashlib.sha256).hexdigest().encode()
    return b"\n@@LOCKSTEP %s %d %s\n%s\n@@END %s\n" % (nonce, len(body), mac, body, nonce)


if mode == "early":
    sys.stderr.write("it can't be\x1b[31m loaded\n")
    sys.exit(93)
if mode == "deaf":  # reads nothing at all
    stay()
if mode == "stderr":
    sys.stderr.write("x" * 100000)
    sys.stderr.flush()
    stay()

exactly(struct.unpack(">I", exactly(4))[0])
key, sequence, secrets = None, 0, []
while True:
    kind = exactly(1)
    payload = exactly(struct.unpack(">I", exactly(4))[0])
    if kind == b"S":
        key = payload
    elif kind == b"K":
        number, purpose, length = struct.unpack(">IBH", payload[:7])
        account, secret = payload[7:7 + length], payload[7 + length:]
        secrets.append(b"secret\tnumber=%d\tpurpose=%d\taccount=%s\tsha256=%s\n" % (
            number, purpose, account, hashlib.sha256(secret).hexdigest().encode()))
    elif kind == b"Z":
        if mode == "witness":
            open(os.path.dirname(os.path.abspath(sys.argv[0])) + "/ended", "w").close()
        sys.exit(0)
    elif kind == b"R":
        sequence += 1
        nonce = payload.split(b"nonce=")[1].split(b"\n")[0].split(b"\t")[0]
        body = b"echo\tsequence=%d\tbytes=%d\n" % (sequence, len(payload)) + b"".join(secrets)
        secrets = []
        good = reply(key, sequence, nonce, body)
        if mode == "silent":
            stay()
        elif mode == "mac":
            say(reply(key, sequence, nonce, body, bytes(32)))
        elif mode == "nonce":
            say(reply(key, sequence, b"0" * 32, body))
        elif mode == "flood":
            while True:
                say(b"x" * 65536)
        elif mode == "noise":
            say(b"\n@@LOCKSTE\n@@lockstep x\n" + b"n" * 60000 + good)
        elif mode == "cut":
            say(good[:len(good) // 2])
            sys.exit(0)
        elif mode == "twice":
            say(good + good)
        elif mode == "large":
            say(reply(key, sequence, nonce, b"y" * 4194304))
        elif mode == "drip":
            for i in range(len(good)):
                say(good[i:i + 1])
        elif mode == "late-error" and sequence == 2:
            sys.stderr.write("the password is hunter2\n")
            sys.exit(5)
        else:
            say(good)
