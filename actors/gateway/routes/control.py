"""What an operator may do to the bus: send a message, suspend, resume and restart actors, resend what was lost."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, final

import attrs
from quart import Response

from actors import jsontext
from actors.endpoints import BadMessage, read
from actors.gateway.http import answer, read_fields, refusal
from actors.gateway.operator import ACTING, Operator
from actors.gateway.stopping import Stopping
from actors.shapes import described
from bus import Bus, Message, wire_name
from bus.console import Console, State, decode, hex_trace, mask_value


@final
@attrs.frozen(kw_only=True)
class Sent:
    type: str
    message: Mapping[str, Any] = {}


@final
@attrs.frozen(kw_only=True)
class Numbered:
    seq: Annotated[int, described(ge=1)]


@final
@attrs.frozen(kw_only=True)
class Named:
    name: str


@final
class ControlRoutes:
    """``POST`` below ``/api/bus``."""

    def __init__(self, operator: Operator, bus: Bus, console: Console, stopping: Stopping) -> None:
        self._bus = bus
        self._console = console
        self._stopping = stopping
        operator.change("/api/bus/send", self.send)
        operator.change("/api/bus/actor/suspend", self.suspend)
        operator.change("/api/bus/actor/resume", self.resume)
        operator.change("/api/bus/actor/restart", self.restart)
        operator.change("/api/bus/letter/resend", self.resend)

    # --- actors -------------------------------------------------------------------------------------------

    async def suspend(self) -> Response:
        """Let an actor take no more work."""
        return self._done(self._console.suspend(await _name()))

    async def resume(self) -> Response:
        """Let it take work again."""
        return self._done(self._console.resume(await _name()))

    async def restart(self) -> Response:
        """Stop and start an actor. When it is the gateway, or holds it, `complete` is false: it is still to stop."""
        name = await _name()
        with self._stopping.scope() as cut:
            name = await self._console.restart(name)
        return answer({"name": name, "complete": not cut.cancelled_caught})

    def _done(self, name: str) -> Response:
        state = self._console.describe(name)["state"]
        return answer({"name": name, "suspended": state == State.SUSPENDED.value})

    # --- messages -----------------------------------------------------------------------------------------

    async def send(self) -> Response:
        """Send a request and answer with its reply, or a command."""
        wanted = read(Sent, await read_fields())
        kind = self._kind(wanted.type)
        try:
            message = decode(kind, jsontext.write(wanted.message))
        except ValueError as error:
            raise BadMessage(str(error), wire_name(kind)) from None
        return await self._sent(message, hex_trace(self._bus.ids.trace()))

    async def resend(self) -> Response:
        """Send a dead letter once more."""
        seq = read(Numbered, await read_fields()).seq
        entry = self._console.buried(seq)
        if entry is None:
            return refusal(404, f"there is no dead letter {seq}")
        reply = await self._console.resend(entry)
        return answer({"type": entry.letter.kind, "trace": entry.letter.trace, "reply": mask_value(reply)})

    async def _sent(self, message: Message, trace: str) -> Response:
        began = self._bus.clock.monotonic()
        with self._bus.fresh(ACTING, f"00-{trace}-{'1':0>16}-01"), self._bus.baggage(origin=ACTING):
            reply = await self._console.send(message)
        return answer(
            {
                "type": wire_name(type(message)),
                "trace": trace,
                "took": round(self._bus.clock.monotonic() - began, 6),
                "reply": mask_value(reply),
            }
        )

    def _kind(self, name: str) -> type[Message]:
        """The owned class of that wire name, with or without its version. Raises BadMessage."""
        kinds = self._console.kinds()
        for full, kind in kinds.items():
            if name in {full, full.partition("@")[0]}:
                return kind
        near = difflib.get_close_matches(name, [full.partition("@")[0] for full in kinds], n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise BadMessage(f"there is no request or command {name!r}{hint}", "type")


async def _name() -> str:
    return read(Named, await read_fields()).name
