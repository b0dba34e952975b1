"""cases_exact.py - a password is stored to the character, and nothing else of the file changes."""
import difflib
import re

import farm
from farm import check, equal

SERVERS = farm.Farm

NASTY = "N3w\"quo'te&<>\\%$`^\u20ac\U0001f600 x "

POOLS = {
    "pubs": ["GUAM"],
    "win": ["DefaultAppPool", ".NET v4.5 Classic"],
    "sys": ["MyPool"],
}


def only_these_pools(before, after, names):
    """Lines that differ belong to <add> elements of these pools; every other byte is as before."""
    a, b = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        text = b"".join(a[a1:a2] + b[b1:b2])
        touched = set(re.findall(rb'name="([^"]*)"', text))
        check(touched <= {n.encode() for n in names}, f"other elements changed: {text!r}")
        rest = re.sub(rb"<add |</add>|<processModel |/>|>|\s|(name|autoStart|managedRuntimeVersion|managedPipelineMode|enable32BitAppOnWin64|identityType|userName|password)=\"[^\"]*\"", b"", text)
        equal(rest, b"", "something else stands in the changed lines")


def case_nasty_password_in_all_three_configurations(f):
    f.up(farm.CONFIGS)
    f.account("svc-orders", NASTY)
    f.secret("svc-orders", NASTY)
    # GUAM says SpecificUser itself; the others inherit ApplicationPoolIdentity or come from a builtin of their own.
    f.set("pubs", "GUAM", "svc-orders", "old")
    f.bind("svc-orders", POOLS, rollout="  rollout: {canary: 3, batch: 1}\n")
    before = {name: f.config_bytes(name) for name in POOLS}
    f.run("apply", "--auto-approve").wants(0, "4 changed")
    f.holds(POOLS, NASTY)
    for name, names in POOLS.items():
        only_these_pools(before[name], f.config_bytes(name), names)
    for name in POOLS:
        equal(f.farm("request", name, POOLS[name][0]).strip(), "200", f"{name} answers")


def case_builtin_identity_at_the_pool_itself(f):
    """NetworkService that stands at the pool, beside pools that inherit: all three attributes together."""
    with open(farm.APPHOST + "/" + farm.CONFIGS["sys"], "rb") as file:
        text = file.read()
    changed = re.sub(rb'<add name="MyPool"[^>]*>', rb'\g<0><processModel identityType="NetworkService" />', text)
    check(changed != text, "the configuration holds MyPool")
    with open(f.path("edited.config"), "wb") as file:
        file.write(changed)
    f.up({"sys1": f.path("edited.config")})
    f.account("svc-orders", NASTY)
    f.secret("svc-orders", NASTY)
    f.bind("svc-orders", {"sys1": ["MyPool"]})
    f.run("plan").wants(0, "NetworkService")
    f.run("apply", "--auto-approve").wants(0, "1 changed")
    f.holds({"sys1": ["MyPool"]}, NASTY)
    only_these_pools(changed, f.config_bytes("sys1"), ["MyPool"])


def case_final_newline_of_a_secret_file_is_not_part_of_it(f):
    pools = f.usual(servers={"sys1": farm.CONFIGS["sys"]})
    with open(f.path("secrets/svc-orders"), "w", newline="") as file:
        file.write(farm.NEW + "\r\n")
    f.run("apply", "--auto-approve").wants(0, "1 changed")
    f.holds(pools, farm.NEW)


def case_a_pool_that_inherits_specific_user_is_refused(f):
    f.up({"pubs": farm.CONFIGS["pubs"]})
    f.account("svc-orders", farm.NEW)
    f.secret("svc-orders", farm.NEW)
    f.bind("svc-orders", {"pubs": ["GuamTraining"]})
    before = f.config_bytes("pubs")
    f.run("plan").wants(0, "GuamTraining", "inherits SpecificUser from applicationPoolDefaults")
    f.run("plan", "--exit-code").wants(2)
    f.run("apply", "--auto-approve").wants(3)
    equal(f.commits(), 0, "commits")
    equal(f.config_bytes("pubs"), before, "applicationHost.config")


def case_byte_order_mark_and_the_other_line_ends(f):
    with open(farm.APPHOST + "/" + farm.CONFIGS["win"], "rb") as file:
        text = file.read()
    turned = text.replace(b"\r\n", b"\n") if b"\r\n" in text else text.replace(b"\n", b"\r\n")
    turned = b"\xef\xbb\xbf" + turned.removeprefix(b"\xef\xbb\xbf")
    with open(f.path("edited.config"), "wb") as file:
        file.write(turned)
    f.up({"win": f.path("edited.config")})
    f.account("svc-orders", NASTY)
    f.secret("svc-orders", NASTY)
    f.bind("svc-orders", {"win": POOLS["win"]})
    f.run("apply", "--auto-approve").wants(0, "2 changed")
    f.holds({"win": POOLS["win"]}, NASTY)
    only_these_pools(turned, f.config_bytes("win"), POOLS["win"])
    check(f.config_bytes("win").startswith(b"\xef\xbb\xbf"), "the byte order mark stays")
