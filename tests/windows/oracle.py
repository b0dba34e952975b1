"""What zones and windows should say, from Python's zoneinfo and by other ways
of reckoning: a clock on the wall is looked up in a table of minutes, and
windows are merged as lists of intervals."""
import bisect
import calendar
import datetime
import hashlib
import os
import random
import struct
import zoneinfo

FOLDER = "/usr/share/zoneinfo"
EPOCH = datetime.datetime(1970, 1, 1)
FOREVER = 2 ** 63 - 1
AHEAD = 400 * 1440  # minutes
ONCE, GAP, TWICE = 0, 1, 2


def zone_names():
    """One name of each distinct zone of this machine; names in all."""
    by_content = {}
    n_names = 0
    for folder, _, files in os.walk(FOLDER):
        below = os.path.relpath(folder, FOLDER)
        if below.split("/")[0] in ("right", "posix"):
            continue
        for file in files:
            path = os.path.join(folder, file)
            name = os.path.normpath(os.path.join(below, file))
            with open(path, "rb") as opened:
                content = opened.read()
            if not content.startswith(b"TZif") or name in ("posixrules", "localtime", "Factory"):
                continue
            n_names += 1
            key = hashlib.sha256(content).digest()
            by_content[key] = min(by_content.get(key, name), name)
    return sorted(by_content.values()), n_names


def naive_minutes(moment):
    return (moment - EPOCH) // datetime.timedelta(minutes=1)


class Zone:
    def __init__(self, name):
        self.name = name
        self.tz = zoneinfo.ZoneInfo(name)

    def local(self, minute):
        return datetime.datetime.fromtimestamp(minute * 60, self.tz)

    def offset(self, minute):
        return int(self.local(minute).utcoffset().total_seconds())

    def shifts(self, first_year, last_year):
        """UTC minutes at which the offset changes."""
        found = []
        step = 360
        at = naive_minutes(datetime.datetime(first_year, 1, 1))
        end = naive_minutes(datetime.datetime(last_year + 1, 1, 1))
        before = self.offset(at)
        while at < end:
            after = self.offset(at + step)
            if after != before:
                low, high = at, at + step
                while high - low > 1:
                    middle = (low + high) // 2
                    if self.offset(middle) == before:
                        low = middle
                    else:
                        high = middle
                found.append(high)
            at += step
            before = after
        return found

    def to_utc(self, naive, last=False):
        """When a clock there shows that; (minute, meeting)."""
        moments = set()
        guesses = []
        for fold in (0, 1):
            guess = naive.replace(tzinfo=self.tz, fold=fold).timestamp() / 60
            guesses.append(int(guess))
            if self.local(int(guess)).replace(tzinfo=None, fold=0) == naive:
                moments.add(int(guess))
        if moments:
            return (max if last else min)(moments), TWICE if len(moments) > 1 else ONCE
        low, high = min(guesses), max(guesses)
        while high - low > 1:
            middle = (low + high) // 2
            if self.local(middle).replace(tzinfo=None) < naive:
                low = middle
            else:
                high = middle
        return high, GAP


