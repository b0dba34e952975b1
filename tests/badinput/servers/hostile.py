"""hostile.py - all bad servers by name: the class's name in small letters with hyphens; the class says what it does."""
import hostile_reply
import hostile_ssh
from script import Script


def name_of(kind):
    return "".join(("-" + c.lower() if c.isupper() or (c.isdigit() and not kind.__name__[i - 1].isdigit()) else c)
                   for i, c in enumerate(kind.__name__)).lstrip("-")


NOT_ALONE = (Script, hostile_reply.Observes)
SERVERS = {name_of(kind): kind for module in (hostile_ssh, hostile_reply) for kind in vars(module).values()
           if isinstance(kind, type) and issubclass(kind, Script) and kind not in NOT_ALONE}
