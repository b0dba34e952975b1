"""watched.py - runs a program under strace and looks for the canary in it: what it writes, its memory, its files.

It is stopped at chosen system calls (a checkpoint) and read from outside, which needs root: the program is not traceable.
"""
import glob
import os
import re
import resource
import signal
import subprocess
import time

WRITES = "write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg"
TRACED = "execve,execveat,connect,fsync,fdatasync,unlink,exit_group,prctl,prlimit64,openat," + WRITES
ARENA_BYTES = 1048576
STOPPED = b"--- stopped by SIGSTOP ---"
HEX = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
CALL = re.compile(rb"^(?:(\d+) +)?(\w+)\((\d+)?")


def mappings(pid):
    """(begin, end, permissions, name, flags) of each mapping."""
    rows = []
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            words = line.split()
            if re.match(r"^[0-9a-f]+-[0-9a-f]+$", words[0]):
                begin, end = (int(word, 16) for word in words[0].split("-"))
                rows.append([begin, end, words[1], words[5] if len(words) > 5 else "", []])
            elif words[0] == "VmFlags:":
                rows[-1][4] = words[1:]
    return rows


def is_arena(row):
    """The locked memory for secrets: anonymous, left out of core dumps, of its size."""
    begin, end, permissions, name, flags = row
    return not name and "dd" in flags and "w" in permissions and end - begin == ARENA_BYTES


class Place:
    """Where the canary was found, and how often a place was looked at."""

    def __init__(self):
        self.looks = 0
        self.hits = []


