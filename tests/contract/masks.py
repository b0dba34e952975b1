"""masks.py - what must differ between two servers of equal contents, and what of it is compared all the same.

| value | why it differs | what is compared |
|---|---|---|
| now | two clocks read one after the other | that it is there |
| committed, started, time | the same | 0 or not; started and time: before or since the pool's last known commit |
| pid | numbers of two different machines | which worker it is: the first, the second, ... that was seen |
| config | the fleet has no file, only a digest that changes with each write | whether it is one that was seen before |

Nothing else is masked: nonces are equal, each side proves its HMAC, and texts of faults, types and hresults are equal.
"""


class Masks:
    """Of one side."""

    def __init__(self):
        self.pids, self.digests, self.committed = {}, {}, {}

    def reply(self, reply):
        rows = [(kind, self.row(kind, dict(fields))) for kind, fields in reply.rows]
        return [reply.nonce, *rows]

    def row(self, kind, fields):
        if kind == "result" and fields["committed"] != "0":
            self.committed[fields["name"]] = int(fields["committed"])
        for name, value in fields.items():
            if name == "now":
                fields[name] = "some time"
            elif name == "committed":
                fields[name] = "0" if value == "0" else "some time"
            elif name in ("started", "time"):
                fields[name] = "since the commit" if int(value) >= self.committed.get(fields["pool"], 0) else "before the commit"
            elif name == "pid":
                fields[name] = self.pids.setdefault(value, len(self.pids))
            elif name == "config":
                fields[name] = self.digests.setdefault(value, len(self.digests))
        return fields
