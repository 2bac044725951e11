"""A client of the Bot API that none of us wrote."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
import trio
from telegram import (
    Bot,
)
from telegram.error import (
    TelegramError,
)
from telegram.request import HTTPXRequest

from tests.fakes.telegram.server import TelegramServer

T = TypeVar("T")
GROUP = -1001


async def by_bot(
    telegram: TelegramServer, work: Callable[[Bot], Awaitable[T]], token: str = "", patience: float = 60
) -> T:
    """What a bot gets that does `work` on an event loop of its own."""

    async def run() -> T:
        request = [
            HTTPXRequest(
                read_timeout=patience,
                connect_timeout=60,
                write_timeout=60,
                media_write_timeout=60,
                pool_timeout=60,
                httpx_kwargs={"trust_env": False, "verify": False},
            )
            for _ in range(2)
        ]
        bot = Bot(
            token or telegram.token,
            base_url=f"{telegram.url}/bot",
            base_file_url=f"{telegram.url}/file/bot",
            request=request[0],
            get_updates_request=request[1],
        )
        await asyncio.gather(*(each.initialize() for each in request))
        try:
            return await work(bot)
        finally:
            await asyncio.gather(*(each.shutdown() for each in request))

    return await trio.to_thread.run_sync(lambda: asyncio.run(run()))


async def refused(
    telegram: TelegramServer, kind: type[TelegramError], work: Callable[[Bot], Awaitable[object]]
) -> str:
    """How the client puts the refusal that `work` gets."""
    with pytest.raises(kind) as caught:
        await by_bot(telegram, work)
    assert type(caught.value) is kind
    return caught.value.message
