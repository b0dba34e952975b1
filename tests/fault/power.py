"""power.py - what a disk may hold after the power fails: the log of disk.c played, with what was never synced lost."""
import functools
import os
import shutil
import subprocess

import lab


class Call:
    """One line of the log."""

    def __init__(self, words, bytes_):
        self.kind, self.result, self.path, self.second = (word.decode() for word in words[:4])
        self.offset, self.length, self.bytes = int(words[4]), int(words[5]), bytes_

    def __repr__(self):
        return f"{self.kind} {self.path}"


def read_log(path):
    calls, at = [], 0
    with open(path, "rb") as file:
        data = file.read()
    while at < len(data):
        end = data.index(b"\n", at)
        words = data[at:end].split(b"\t")
        length = int(words[5]) if words[0] == b"write" else 0
        calls.append(Call(words, data[end + 1:end + 1 + length]))
        at = end + 1 + length
    return calls


SECTOR = 512


class File:
    """synced: the bytes on the platter. pending: (offset, bytes) and (length, None), not synced."""

    def __init__(self, synced=b""):
        self.synced, self.pending = synced, []

    def image(self, keep):
        """keep(n): which of n sectors of a write reached the platter; one of a truncation."""
        data = bytearray(self.synced)
        for at, bytes_ in self.pending:
            sectors = range(0, len(bytes_), SECTOR) if bytes_ is not None else [0]
            for sector, kept in zip(sectors, keep(len(sectors))):
                if not kept:
                    continue
                if bytes_ is None:
                    data[at:] = bytes(max(0, at - len(data)))
                    continue
                piece = bytes_[sector:sector + SECTOR]
                if len(data) < at + sector:
                    data += bytes(at + sector - len(data))
                data[at + sector:at + sector + len(piece)] = piece
        return bytes(data)


class Disk:
    """The files of the state. names: as the program sees them; synced: those that a new start would find."""

    def __init__(self, files=()):
        self.names = {path: File(bytes_) for path, bytes_ in dict(files).items()}
        self.synced = dict(self.names)
        self.pending = []  # changes of names since the folder was synced

    def play(self, call):
        """One call that was made; one that failed did nothing."""
        if call.result != "ok":
            return
        file = self.names.get(call.path)
        if call.kind == "create" and not file:
            self.rename({call.path: File()})
        elif call.kind == "unlink" and file:
            self.rename({call.path: None})
        elif call.kind == "rename":
            self.rename({call.path: None, call.second: file})
        elif call.kind == "write":
            file.pending.append((call.offset, call.bytes))
        elif call.kind == "truncate":
            file.pending.append((call.length, None))
        elif call.kind == "sync" and file:
            file.synced, file.pending = file.image(lambda n: [True] * n), []
        elif call.kind == "sync":
            self.synced, self.pending = dict(self.names), []

    def rename(self, change):
        self.pending.append(change)
        self.change(self.names, change)

    @staticmethod
    def change(names, change):
        for path, file in change.items():
            names.pop(path, None)
            if file:
                names[path] = file

    def image(self, n_names, keep):
        """{path: bytes} with the first n_names changes of names."""
        names = dict(self.synced)
        for change in self.pending[:n_names]:
            self.change(names, change)
        return {path: file.image(keep) for path, file in names.items()}

    def least(self):
        """Only what was synced."""
        return self.image(0, lambda n: [False] * n)

    def images(self, draw, n_random):
        """The least, each prefix of what is pending (all of it is the last), and n_random others."""
        yield self.least()
        n_writes = max([len(file.pending) for file in self.names.values()] + [0])
        for n in range(1, max(n_writes, len(self.pending)) + 1):
            yield self.prefix(n)
        for _ in range(n_random):
            likely = draw.random()
            yield self.image(draw.randint(0, len(self.pending)), lambda n: self.some(draw, n, likely))

    @staticmethod
    def some(draw, n, likely):
        """All sectors of a write, none, or - torn - some."""
        if draw.random() < 0.3:
            return [draw.random() < likely for _ in range(n)]
        return [draw.random() < likely] * n

    def prefix(self, count):
        """The first `count` writes of each file and changes of names."""
        names = dict(self.synced)
        for change in self.pending[:count]:
            self.change(names, change)
        return {path: File.image(self.cut(file, count), lambda n: [True] * n) for path, file in names.items()}

    @staticmethod
    def cut(file, count):
        short = File(file.synced)
        short.pending = file.pending[:count]
        return short


@functools.lru_cache(maxsize=None)
def undisturbed():
    """[(kind, n)] of the calls of an apply that nothing disturbs, in their order."""
    with lab.Lab() as f:
        status, out = f.faulty(*lab.APPLY, log=f.path("log"))
        lab.equal(status, 0, out)
        f.done()
        counts, found = {}, []
        for call in read_log(f.path("log")):
            counts[call.kind] = counts.get(call.kind, 0) + 1
            found.append((call.kind, counts[call.kind]))
        return found


