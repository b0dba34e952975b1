"""cases_verify.py - what happens when a pool's site does not answer as it should."""
import os
import re

import farm
from farm import check, equal

SERVERS = farm.Farm

BINDING = """apiVersion: lockstep/v1
kind: Account
metadata: {name: svc-orders}
spec: {domain: corp, user: svc-orders, password: {secret: svc-orders}}
---
apiVersion: lockstep/v1
kind: ResourceGroup
metadata: {name: all}
spec: {servers: [sys1]}
---
apiVersion: lockstep/v1
kind: AppPoolBinding
metadata: {name: orders}
spec:
  identity: {account: svc-orders}
  groups: [all]
  pools: [MyPool]
  onVerifyFail: %s
  verify: {http: {path: /health, expect: [200, 401], within: 4s}}
"""


def set_up(f, on_fail):
    """MyPool runs as NetworkService; its one site answers on a binding of the server's own address. The site's name."""
    with open(os.path.join(farm.APPHOST, farm.CONFIGS["sys"]), "rb") as file:
        text = file.read()
    # Port 80 of this machine is nobody's, and every binding of a site is asked.
    text = re.sub(rb"[ \t]*<binding protocol=[^>]*/>\r?\n", b"", text)
    with open(f.path("one.config"), "wb") as file:
        file.write(text)
    f.up({"sys1": f.path("one.config")})
    f.account("svc-orders", farm.NEW)
    f.secret("svc-orders", farm.NEW)
    f.farm("builtin", "sys1", "MyPool", "NetworkService")
    f.manifest("orders.yaml", BINDING % on_fail)
    site = re.search(rb'<site name="([^"]+)"(?:(?!</site>).)*applicationPool="MyPool"', text, re.S).group(1).decode()
    f.farm("bind", "sys1", site, "shop.example")
    return site


def asked(f):
    with open(f.path("servers/sys1/http.log")) as file:
        return file.read()


def case_a_site_that_answers_is_verified(f):
    site = set_up(f, "stop")
    f.farm("http", "sys1", site, "401")
    f.run("apply", "--auto-approve").wants(0, "1 changed, 0 failed")
    f.holds({"sys1": ["MyPool"]}, farm.NEW)
    check("shop.example" in asked(f) and "GET /health" in asked(f), "the site was asked: " + asked(f))


def case_a_site_that_fails_is_put_back(f):
    site = set_up(f, "rollback")
    f.farm("http", "sys1", site, "500")
    f.run("apply", "--auto-approve").wants(3, "500", "put back to NetworkService")
    equal(f.pools("sys1")["MyPool"][1:4], ["NetworkService", "", ""], "the pool")
    equal(f.commits(), 2, "commits")


def case_a_site_that_fails_stops(f):
    site = set_up(f, "stop")
    f.farm("http", "sys1", site, "500")
    f.run("apply", "--auto-approve").wants(3, "500", site)
    f.holds({"sys1": ["MyPool"]}, farm.NEW)
    equal(f.commits(), 1, "commits")
