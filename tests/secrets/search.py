"""search.py - a random password, the forms in which it may stand somewhere, and the search for them."""
import base64
import html
import json
import random
import secrets
import string
import urllib.parse

SPECIAL = "\"'<&$`\\% "


def make():
    """24 characters, of which some change in each of the escapes."""
    draw = random.SystemRandom()
    middle = list(SPECIAL) + [secrets.choice(string.ascii_letters + string.digits) for _ in range(22 - len(SPECIAL))]
    draw.shuffle(middle)
    ends = [secrets.choice(string.ascii_letters + string.digits) for _ in range(2)]
    return ends[0] + "".join(middle) + ends[1]


def base64_forms(data):
    """Inside a longer text it may begin at any of three places."""
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + data + bytes(2))
        yield text[4 if shift else 0:len(text) // 4 * 4 - 8]


def windows(data, step):
    """Eight bytes are enough: the head of a freed block is overwritten."""
    return [data[i:i + 8] for i in range(0, len(data) - 7, step)]


def dotnet_json(text):
    return "".join("\\u%04X" % ord(c) if c in "\"'<>&+`" else "\\\\" if c == "\\" else c for c in text)


def forms(password):
    """{encoding: what to look for}"""
    raw, wide = password.encode(), password.encode("utf-16le")
    named = html.escape(password, quote=False)
    url = urllib.parse.quote(password, safe="")
    hexes = [data.hex() for data in (raw, wide)]
    doubled = password.replace("'", "''")
    ticked = password.replace("`", "``").replace("$", "`$").replace('"', '`"')
    texts = {
        "hex": hexes + [text.upper() for text in hexes] + ["".join("\\x%02x" % b for b in raw)],
        "url": [url, url.replace("%20", "+"), urllib.parse.quote(password), "".join("%%%02x" % b for b in raw)],
        "json": [json.dumps(password)[1:-1], json.dumps(password)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026"), dotnet_json(password)],
        "powershell": [doubled, ticked, password.replace("'", "`'"), password.replace("'", "'\\''")],
        "xml": [named.replace('"', "&quot;"), named.replace('"', "&quot;").replace("'", "&apos;"), html.escape(password), named],
    }
    found = {"ascii": [raw], "utf-16le": [wide],
             "base64": list(base64_forms(raw)), "base64 of utf-16le": list(base64_forms(wide))}
    found.update({name: [text.encode() for text in sorted(set(of))] for name, of in texts.items()})
    found["8 bytes"] = windows(raw, 1) + windows(wide, 2)
    return found


class Canary:
    """A password to look for."""

    def __init__(self):
        self.password = make()
        self.forms = forms(self.password)

    def find(self, data, ignore=()):
        """Names of the encodings in which it stands in data."""
        return [name for name, needles in self.forms.items() if name not in ignore and any(needle in data for needle in needles)]
