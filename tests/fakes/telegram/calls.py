"""Calls of the bot: from an address with a token in it to an answer, or to the fault that it is to meet."""

import json
import mimetypes
from collections.abc import Mapping
from typing import Any, Final, final

import trio

from tests.fakes.telegram import methods, parameters
from tests.fakes.telegram.connection import Answer, Connection, Incoming
from tests.fakes.telegram.faults import Fault, Faults
from tests.fakes.telegram.parameters import Parameters
from tests.fakes.telegram.refusals import Refusal, bad_request, refusal
from tests.fakes.telegram.state import Request, World

LONGEST_POLL: Final = 50
"""Seconds."""
WEBHOOK: Final = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLL: Final = "terminated by other getUpdates request; make sure that only one bot instance is running"
OTHER_WEBHOOK: Final = "terminated by setWebhook request"
BAD_GATEWAY: Final = Answer(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n",
    "text/html",
)
GARBAGE: Final = Answer(200, b'{"ok":true,"result":[{"update_id":1')


@final
class Calls:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._changed = trio.Event()
        self._polls = 0

    def wake(self) -> None:
        """Something has changed: polls that wait look again."""
        self._changed.set()
        self._changed = trio.Event()

    async def answer(self, connection: Connection, request: Incoming) -> None:
        """Answer one request, or do to it what a fault says. Raises Gone."""
        try:
            method, p = self._read(request)
        except Refusal as error:
            self._record(Request(request.path.rpartition("/")[2], {}, self._world.clock(), error.description))
            await connection.send(refused(error))
            return
        call = Request(method, p.shown(), self._world.clock())
        fault = self._faults.meet(method.lower(), p.values)
        if fault is not None:
            call.outcome = fault.kind
        self._record(call)
        if fault is None:
            await connection.send(await self._result(connection, call, p))
            return
        answer = GARBAGE
        if fault.effect or fault.kind in {"half", "slow"}:
            answer = await self._result(connection, call, p)
            call.outcome = f"{fault.kind} after: {call.outcome}"
            self._world.changed()
        await _spoiled(connection, answer, fault)

    def _read(self, request: Incoming) -> tuple[str, Parameters]:
        """The method, and its parameters; of a download the path takes their place. Raises Refusal."""
        is_file = request.path.startswith("/file/bot")
        token, _, rest = request.path.removeprefix("/file").removeprefix("/bot").partition("/")
        if not request.path.startswith(("/bot", "/file/bot")) or not rest or ":" not in token:
            raise refusal(404)
        if token != self._world.token:
            raise refusal(401)
        if is_file:
            return "file", Parameters({"path": rest}, {})
        return rest, parameters.read(request.query, request.content_type, request.body)

    def _record(self, call: Request) -> None:
        self._world.requests.append(call)
        self._world.changed()

    async def _result(self, connection: Connection, call: Request, p: Parameters) -> Answer:
        """Let the call take effect."""
        try:
            if call.method == "file":
                answer = self._download(p.text("path"))
            elif call.method.lower() == "getupdates":
                answer = succeeded(await connection.watching(self._poll, p))
            else:
                answer = succeeded(methods.call(self._world, call.method.lower(), p))
            call.outcome = "ok"
        except Refusal as error:
            call.outcome = error.description
            answer = refused(error)
        self._world.changed()
        return answer

    async def _poll(self, p: Parameters) -> list[dict[str, Any]]:
        """Updates, at once or when there are some. A newer poll ends this one. Raises Refusal."""
        if unknown := p.values.keys() - methods.GET_UPDATES:
            raise bad_request(f"getUpdates has no parameter {sorted(unknown)}")
        if self._world.webhook:
            raise refusal(409, WEBHOOK)
        self._polls += 1
        number = self._polls
        self._world.polls += 1
        methods.allow(self._world, p)
        self._world.changed()
        try:
            with trio.move_on_after(min(max(p.integer("timeout"), 0), LONGEST_POLL)):
                while not self._take(p, number):
                    await self._changed.wait()
            return self._take(p, number)
        finally:
            self._world.polls -= 1
            self._world.changed()

    def _take(self, p: Parameters, number: int) -> list[dict[str, Any]]:
        if self._world.webhook:
            raise refusal(409, OTHER_WEBHOOK)
        if number != self._polls:
            raise refusal(409, OTHER_POLL)
        return self._world.updates.take(p.integer("offset"), p.integer("limit", 100))

    def _download(self, path: str) -> Answer:
        file = self._world.files.at(path)
        if file is None:
            raise refusal(404)
        return Answer(200, file.data, mimetypes.guess_type(path)[0] or "application/octet-stream")


def succeeded(result: Any) -> Answer:
    return Answer(200, json.dumps({"ok": True, "result": result}).encode())


def refused(error: Refusal) -> Answer:
    seconds = error.parameters.get("retry_after")
    headers: Mapping[str, str] = {} if seconds is None else {"retry-after": str(seconds)}
    return Answer(error.code, json.dumps(error.body()).encode(), headers=headers)


async def _spoiled(connection: Connection, answer: Answer, fault: Fault) -> None:
    match fault.kind:
        case "silence":
            await connection.silence()
        case "half":
            await connection.send_half(answer)
        case "slow":
            await connection.send_slowly(answer, fault.seconds)
        case "drop" | "reset":
            connection.cut(hard=fault.kind == "reset")
        case "html":
            await connection.send(BAD_GATEWAY)
        case "garbage":
            await connection.send(GARBAGE)
        case "flood":
            seconds = int(fault.seconds)
            await connection.send(refused(refusal(429, f"retry after {seconds}", retry_after=seconds)))
        case "refuse":
            await connection.send(refused(Refusal(fault.code, fault.description)))
