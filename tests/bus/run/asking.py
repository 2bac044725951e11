"""Puppets with a few scripts that every test of asking knows."""

from functools import partial
from typing import Any

import trio

from bus import Actor, ActorError, DeliveryError, Message, Request
from bus.testing import MeshUnderTest
from tests.bus.world import Client, Puppet, Script


async def answer(actor: Actor, message: Message) -> str:
    return "answer"


async def crash(actor: Actor, message: Message) -> None:
    raise RuntimeError("a bug")


async def sleep(actor: Actor, message: Message) -> str:
    await trio.sleep(3)
    return "slept"


SCRIPTS: dict[str, Script] = {"answer": answer, "crash": crash, "sleep": sleep}


def puppet(**scripts: Script) -> partial[Puppet]:
    return partial(Puppet, SCRIPTS | scripts)


def client(**scripts: Script) -> partial[Client]:
    return partial(Client, SCRIPTS | scripts)


async def ask_into(results: list[Any], mesh: MeshUnderTest, request: Request[Any]) -> None:
    """Keep the outcome of an ask, whatever it is."""
    try:
        results.append(await mesh.bus.ask(request))
    except (ActorError, DeliveryError) as error:
        results.append(error)
