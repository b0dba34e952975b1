"""power.py - what a disk may hold after the power fails: the log of disk.c played, with what was never synced lost."""


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
