"""A person who talks to a daemon that is killed again and again, and what must hold whatever the moment.

The model server outlives the daemon and answers by the history it is given: a question is answered with a tool call,
the result of a call with a last word that names the question. So an answer is right whichever attempt asked for it.
"""

import itertools
import json
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, final

import attrs
import httpx
import trio
import trio_websocket

from tests.fakes.model_script import Answer, Call, Received, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, start

PATIENCE: Final = 90.0
CONVERSATIONS: Final = 3
EARLY: Final = 0.2
"""Share of kills that come while the daemon starts, and so while it recovers."""


def answer(request: Received) -> Answer:
    """What the model says: first it writes a file for each question it was asked, then it is done."""
    questions = re.findall(r"question \d+", request.last_text)
    if request.tool_results or not questions:
        return Reply(Say("done: ", *questions), gap=0.002)
    calls = [Call("FileWrite", {"path": file_of(question), "content": question}) for question in questions]
    return Reply(Say("Writing. "), *calls, gap=0.002)


def file_of(question: str) -> str:
    """Where the answer to a question is written, below the agent's home."""
    return f"documents/{question.replace(' ', '-')}.txt"


@final
@attrs.define
class Person:
    """What somebody has said, and what was acknowledged."""

    rng: random.Random
    said: dict[str, tuple[str, str]] = attrs.field(factory=dict)
    """Conversation key and text, by client_message_id."""
    acknowledged: dict[str, str] = attrs.field(factory=dict)
    """Turn, by client_message_id: the daemon said that it has stored the message."""
    conversations: set[str] = attrs.field(factory=set)
    """Ids of the sessions that acknowledgements named."""
    events: dict[str, dict[int, str]] = attrs.field(factory=dict)
    """By session: number and text of every event seen, over all lives of the daemon."""

    def think_up(self, number: int) -> dict[str, Any]:
        """The next message. Now and then an old one, as a client repeats what it had no answer to."""
        if self.said and self.rng.random() < 0.2:
            client_id = self.rng.choice(list(self.said))
        else:
            client_id = f"message-{number}"
            self.said[client_id] = (f"key-{self.rng.randrange(CONVERSATIONS)}", f"question {number}")
        key, text = self.said[client_id]
        mode = self.rng.choice(("inject", "queue"))
        return {"text": text, "channel_session_key": key, "client_message_id": client_id, "mode": mode}

    def hear(self, frame: dict[str, Any]) -> None:
        """Remember an acknowledgement and every numbered event."""
        if frame["type"] == "accepted":
            self.acknowledged[frame["client_message_id"]] = frame["turn_id"]
            self.conversations.add(frame["session_id"])
        elif "seq" in frame:
            shown = json.dumps(frame, sort_keys=True)
            before = self.events.setdefault(frame["session_id"], {}).setdefault(frame["seq"], shown)
            assert before == shown, f"event number {frame['seq']} was given out twice: {before} and {shown}"


@asynccontextmanager
async def model() -> AsyncGenerator[ModelServer]:
    """The model server of a series of kills."""
    async with ModelServer.running(answer) as server:
        yield server


async def talk(daemon: Daemon, person: Person, first: int, count: int) -> None:
    """Say some things, without waiting for answers, until done or until the line goes dead."""
    try:
        async with daemon.socket() as socket, trio.open_nursery() as nursery:
            nursery.start_soon(_listen, socket, person)
            for number in range(first, first + count):
                await socket.say("message", **person.think_up(number))
                await trio.sleep(person.rng.random() * 0.02)
            await trio.sleep_forever()
    except* (
        OSError,
        trio.BrokenResourceError,
        trio_websocket.ConnectionClosed,
        trio_websocket.HandshakeError,
    ):
        pass  # the daemon is dead, as it should be


async def _listen(socket: Any, person: Person) -> None:
    while True:
        person.hear(await socket.hear())


async def kill_at_random(place: Place, person: Person, first: int, count: int) -> None:
    """One life of the daemon: it is talked to, and killed at some moment, perhaps before it is ready."""
    daemon = start(place)
    if person.rng.random() < EARLY:
        await trio.sleep(person.rng.random())
    else:
        await daemon.ready()
        with trio.move_on_after(person.rng.random() * 0.8):
            await talk(daemon, person, first, count)
    await daemon.kill()


async def say_again(daemon: Daemon, person: Person, client_id: str) -> None:
    """Send a message once more, as a client does that had no acknowledgement, and wait for one."""
    key, text = person.said[client_id]
    async with daemon.socket() as socket:
        await socket.say("message", text=text, channel_session_key=key, client_message_id=client_id)
        for frame in await socket.until("accepted", client_message_id=client_id):
            person.hear(frame)


async def settled(daemon: Daemon, person: Person) -> None:
    """Wait until no conversation has anything left to do."""
    with trio.fail_after(PATIENCE):
        for conversation in person.conversations:
            while (await daemon.get(f"/api/sessions/{conversation}"))["running"]:
                await trio.sleep(0.02)


async def check(daemon: Daemon, person: Person, server: ModelServer) -> Counter[str]:
    """Hold what is stored against what was acknowledged. Returns how turns ended, counted."""
    await settled(daemon, person)
    rows = [
        row
        for conversation in person.conversations
        for row in await daemon.get(f"/api/sessions/{conversation}/messages", limit=500)
    ]
    shown = Counter(row["content"] for row in rows if row["role"] == "user")
    for client_id in person.acknowledged:
        text = person.said[client_id][1]
        assert shown[text] == 1, f"{text!r} was acknowledged and is shown {shown[text]} times"
        assert daemon.place.file(file_of(text)) == text
    assert max(shown.values(), default=0) <= 1, f"shown more than once: {shown}"
    _check_calls(rows)
    for request in server.requests:
        _check_history(request.messages)
    for conversation in person.conversations:
        await _answers_still(daemon, conversation)
    return Counter(row["role"] for row in rows)


def _check_calls(rows: list[dict[str, Any]]) -> None:
    """Every call has exactly one result, and what it wrote is what was asked."""
    calls = Counter(json.loads(row["content"])["id"] for row in rows if row["role"] == "tool_use")
    results = Counter(
        json.loads(row["content"])["tool_use_id"] for row in rows if row["role"] == "tool_result"
    )
    assert calls == results, f"calls {calls} and results {results} do not match"


def _check_history(messages: list[dict[str, Any]]) -> None:
    """What the model was sent: roles alternate, and each call is answered in the very next message."""
    roles = [message["role"] for message in messages]
    assert roles[0] == "user", roles
    assert all(one != two for one, two in itertools.pairwise(roles)), roles
    for one, two in itertools.pairwise(messages):
        asked = {block["id"] for block in one["content"] if block["type"] == "tool_use"}
        given = {block["tool_use_id"] for block in two["content"] if block["type"] == "tool_result"}
        assert asked <= given or one["role"] == "user", (asked, given)


async def _answers_still(daemon: Daemon, conversation: str) -> None:
    try:
        said = await daemon.chat("and now?", session_id=conversation)
    except httpx.HTTPError as error:
        raise AssertionError(f"{conversation} does not answer any more: {error}") from error
    assert said["status"] == 200, said


async def series(place: Place, server: ModelServer, *, kills: int, seed: int) -> tuple[Person, Counter[str]]:
    """Kill a daemon `kills` times at random moments while somebody talks to it, then look at what is left."""
    person = Person(random.Random(seed))
    for life in range(kills):
        await kill_at_random(place, person, first=8 * life, count=8)
    daemon = start(place)
    try:
        await daemon.ready()
        return person, await check(daemon, person, server)
    finally:
        await daemon.stop()