class Watched:
    """One canary, all places of some runs."""

    def __init__(self, canary, folder):
        self.canary = canary
        self.folder = folder
        self.places = {}
        self.checkpoints = 0
        self.in_arena = 0
        self.syslog_connections = 0
        self.environ = {}
        self.number = 0

    def look(self, place, data, where, ignore=()):
        found = self.places.setdefault(place, Place())
        found.looks += 1
        found.hits += [f"{place}: {where}: {name}" for name in self.canary.find(data, ignore)]

    def hits(self):
        return [hit for place in self.places.values() for hit in place.hits]

    def files(self, place, *patterns):
        for pattern in patterns:
            self.look(place, pattern.encode(), "a name that is looked for")
            for name in glob.glob(pattern, recursive=True):
                if os.path.isfile(name):
                    self.look(place, name.encode(), "the name of " + name)
                    try:
                        with open(name, "rb") as file:
                            self.look(place, file.read(), name)
                    except OSError:
                        pass  # gone since

    def memory(self, pid):
        arenas = 0
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for row in mappings(pid):
                if "r" not in row[2] or "w" not in row[2]:
                    continue
                try:
                    memory.seek(row[0])
                    data = memory.read(row[1] - row[0])
                except (OSError, OverflowError):
                    continue
                if is_arena(row):
                    arenas += 1
                    self.in_arena += "ascii" in self.canary.find(data)
                else:
                    self.look("memory", data, row[3] or "a mapping without a name")
        return arenas

    def processes(self):
        """argv and environ of every process, those of the servers too."""
        for name in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(name, "rb") as file:
                    self.look("argv and environ", file.read(), name)
            except OSError:
                pass  # gone since

    def descriptors(self, pid):
        """Files that it has open, deleted ones too."""
        for name in glob.glob(f"/proc/{pid}/fd/*"):
            try:
                target = os.readlink(name)
                if "/secrets/" not in target and os.path.isfile(name):
                    with open(name, "rb") as file:
                        self.look("open files", file.read(4194304), target)
            except OSError:
                pass

    def checkpoint(self, pid):
        self.checkpoints += 1
        self.memory(pid)
        self.processes()
        self.descriptors(pid)
        self.files("state", self.folder + "/state.db*")
        self.files("TMPDIR", self.folder + "/tmp/**")

    def run(self, command, stops=(), inject=(), end=None, core=False):
        """Exit status. stops: 'CALL:when=N+M' where it is looked at. end: (function, signal): looked at once more and ended
        by the signal as soon as the function is true."""
        self.number += 1
        log = f"{self.folder}/strace.{self.number}"
        tmp = self.folder + "/tmp"
        os.makedirs(tmp, exist_ok=True)
        words = ["strace", "-f", "-v", "-xx", "-s", "4194304", "-o", log, "-e", "trace=" + TRACED]
        for stop in stops:
            words.append("--inject=" + stop.replace(":", ":signal=SIGSTOP:", 1))
        words += ["--inject=" + text for text in inject]
        out, err = open(f"{self.folder}/out.{self.number}", "wb"), open(f"{self.folder}/err.{self.number}", "wb")
        limit = resource.RLIM_INFINITY if core else 0

        def at_start():
            resource.setrlimit(resource.RLIMIT_CORE, (limit, resource.RLIM_INFINITY))

        process = subprocess.Popen(words + command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=tmp,
                                   env=dict(os.environ, TMPDIR=tmp, **self.environ), preexec_fn=at_start)
        seen = 0
        with open(log, "a+b") as lines:
            while process.poll() is None:
                lines.seek(seen)
                data = lines.read()
                ends = end is not None and end[0]()
                if not ends and STOPPED not in data:
                    seen += max(0, len(data) - len(STOPPED))
                    time.sleep(0.003)
                    continue
                for pid in children(process.pid):
                    seen = self.stopped(pid, end[1] if ends else None, log)
                    end = None if ends else end
        out.close()
        err.close()
        self.collect(log, out.name, err.name)
        return process.returncode

    def stopped(self, pid, last, log):
        """It stands still, or is made to; it is looked at and goes on, or gets its last signal. How long its log was before:
        the next stop may come at once."""
        size = 0
        try:
            if last:
                os.kill(pid, signal.SIGSTOP)
            wait_stopped(pid)
            self.checkpoint(pid)
            size = os.path.getsize(log)
            if last:
                os.kill(pid, last)
            os.kill(pid, signal.SIGCONT)
        except (ProcessLookupError, FileNotFoundError):
            size = os.path.getsize(log)  # it ended
        return size

    def collect(self, log, out, err):
        self.files("standard output", out)
        self.files("standard error", err)
        self.files("state", self.folder + "/state.db*")
        self.files("TMPDIR", self.folder + "/tmp/**")
        streams, first, programs = {}, None, set()
        with open(log, "rb") as file:
            for line in file:
                call = CALL.match(line)
                if not call:
                    continue
                data = b"".join(bytes.fromhex(text.decode().replace("\\x", "")) for text in HEX.findall(line))
                first = first or call[1]
                if call[2] in (b"execve", b"execveat"):
                    programs.add(call[1])
                    self.look("argv and environ", data, "execve")
                elif call[2] == b"connect":
                    if b"AF_UNIX" in line or b"AF_LOCAL" in line:
                        self.syslog_connections += b"log" in data
                        self.look("syslog", data, "connect")
                elif call[1] in programs - {first}:
                    pass  # a program that hands over a secret writes it
                elif call[2].decode() in WRITES.split(","):
                    streams.setdefault((call[2].startswith(b"send"), call[3]), []).append(data)
        for (sent, fd), parts in streams.items():
            self.look("written", b"".join(parts), f"descriptor {fd.decode() if fd else '?'}")
            if sent:
                self.look("syslog", b"".join(parts), "sent")


def children(pid):
    found = []
    for name in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(name) as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return found


def wait_stopped(pid):
    """All its threads stand still."""
    calm, until = 0, time.monotonic() + 5
    while calm < 3 and time.monotonic() < until:
        states = ""
        for name in glob.glob(f"/proc/{pid}/task/*/stat"):
            with open(name) as file:
                states += file.read().rsplit(")", 1)[1].split()[0]
        calm = calm + 1 if not states.strip("tT") else 0
        time.sleep(0.002)
