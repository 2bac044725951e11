"""A message that kills the process whenever it is worked on, among others that have done nothing wrong."""

import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Any, Final

import httpx2
import trio

from bus import Remains
from tests.crash.script import answered, heard, model, tags
from tests.fakes.model_script import Received, Reply
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, serving, start, until

POISON: Final = "<s0-0: read a>"
INNOCENT: Final = ("<s1-0: write a | list a>", "<s2-0: >", "<s3-0: list a & list b | write b>")
BYSTANDER: Final = INNOCENT[0]
LIVES: Final = 10
LONG: Final = 600.0
SLOW: Final = 0.1
"""Seconds before each piece of an answer to those who have done nothing wrong, so that they run when it happens."""


def is_poison(request: Received) -> bool:
    tag = next(tag for message in heard(request) for piece in message for tag in tags(piece.text))
    return tag.startswith("s0-")


def rule(request: Received) -> Reply:
    """The poison is answered at once, the others slowly."""
    reply: Reply = model(0.0 if is_poison(request) else SLOW)(request)
    return reply


def only_poison(request: Received) -> Reply:
    """The others get no answer at all."""
    return rule(request) if is_poison(request) else Reply(delay=LONG)


async def say(daemon: Daemon, text: str) -> None:
    """The same request each time, as a client repeats it that had no answer."""
    with contextlib.suppress(httpx2.TransportError, OSError):
        await daemon.request("POST", "/api/chat", json={"text": text}, headers={"Idempotency-Key": text})


def turns(place: Place, columns: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{place.database}?mode=ro", uri=True)) as database:
        return database.execute(f"SELECT {columns} FROM turns ORDER BY seq").fetchall()


async def poisoned(place: Place, model_server: ModelServer, *innocent: str) -> None:
    """A life in which those who have done nothing wrong are being answered when the poison comes."""
    daemon = await start(place, BUS_CRASH_AT="FileRead.before_run").ready()
    try:
        async with trio.open_nursery() as nursery:
            for text in innocent:
                nursery.start_soon(say, daemon, text)
            await model_server.wait_for(lambda server: len(server.requests) >= len(innocent))
            nursery.start_soon(say, daemon, POISON)
            assert await daemon.ended() == -signal.SIGKILL
            nursery.cancel_scope.cancel()
    finally:
        daemon.process.kill()
        daemon.process.wait()


async def all_done(place: Place) -> None:
    await until(lambda: {state for (state,) in turns(place, "state")} == {"done"}, "it is not done")


async def test_exactly_the_poison_is_given_up_and_after_three_deaths(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.rule = only_poison  # so that the others run when it happens, however slow the machine is
    place = Place(tmp_path / "aster", model_server.url, "openai").trusting()
    await poisoned(place, model_server, *INNOCENT)
    assert [state for (state,) in turns(place, "state")].count("running") == 1 + len(INNOCENT)
    model_server.rule = rule
    deaths = 1
    for _ in range(LIVES):
        daemon = start(place, BUS_CRASH_AT="FileRead.before_run")
        try:
            await until(
                lambda daemon=daemon: (
                    not daemon.running  # type: ignore[misc]
                    or not [state for (state,) in turns(place, "state") if state in {"accepted", "running"}]
                ),
                "what was accepted comes to no end",
            )
            if daemon.running:
                break
            deaths += 1
        finally:
            daemon.process.kill()
            daemon.process.wait()
    ended = {text: (state, outcome) for text, state, outcome in turns(place, "text, state, outcome")}
    assert ended == {POISON: ("failed", "parked"), **dict.fromkeys(INNOCENT, ("done", "success"))}
    assert deaths == 3
    names = [tag for request in model_server.requests for tag in answered(str(heard(request)))]
    assert set(names) <= {"s1-0", "s2-0", "s3-0"}


async def test_of_two_that_run_only_the_one_whose_code_it_was_has_died(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.rule = only_poison
    place = Place(tmp_path / "aster", model_server.url, "openai").trusting()
    await poisoned(place, model_server, BYSTANDER)
    model_server.rule = model(0.0)
    async with serving(place):
        await all_done(place)
    assert turns(place, "text, attempt, deaths") == [(BYSTANDER, 2, 0), (POISON, 2, 1)]


async def test_one_that_waits_for_the_model_whenever_the_process_is_killed_is_not_blamed(
    tmp_path: Path, model_server: ModelServer
) -> None:
    model_server.rule = only_poison
    place = Place(tmp_path / "aster", model_server.url, "openai").trusting()
    for life in range(1, 5):
        daemon = start(place)
        try:
            await daemon.ready()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(say, daemon, BYSTANDER)
                await model_server.wait_for(lambda server, life=life: len(server.requests) >= life)  # type: ignore[misc]
                await until(lambda: Remains.read(place.inside / "black.box").names == {}, "it runs on and on")
                await daemon.kill()
                nursery.cancel_scope.cancel()
        finally:
            daemon.process.kill()
            daemon.process.wait()
    model_server.rule = model(0.0)
    async with serving(place):
        await all_done(place)
    assert turns(place, "text, attempt, deaths") == [(BYSTANDER, 5, 0)]
    assert not (place.inside / "black.box").exists()