# ---- the tests ------------------------------------------------------------

def killed_at(f, log, kind, n):
    """An apply killed there, and the disk as the model has it then."""
    status, out = f.faulty(*lab.APPLY, log=log, at=f"{kind}:{n}", do="kill")
    lab.check(status in (0, -9), out)
    disk = Disk()
    for call in read_log(log):
        disk.play(call)
    return status, disk


def put_back(image, folder):
    """The files of an image in a folder of their own."""
    os.mkdir(folder, 0o700)
    for path, bytes_ in image.items():
        fd = os.open(os.path.join(folder, os.path.basename(path)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(bytes_)
    return os.path.join(folder, "state.db")


def judge(f, fences, image, folder):
    """A disk is sound and knows what was begun, says that it is damaged, or is of before anything began."""
    state = put_back(image, folder)
    done = subprocess.run([lab.PROGRAM, "state", "check", "--state", state], capture_output=True, text=True, check=False)
    out = done.stdout + done.stderr
    if done.returncode == 1:
        lab.check("damaged" in out or "can't be used" in out, out)
        lab.check("lockstep state repair" in out, out)
        return "damaged"
    lab.equal(done.returncode, 0, out)
    if not os.path.exists(state):
        lab.equal(fences, set(), "begun on servers, though no state is left")
        return "nothing yet"
    # state check reads and changes nothing; sqlite3 plays the journal back.
    extra = fences - f.intents(state)
    lab.check(not extra, f"the disk forgot what was begun on servers: {sorted(extra)}")
    return "sound"


def same_as_disk():
    """The model, when nothing is lost, is what the disk holds, and in the end nothing is pending."""
    with lab.Lab() as f:
        status, out = f.faulty(*lab.APPLY, log=f.path("log"))
        lab.equal(status, 0, out)
        disk = Disk()
        for call in read_log(f.path("log")):
            disk.play(call)
        for image in (disk.prefix(10 ** 6), disk.least()):
            for name in ("state.db", "state.db.born"):
                with open(f.path("state", name), "rb") as file:
                    lab.check(file.read() == image[f.path("state", name)], f"{name} differs")
        return 0, 0


def finds_what_is_lost():
    """A disk that never syncs is found out."""
    with lab.Lab() as f:
        status, out = f.faulty(*lab.APPLY, log=f.path("log"))
        lab.equal(status, 0, out)
        disk = Disk()
        for call in read_log(f.path("log")):
            if call.kind != "sync" or call.path == f.path("state"):
                disk.play(call)
        try:
            found = judge(f, f.fences(), disk.least(), f.path("image"))
        except lab.Wrong:
            return 0, 0
        lab.check(found == "damaged", "a disk that lost all its bytes is " + found)
        return 0, 0


def lost(kind, n, n_random):
    """(disks, damaged ones) after a loss of power at that call."""
    draw = lab.draw("lost", kind, n)
    with lab.Lab() as f:
        status, disk = killed_at(f, f.path("log"), kind, n)
        if status == 0:
            return 0, 0
        fences, seen, images = f.fences(), {}, []
        for image in disk.images(draw, n_random):
            if not any(image == other for other in images):
                images.append(image)
        for i, image in enumerate(images):
            found = judge(f, fences, image, f.path(f"image-{i}"))
            seen[found] = seen.get(found, 0) + 1
        mend(f, draw.choice(images))
        return len(images), seen.get("damaged", 0)


def mend(f, image):
    """The controller starts again with this disk."""
    shutil.rmtree(f.path("state"))
    put_back(image, f.path("state"))
    status, out = f.run(*lab.APPLY)
    if "damaged" in out or "lockstep state repair" in out:
        lab.equal(status, 1, out)
        status, out = f.run("state", "repair", "--auto-approve")
        lab.equal(status, 0, out)
        status, out = f.run(*lab.APPLY)
    lab.equal(status, 0, out)
    f.done()


def tasks(long):
    """At each sync, and at the sends that follow one."""
    calls = undisturbed()
    found = [call for last, call in zip([(None, 0)] + calls, calls)
             if call[0] == "sync" or (call[0] == "send" and last[0] != "send")]
    chosen = found if long else lab.spread(found, 16)
    return [("same_as_disk", ()), ("finds_what_is_lost", ())] + [("lost", (kind, n, 16 if long else 6)) for kind, n in chosen]


def summary(results):
    ends = [result for name, result in results if name.startswith("lost(") and result and result[0]]
    return (f"power loss: {len(ends)} points, {sum(end[0] for end in ends)} disks, each knew what was begun on servers"
            f" ({sum(end[1] for end in ends)} said that they are damaged); one of each point was taken up again and finished")
