"""``POST /mcp``: the agent for clients of the Model Context Protocol, by streamable HTTP without sessions."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, final

import trio
from quart import Quart, Response, g, request

from actors.agent import messages as agent
from actors.answering import answer_to
from actors.gateway.client_frames import ClientMessage
from actors.gateway.event_stream import STILL_HERE, EventStream
from actors.gateway.failures import report
from actors.gateway.http import answer, principal, route
from actors.gateway.mcp import protocol
from actors.gateway.mcp.protocol import Asked, Json, Refused
from actors.gateway.presence import Presence
from actors.gateway.settings import About
from actors.memory import messages as memory
from actors.session import messages as session
from actors.vocabulary import Principal
from bus import ActorError, Bus, DeliveryError, Lag

SOURCE: Final = "mcp"
"""Of messages that come this way."""
STREAM: Final = "text/event-stream"
LEFT: Final = "the agent is restarting, or your access has changed; a turn that was begun goes on"
Tell = Callable[[str], None]


@final
class McpRoutes:
    """They are no endpoints: the messages have the shape of another's interface, and some are answered by a stream."""

    def __init__(self, app: Quart, bus: Bus, presence: Presence, about: About) -> None:
        self._bus = bus
        self._presence = presence
        self._about = about
        route(app, "POST", protocol.PATH, self.post)

    async def post(self) -> Response:
        """Answer one message."""
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        try:
            version = request.headers.get("MCP-Protocol-Version")
            if version is not None and version not in protocol.VERSIONS:
                raise Refused(protocol.INVALID_REQUEST, f"this speaks {', '.join(protocol.VERSIONS)}")
            asked = protocol.read(body)
            if asked is None or asked.id is None:
                return Response(b"", 202)
            if asked.method != "tools/call":
                return answer(protocol.answered(asked, self._about.agent_name(), self._about.version))
            protocol.called(asked)
        except Refused as refused:
            known = refused.code in {protocol.METHOD_NOT_FOUND, protocol.INVALID_PARAMS}
            return answer(protocol.error(refused), 200 if known else 400)
        return await self._call(asked)

    async def _call(self, asked: Asked) -> Response:
        call = Call(self._bus, asked, principal(), request.headers.get("traceparent"))
        if STREAM in request.headers.get("Accept", ""):
            stream = Stream(self._presence, g.changes, call)
            return Response(stream, 200, {"X-Accel-Buffering": "no"}, content_type=STREAM)
        found = protocol.texts(asked, [LEFT], is_error=True)
        with self._presence.stay(call.who, g.changes):
            found = await call.carried_out(lambda _: None)
        return answer(found)


@final
class Call:
    """A call of one of our tools."""

    def __init__(self, bus: Bus, asked: Asked, who: Principal, trace: str | None) -> None:
        self._bus = bus
        self.asked = asked
        self.who = who
        self._trace = trace

    async def carried_out(self, tell: Tell) -> Json:
        """The answer; what goes wrong is one as well. `tell` hears what the agent is doing."""
        with (
            self._bus.fresh("gateway", self._trace),
            self._bus.baggage(origin=SOURCE, user=self.who.user),
        ):
            try:
                match protocol.called(self.asked):
                    case protocol.Chat() as chat:
                        return await self._chat(chat, tell)
                    case protocol.MemorySearch() as search:
                        return await self._search(search)
                    case protocol.SessionsList() as wanted:
                        return await self._sessions(wanted)
                    case protocol.SessionRead() as wanted:
                        return await self._read(wanted)
            except (ActorError, DeliveryError) as error:
                return protocol.texts(self.asked, [report(error, "a call by MCP").text], is_error=True)

    async def _chat(self, chat: protocol.Chat, tell: Tell) -> Json:
        key = None if chat.conversation else f"mcp-{self._bus.ids.uuid()}"
        message = ClientMessage(
            text=chat.text,
            session_id=chat.conversation or None,
            channel_session_key=key,
            mode="queue",  # so that each call has a turn, and with that an answer, of its own
        )
        incoming = message.accept(self.who, SOURCE, ()).incoming
        accepted = await self._bus.ask(agent.Accept(incoming=incoming))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch, accepted, tell)
            found = await self._outcome(lambda: answer_to(self._bus, accepted, self.who.user))
            nursery.cancel_scope.cancel(reason="the turn has ended")
        if isinstance(found, BaseException):
            raise found
        turn = found.answered_by
        said = [text for text in (found.text, found.notice and f"[{found.notice}]") if text]
        said += [f"[File: {file.path}]" for file in found.attachments]
        more: Json = {"conversation": turn.session, "turn": found.turn, "outcome": turn.outcome}
        failed = turn.state == "failed"
        return protocol.texts(
            self.asked, [*said, f"[conversation: {turn.session}]"], is_error=failed, more=more
        )

    async def _outcome(self, ask: Callable[[], Awaitable[agent.Answer]]) -> agent.Answer | BaseException:
        """What comes of it; what is raised in a nursery would come out as one of a group."""
        try:
            return await ask()
        except (ActorError, DeliveryError) as error:
            return error

    async def _watch(self, accepted: agent.Accepted, tell: Tell) -> None:
        """Tell which tools the agent uses meanwhile."""
        async with self._bus.subscribe(
            agent.ToolStarted, key=accepted.session, lag=Lag.DROP_OLDEST
        ) as started:
            async for event in started:
                tell(event.name)

    async def _search(self, search: protocol.MemorySearch) -> Json:
        found = await self._bus.ask(memory.Search(q=search.query, limit=search.limit, user=self.who.user))
        return protocol.texts(
            self.asked, [f"{each.citation}\n{each.text}" for each in found] or ["Nothing fits in the notes."]
        )

    async def _sessions(self, wanted: protocol.SessionsList) -> Json:
        found = await self._bus.ask(
            session.List(user=self.who.user, limit=wanted.limit, q=wanted.title or None)
        )
        lines = [
            f"{each.id}  {each.last_message_at:%Y-%m-%d %H:%M}  {each.title or '(no title)'}"
            for each in found
        ]
        return protocol.texts(self.asked, ["\n".join(lines) or "There are no conversations."])

    async def _read(self, wanted: protocol.SessionRead) -> Json:
        rows = await self._bus.ask(
            session.Messages(session=wanted.session, user=self.who.user, limit=wanted.limit)
        )
        said = [f"[{row.role}] {row.content}" for row in rows if row.role in {"user", "assistant"}]
        return protocol.texts(self.asked, said or ["Nothing was said."])


@final
class Stream(EventStream):
    """The body of an answer that is waited for."""

    def __init__(self, presence: Presence, changes: int, call: Call) -> None:
        super().__init__(presence, call.who, changes)
        self._call = call
        self._steps = 0
        self._told: list[Json] = []
        self._over = False

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield STILL_HERE
        while not (self._over and not self._told):
            if not await self._is_told():
                yield STILL_HERE
            told, self._told, self._some = self._told, [], trio.Event()
            for message in told:
                yield protocol.event(message)

    async def _run(self) -> None:
        self._end(await self._call.carried_out(self._tell))

    def _tell(self, what: str) -> None:
        token = self._call.asked.progress
        if token is not None and not self._over:
            self._steps += 1
            self._say(protocol.progress(token, self._steps, what))

    def _leave(self, _code: int, _reason: str) -> None:
        self._end(protocol.texts(self._call.asked, [LEFT], is_error=True))

    def _end(self, message: Json) -> None:
        if not self._over:
            self._over = True
            self._say(message)

    def _say(self, message: Json) -> None:
        self._told.append(message)
        self._some.set()
