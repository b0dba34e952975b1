"""hostile.py - all bad servers by name: the class's name in small letters with hyphens; the class says what it does."""
import changing
import hostile_reply
import hostile_ssh
from script import Script


def name_of(kind):
    return "".join(("-" + c.lower() if c.isupper() or (c.isdigit() and not kind.__name__[i - 1].isdigit()) else c)
                   for i, c in enumerate(kind.__name__)).lstrip("-")


NOT_ALONE = (Script, hostile_reply.Observes, *changing.NOT_ALONE)


def servers_of(*modules):
    return {name_of(kind): kind for module in modules for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, Script) and kind not in NOT_ALONE}


SERVERS = servers_of(hostile_ssh, hostile_reply)
CHANGING = servers_of(changing)
