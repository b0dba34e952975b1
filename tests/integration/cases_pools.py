"""cases_pools.py - every pool of the three real configurations under each kind of binding: what was changed, what
was refused, and why. pools.expected holds the rows; `tests/integration/pools` prints them as a table and, with
--update, writes them anew from what the program did."""
import json
import os

import farm

SERVERS = farm.Farm
HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, "pools.expected")
USER = "svc-orders"
HEAD = """apiVersion: lockstep/v1
kind: ResourceGroup
metadata: {name: all}
spec:
  servers: [pubs, sys, win]
  rollout: {canary: 1, batch: "100%", maxFailures: 3}
"""
ACCOUNT = """---
apiVersion: lockstep/v1
kind: Account
metadata: {name: svc-orders}
spec: {domain: corp, user: svc-orders, password: {secret: svc-orders}}
"""
MANAGED = """---
apiVersion: lockstep/v1
kind: Account
metadata: {name: gmsa-orders}
spec: {domain: corp, user: gmsa-orders$, type: gmsa}
"""


def binding(identity, which, more=""):
    return f"""---
apiVersion: lockstep/v1
kind: AppPoolBinding
metadata: {{name: orders}}
spec:
  identity: {{{identity}}}
  groups: [all]
  {which}
{more}"""


ALL = 'pools: ["*"]'
NAMED = """pools: [MyPool, DefaultAppPool, ".NET v4.5", GUAM, Guam-typo]"""


def before_follow(f):
    for server, pool in (("win", "DefaultAppPool"), ("win", ".NET v2.0"), ("pubs", "GuamTraining"), ("sys", "MyPool")):
        f.set(server, pool, USER, farm.OLD)


def before_elsewhere(f):
    before_follow(f)
    f.farm("elsewhere", "win", "service", "OrdersQueue", "CORP\\" + USER)


def before_odd(f):
    """Damaged storage, a foreign product's pool, a pool that a person stopped."""
    before_follow(f)
    f.farm("damage", "win", "DefaultAppPool", "IISWASOnlyCngProvider")
    f.farm("add", "sys", "WsusPool")
    f.set("sys", "WsusPool", USER, farm.OLD)
    f.farm("stop", "win", ".NET v2.0")


# kind -> (manifests, what is done to the servers first)
KINDS = {
    "names": (ACCOUNT + binding("account: svc-orders", NAMED), None),
    "glob": (ACCOUNT + binding("account: svc-orders", ALL, '  exclude: ["Classic*", "ASP.NET 1.1"]\n'), None),
    "glob makeLocal": (ACCOUNT + binding("account: svc-orders", ALL, "  inherited: makeLocal\n"), None),
    "follow": (ACCOUNT + binding("account: svc-orders", "follow: true"), before_follow),
    "elsewhere refuse": (ACCOUNT + binding("account: svc-orders", "follow: true", "  elsewhere: refuse\n"), before_elsewhere),
    "builtin NetworkService": (binding("builtin: NetworkService", ALL), before_follow),
    "builtin ApplicationPoolIdentity": (binding("builtin: ApplicationPoolIdentity", ALL), before_follow),
    "gmsa": (MANAGED + binding("account: gmsa-orders", ALL), None),
    "odd pools": (ACCOUNT + binding("account: svc-orders", ALL), before_odd),
}


def identity_of(row):
    return row[1] + (" " + row[2] if row[2] else "")


def rows_of(f, kind):
    """[kind, server, pool, was, became, outcome, why] of each pool and pattern of the three servers."""
    manifests, prepare = KINDS[kind]
    f.up({name: farm.CONFIGS[name] for name in ("pubs", "sys", "win")})
    f.account(USER, farm.OLD)
    f.account("gmsa-orders$", "")
    if prepare:
        prepare(f)
    f.account(USER, farm.NEW)
    f.secret(USER, farm.NEW)
    f.config("allow: [password, identity]", "allow: [password, identity, follow, builtin]")
    f.config('batch: "25%", maxFailures: 1', 'batch: "100%", maxFailures: 3')
    f.manifest("pools.yaml", HEAD + manifests)
    was = {name: f.pools(name) for name in f.servers()}
    plan = f.run("plan", "-o", "json").json()
    applied = f.path("apply.json")
    done = f.run("apply", "--auto-approve", "-o", "json=" + applied, "-o", "table")
    found = {}
    for standing in plan["standing"]:
        found[standing["server"], standing["pool"]] = (standing["status"], standing["reason"])
    if os.path.exists(applied):
        with open(applied) as file:
            for row in json.load(file)["rows"]:
                found[row["server"], row["pool"]] = (row["outcome"], row["reason"])
    elif plan["changes"]:
        raise farm.Wrong(done.out + done.err)
    now = {name: f.pools(name) for name in f.servers()}
    rows = []
    for server in f.servers():
        for pool in sorted({p for s, p in found if s == server} | set(was[server])):
            before, after = was[server].get(pool), now[server].get(pool)
            outcome, why = found.get((server, pool), ("left alone", ""))
            if before and after and before[1:4] != after[1:4] and outcome != "changed":
                raise farm.Wrong(f"{server}/{pool} is {outcome} and yet was written")
            if outcome == "changed":
                farm.check(after[3] == (farm.NEW if "svc-orders" in after[2] else ""), f"{server}/{pool}: password {after[3]!r}")
            rows.append([kind, server, pool, identity_of(before) if before else "-", identity_of(after) if after else "-",
                         outcome, why])
    again = f.run("plan", "-o", "json").json()
    farm.equal(again["changes"], [], f"{kind}: changes of a second plan")
    return rows


def read_expected():
    with open(EXPECTED) as file:
        return [line.split("\t") for line in file.read().splitlines()]


def kind_as_case(kind):
    def case(f):
        wanted = [row for row in read_expected() if row[0] == kind]
        farm.check(wanted, f"pools.expected has rows of {kind}")
        for got, want in zip(rows_of(f, kind), wanted, strict=True):
            farm.equal(got, want, f"{kind}: {want[1]}/{want[2]}")

    return case


# The others take as long again: `tests/integration/pools --check` (make nightly) compares all.
for _kind in ("odd pools",):
    globals()["case_pools_" + _kind.replace(" ", "_")] = kind_as_case(_kind)
