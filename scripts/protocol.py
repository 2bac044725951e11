"""The page's side of the protocol, written from the gateway's."""

import re
from collections.abc import Mapping
from typing import Any, Final

from actors.agent import messages as agent
from actors.gateway import protocol
from actors.gateway.client_frames import CLIENT_FRAMES
from actors.gateway.protocol import wire
from actors.vocabulary import FollowupMode
from scripts.typescript import Types

HEAD: Final = """\
/** What page and gateway say to each other. Written by scripts/docs from actors/gateway/protocol.py. */

"""


SECTION_HEAD: Final = """\
/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

"""


def section_types(values: tuple[type[Any], ...], limits: Mapping[str, int]) -> str:
    """The text of a section's ``page/protocol.ts``."""
    types = Types(wire, {}, protocol.VALUES)
    for limit, most in limits.items():
        types.constant(limit, f"{most:_}")
    for value in values:
        types.written(value)
    text = types.text()
    shared = sorted(wire.forms[each].name for each in protocol.VALUES if each in wire.forms)
    names = [name for name in shared if re.search(rf"\b{name}\b", text)]
    imports = f'import type {{ {", ".join(names)} }} from "@starpod/page";\n\n' if names else ""
    return SECTION_HEAD + imports + text


def page_types() -> str:
    """The text of ``web/src/protocol.ts``."""
    types = Types(wire, {"FollowupMode": FollowupMode})
    types.constant("PROTOCOL", str(protocol.PROTOCOL))
    for value in protocol.VALUES:
        types.written(value)
    said = [types.read(kind, tag) for tag, kind in CLIENT_FRAMES.items()]
    types.union("ClientFrame", said)
    events = {kind: types.written(kind) for kind in agent.TURN_EVENTS}
    types.union("Delta", ["TextDelta", "ThinkingDelta"])
    types.union("StreamEnd", ["TurnEnded", "TurnFailed"])
    types.union("SessionEvent", events.values())
    frames = {kind: types.written(kind) for kind in protocol.SERVER_FRAMES}
    types.union("Fate", ['Accepted["fate"]'])
    types.union("ServerFrame", [*frames.values(), "SessionEvent"])
    for name, kinds in (("SESSION_EVENTS", events), ("OTHER_FRAMES", frames)):
        tags = dict.fromkeys(wire.forms[kind].tag for kind in kinds)
        items = "".join(f'  "{tag}",\n' for tag in tags)
        types.constant(name, f"[\n{items}] as const")
    return HEAD + types.text()
