"""harness - a fleet for as long as a case lasts, and what is expected of the program."""
import os
import shutil
import subprocess
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TREE, os.environ.get("BUILD", "build"))
PROGRAM = os.environ.get("LOCKSTEP", os.path.join(BUILD, "lockstep"))
FLEET = os.path.join(BUILD, "tests", "fleet")


class Wrong(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Wrong(what)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: wanted {wanted!r}, got {got!r}")


class Fleet:
    """A fleet that serves while the `with` lasts."""

    def __init__(self, n, *options):
        self.dir = tempfile.mkdtemp(prefix="lockstep-fleet-")
        self.process = subprocess.Popen([FLEET, "serve", self.dir, str(n), *options], stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        check("servers on port" in said, f"the fleet does not start: {said!r}")
        self.port = said.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.dir)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def edit(self, name, old, new):
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        check(old in text, f"{name} holds no {old!r}")
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def ctl(self, *words, stdin=""):
        done = subprocess.run([FLEET, "ctl", self.dir, *words], input=stdin, capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"fleet ctl {words}: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def counts(self):
        """{server: [connections, logins, sessions, commits]}"""
        return {row[0]: [int(n) for n in row[1:]] for row in self.ctl("counts")}

    def commits(self):
        return sum(row[3] for row in self.counts().values())

    def command(self, *words):
        return [PROGRAM, words[0], "-c", self.path("config.yaml"), "-f", self.path("manifests"), *words[1:]]

    def run(self, *words):
        """(exit status, output)"""
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def wants(self, status, text, *words):
        got, out = self.run(*words)
        check(got == status, f"{words}: wanted exit {status}, got {got}\n{out}")
        check(text in out, f"{words}: no {text!r} in\n{out}")
        return out

    def loosen(self, failures=1000):
        """Failed servers stop nothing."""
        self.edit("config.yaml", "maxFailures: 1", f"maxFailures: {failures}")

    def passwords(self, server):
        return {row[0]: row[3] for row in self.ctl("pools", server)}


NEW = 'Autumn-2026! "$<'
OLD = "Summer-2026!"