def clock_records(zone, first, n):
    out = []
    locals_ = []
    for minute in range(first, first + n):
        moment = zone.local(minute)
        offset = int(moment.utcoffset().total_seconds())
        civil = ((((moment.year * 100 + moment.month) * 100 + moment.day) * 100 + moment.hour) * 100 + moment.minute) * 10 + moment.isoweekday() % 7
        out.append(struct.pack("<iq", offset, civil))
        locals_.append(minute + offset // 60)
    return b"".join(out), locals_


def wall_records(first, locals_, wall_first, n):
    """locals_[i] is what clocks show at UTC minute first + i. A clock that is
    looked up must lie well inside the table."""
    shown = {}
    for i, local in enumerate(locals_):
        shown.setdefault(local, []).append(first + i)
    out = []
    for local in range(wall_first, wall_first + n):
        moments = shown.get(local)
        if moments:
            meeting = TWICE if len(moments) > 1 else ONCE
            out.append(struct.pack("<qqi", moments[0] * 60000, moments[-1] * 60000, meeting))
        else:
            after = next(first + i for i, other in enumerate(locals_) if other > local)
            out.append(struct.pack("<qqi", after * 60000, after * 60000, GAP))
    return b"".join(out)


class Window:
    """A window of a scenario; kind is days, monthly or span."""

    def __init__(self, zone, mode, kind, values, duration=0, cutoff=0, forbid=False):
        self.zone, self.mode, self.kind, self.values = zone, mode, kind, values
        self.duration, self.cutoff, self.forbid = duration, cutoff, forbid

    def line(self):
        numbers = list(self.values)
        if self.kind != "span":
            numbers += [self.duration, self.cutoff]
        numbers.append(int(self.forbid))
        return "zone %s\nwindow %s %s %s\n" % (self.zone.name, self.mode, self.kind, " ".join(map(str, numbers)))

    def days(self, first, last):
        """Local days on which it opens, as numbers since 1970."""
        if self.kind == "days":
            return [day for day in range(first, last) if self.values[0] >> (EPOCH + datetime.timedelta(days=day)).isoweekday() % 7 & 1]
        nth, weekday, plus = self.values[:3]
        found = []
        month = EPOCH + datetime.timedelta(days=first - 70)
        year, number = month.year, month.month
        while True:
            column = (weekday - 1) % 7
            of_month = [week[column] for week in calendar.monthcalendar(year, number) if week[column]]
            date = datetime.datetime(year, number, of_month[-1] if nth == 5 else of_month[nth - 1])
            day = (date - EPOCH).days + plus
            if day >= last:
                return found
            if day >= first:
                found.append(day)
            year, number = (year + 1, 1) if number == 12 else (year, number + 1)

    def spans(self, first, last):
        """Its openings between two UTC minutes: (opens, closes)."""
        if self.kind == "span":
            begins, ends = (EPOCH + datetime.timedelta(minutes=value) for value in self.values)
            return [(self.zone.to_utc(begins)[0], self.zone.to_utc(ends, last=True)[0])]
        at = self.values[-1]
        found = []
        for day in self.days(first // 1440 - 2, last // 1440 + 2):
            opens = self.zone.to_utc(EPOCH + datetime.timedelta(minutes=day * 1440 + at))[0]
            found.append((opens, opens + self.duration))
        return found


def merged(spans):
    out = []
    for opens, closes in sorted(spans):
        if out and opens <= out[-1][1]:
            out[-1][1] = max(out[-1][1], closes)
        else:
            out.append([opens, closes])
    return out


def covers(intervals, begins, minute):
    at = bisect.bisect_right(begins, minute) - 1
    return at >= 0 and minute < intervals[at][1]


def ask_records(windows, first, n):
    """The answer is the same between two moments at which something opens,
    closes, or reaches its cutoff."""
    low, high = first - 9 * 1440, first + n + AHEAD + 80 * 1440
    allows = [(window, window.spans(low, high)) for window in windows if window.mode == "allow"]
    denies = [(window, window.spans(low, high)) for window in windows if window.mode == "deny"]
    deny = merged([span for _, spans in denies for span in spans])
    deny_begins = [interval[0] for interval in deny]
    forbid = merged([span for window, spans in denies if window.forbid for span in spans])
    forbid_begins = [interval[0] for interval in forbid]
    union = merged([span for _, spans in allows for span in spans]) if allows else [[low, high]]
    # What is left of the union, with the cutoff of each piece.
    pieces = []
    for begins, ends in union:
        at = begins
        for deny_opens, deny_closes in [*deny, [FOREVER, FOREVER]]:
            if deny_closes <= at:
                continue
            end = min(ends, deny_opens)
            if end > at:
                pieces.append([at, end])
            at = max(at, deny_closes)
            if at >= ends:
                break
    for piece in pieces:
        end = piece[1]
        reaching = [(closes, window.cutoff) for window, spans in allows for opens, closes in spans if opens < end <= closes]
        piece.append(end - (max(reaching)[1] if reaching else 0))
    piece_begins = [piece[0] for piece in pieces]
    starts = [(begins, cut) for begins, _, cut in pieces if cut > begins]

    events = {first, first + n}
    for begins, ends, cut in pieces:
        events.update((begins, ends, cut))
        # 400 days before: from then on it is seen.
        events.update((begins - AHEAD, ends - AHEAD, begins - AHEAD + 1, ends - AHEAD + 1))
    for begins, ends in forbid:
        events.update((begins, ends))
    events = sorted(event for event in events if first <= event <= first + n)
    out = []
    for at, until in zip(events, events[1:]):
        flags = 0 if covers(forbid, forbid_begins, at) else 4
        index = bisect.bisect_right(piece_begins, at) - 1
        closes = cutoff = later = 0
        if index >= 0 and at < pieces[index][1]:
            flags |= 1
            closes, cutoff = pieces[index][1] * 60000, pieces[index][2] * 60000
            if pieces[index][1] > at + AHEAD:
                closes = cutoff = FOREVER
                flags |= 2
            elif at < pieces[index][2]:
                flags |= 2
        if not flags & 2:
            index = bisect.bisect_right(starts, (at, FOREVER))
            if index < len(starts) and starts[index][0] <= at + AHEAD:
                later = starts[index][0] * 60000
        out.append(struct.pack("<qqqi", closes, cutoff, later, flags) * (until - at))
    return b"".join(out)


def scenario(seed, zone, other, shift):
    """Windows that open, close and meet around a shift of the zone."""
    draw = random.Random(seed)
    before = zone.offset(shift - 1) // 60
    local = shift + before  # what clocks show when it comes
    jump = zone.offset(shift) // 60 - before

    def of_day():
        near = [local, local + jump, local + jump // 2, local - 1, local + 1]
        return (draw.choice(near) + draw.choice((0, 0, 0, 30, -30, -120, 60, draw.randint(-720, 720)))) % 1440

    def opens(mode):
        duration = draw.choice((1, 30, 60, 90, 240, 480, 1440, 1500, 4320, draw.randint(1, 10080)))
        cutoff = draw.choice((0, 0, 1, 30, duration // 2)) if mode == "allow" else 0
        cutoff = cutoff if cutoff < duration else 0
        forbid = mode == "deny" and draw.random() < 0.4
        where = other if draw.random() < 0.2 else zone
        if draw.random() < 0.3:
            day = EPOCH + datetime.timedelta(minutes=local)
            plus = draw.choice((0, 0, 1, 4, 30))
            day -= datetime.timedelta(days=plus)
            nth = min((day.day - 1) // 7 + 1, 5) if draw.random() < 0.8 else draw.randint(1, 5)
            return Window(where, mode, "monthly", (nth, day.isoweekday() % 7, plus, of_day()), duration, cutoff, forbid)
        weekday = (EPOCH + datetime.timedelta(minutes=local)).isoweekday() % 7
        mask = 1 << weekday | draw.choice((0, 0, 1 << (weekday + 6) % 7, 127, draw.randint(0, 127)))
        return Window(where, mode, "days", (mask, of_day()), duration, cutoff, forbid)

    windows = [opens("allow") for _ in range(draw.choice((0, 1, 1, 2, 3)))]
    for _ in range(draw.choice((0, 0, 1, 2))):
        if draw.random() < 0.5:
            windows.append(opens("deny"))
        else:
            begins = local + draw.choice((0, jump // 2, -60, 30, draw.randint(-2000, 2000)))
            length = draw.choice((abs(jump) + 1, 61, 600, 3000, 20000))
            begins -= draw.choice((0, length))
            span = Window(zone, "deny", "span", (begins, begins + length), forbid=draw.random() < 0.4)
            opened, closed = span.spans(0, 0)[0]
            if closed > opened:
                windows.append(span)
    return windows
