"""cases.py - the form of the *.cases files: reading them, and writing what was expected anew.

A file begins with `run COMMAND`, the command line of its cases, and has one block a case:

    ## name                     a line of small letters, digits and -
    # why                       comment
    put PATH = EXPRESSION       a file's bytes, as a Python expression (str is UTF-8)
    text PATH                   a file's text: the lines that follow with `| ` before them
    edit PATH: OLD => NEW       the first OLD in a file becomes NEW; both are Python expressions
    do COMMAND                  a shell command in the folder of the case
    run COMMAND                 instead of the command of the file
    needs root                  skipped for other users
    not sanitized               left out for a program with sanitizers
    makes PATH                  the run may make this file; anything else that changes is a fault
    contacts                    the run may connect to the server
    exit N                      the exit status
    > line                      standard output and error, line by line
"""
import os
import re

FOLDER = os.path.dirname(os.path.abspath(__file__))
NAME = re.compile(r"^[a-z0-9-]+$")


class Case:
    def __init__(self, area, name):
        self.area, self.name = area, name
        self.steps = []  # (word, rest, text)
        self.run = None
        self.makes = []
        self.needs_root = self.contacts = self.not_sanitized = False
        self.exit, self.lines = None, []
        self.kept = []  # the block's lines without what is expected

    @property
    def full_name(self):
        return self.area + "/" + self.name

    def add(self, line):
        if line.startswith("> ") or line == ">":
            self.lines.append(line[2:])
            return
        word, _, rest = line.partition(" ")
        if word == "exit":
            self.exit = int(rest)
            return
        self.kept.append(line)
        if word == "|":
            self.steps[-1][2].append(rest)
        elif word in ("put", "text", "edit", "do"):
            self.steps.append((word, rest, []))
        elif word == "run":
            self.run = rest
        elif word == "makes":
            self.makes.append(rest)
        elif line == "needs root":
            self.needs_root = True
        elif line == "not sanitized":
            self.not_sanitized = True
        elif line == "contacts":
            self.contacts = True
        elif line and word != "#":
            raise ValueError(f"{self.full_name}: what is {line!r}?")


def read(area):
    """(lines before the first case, cases) of an area's file."""
    head, cases, run = [], [], None
    with open(os.path.join(FOLDER, area + ".cases"), encoding="utf-8", newline="\n") as file:
        for line in file.read().split("\n"):
            if line.startswith("## "):
                name = line[3:]
                if not NAME.match(name) or any(case.name == name for case in cases):
                    raise ValueError(f"{area}: the name {name!r} is bad, or stands twice")
                cases.append(Case(area, name))
                cases[-1].run = run
            elif cases:
                cases[-1].add(line)
            else:
                head.append(line)
                if line.startswith("run "):
                    run = line[4:]
    return head, cases


def areas():
    return sorted(name[:-6] for name in os.listdir(FOLDER) if name.endswith(".cases"))


def write(area, head, cases):
    """The file again, with each case's exit and lines as they stand in it."""
    out = list(head)
    for case in cases:
        kept = case.kept[:]
        while kept and not kept[-1]:
            kept.pop()
        out.append("## " + case.name)
        out += kept
        if case.exit is not None:
            out.append(f"exit {case.exit}")
        out += [("> " + line).rstrip() if not line else "> " + line for line in case.lines]
        out.append("")
    with open(os.path.join(FOLDER, area + ".cases"), "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(out))


def one_line(case):
    """The line of what is printed that says what is wrong."""
    for line in case.lines:  # in a report of many things
        if "could not be read: " in line and not line.startswith("Incomplete"):
            return " ".join(line.split())
        if line.startswith("secret "):
            return line
    placed = [line for line in case.lines if not line.startswith(("lockstep: ", "  next: "))]
    told = [line for line in case.lines if line.startswith("lockstep: ")]
    if placed:
        more = len(placed) - 1
        return placed[0] + (f" (+ {more} more)" if more else "")
    return told[0][len("lockstep: "):] if told else "(nothing is printed)"
