"""applies.py - one apply over a server that does not do what it says, and two that do."""
import json
import os

import changing
import farm
import hostile

GOOD = ("good1", "good2", "ygood3")


class Plan(farm.Plan):
    """The odd server comes after one and before another, and its failure stops no other; nobody has to confirm anything."""

    def manifests(self):
        docs = ["kind: Account\nmetadata: {name: svc-orders}\nspec: {domain: corp, user: svc-orders, password: {secret: svc-orders}}\n"]
        for name, host in self.hosts.items():
            docs.append(f"kind: Server\nmetadata: {{name: {name}}}\nspec: {{host: {host}, port: {self.servers.port}}}\n")
        for group, names in (("row", "good1, worse, ygood3"), ("apart", "good2")):
            docs.append(f"kind: ResourceGroup\nmetadata: {{name: {group}}}\nspec: {{servers: [{names}], rollout: {{maxFailures: 9}}}}\n")
            docs.append(f"kind: AppPoolBinding\nmetadata: {{name: {group}}}\nspec: {{identity: {{account: svc-orders}}, groups: [{group}], "
                        "pools: [OrdersApi, OrdersWorker]}\n")
        return "---\n".join("apiVersion: lockstep/v1\n" + doc for doc in docs)


class Applies:
    expected = "applies.expected"
    title = "hostile servers in apply"

    def __init__(self, program, names):
        self.program = program
        self.names = farm.selected(hostile.CHANGING, names, program == farm.PROGRAM)
        kinds = {}
        for name in self.names:
            i = list(hostile.CHANGING).index(name) + 1
            kinds.update({f"127.0.10.{i}": hostile.CHANGING[name], **{f"127.0.{n}.{i}": changing.Changing for n in (11, 12, 13)}})
        self.servers = farm.Servers(kinds)

    def judge(self, name):
        i = list(hostile.CHANGING).index(name) + 1
        hosts = {"good1": f"127.0.11.{i}", "good2": f"127.0.12.{i}", "ygood3": f"127.0.13.{i}", "worse": f"127.0.10.{i}"}
        plan = Plan(self.servers, hosts)
        with open(plan.path("config.yaml")) as file:
            plan.put("config.yaml", file.read().replace("newPairs: ask", "newPairs: allow").replace("caps:", "caps:\n  maxFailures: 9"))
        try:
            stops = getattr(hostile.CHANGING[name], "stops_the_account", False)
            return self.carry_out(plan, {name: self.servers.seen[host] for name, host in hosts.items()}, stops)
        finally:
            plan.done()

    def carry_out(self, plan, seen, may_stop):
        faults = []
        status, text, _, _ = plan.run(self.program, "apply", "--auto-approve", "-v", "-o", "table", "-o", "json=result.json")
        _, remembered, _, _ = plan.run(self.program, "status", "-o", "table", "-o", "json=status.json")
        raw = b""
        for name in ("result.json", "status.json"):
            if not os.path.exists(plan.path(name)):
                return f"exit {status}", [f"there is no {name}: {text}"]
            with open(plan.path(name), "rb") as file:
                raw += file.read()
        for what, shown in (("apply", text), ("json", raw.decode()), ("status", remembered)):
            faults += farm.acts(what, shown)
        with open(plan.path("status.json")) as file:
            rows = json.load(file)["pools"]
        for row in rows:
            if row["server"] not in GOOD:
                continue
            held = seen[row["server"]].pools[row["pool"]]
            if may_stop and row["status"] == "skipped" and held.n_written == 0 and row["reason"].startswith("account "):
                continue
            if row["status"] != "converged" or held.password != farm.CANARY or held.n_written != 1:
                faults.append(f"{row['server']}/{row['pool']} was written {held.n_written} times and is {row['status']}: {row['reason']}")
        odd = seen["worse"].pools if hasattr(seen["worse"], "pools") else {}
        told = [f"{row['pool']} {row['status']}, written {odd[row['pool']].n_written if odd else 0}x{': ' if row['reason'] else ''}{row['reason']}"
                for row in rows if row["server"] == "worse"]
        return f"exit {status}: " + plan.plain("; ".join(told)), faults
