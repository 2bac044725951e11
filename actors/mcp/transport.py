"""Between a server's process and the client of the ``mcp`` package: one JSON text a line, each of bounded size."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, final

import trio

from actors import jsontext
from actors.mcp.process import Process

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of one message."""


class TooLarge(Exception):
    """A server writes without an end of line."""


async def lines(stream: trio.abc.ReceiveStream, largest: int = LARGEST) -> AsyncIterator[bytes]:
    """The lines of a stream, without their ends. Raises TooLarge."""
    rest: list[bytes | bytearray] = []
    size = 0
    async for data in stream:
        *whole, tail = data.split(b"\n")
        for line in whole:
            yield b"".join((*rest, line))
            rest, size = [], 0
        rest.append(tail)
        size += len(tail)
        if size > largest:
            raise TooLarge(f"it sent more than {largest // 2**20} MiB in one message")


@final
class Wire:
    """What is between us and one server."""

    def __init__(self) -> None:
        self.gone = trio.Event()
        """Set once nothing comes from it any more."""
        self.trouble = ""
        """What ended it, other than the end of the process."""
        self.unsent = False
        """Whether it ended because nobody could be reached."""
        self.status = 0
        """Of the last answer over HTTP."""

    @asynccontextmanager
    async def over(self, process: Process) -> AsyncGenerator[Any]:
        """The streams of a session with a process."""
        import anyio
        from mcp.shared.message import SessionMessage

        to_us, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outgoing, from_us = anyio.create_memory_object_stream[SessionMessage](0)
        async with to_us, incoming, outgoing, from_us, trio.open_nursery() as nursery:
            nursery.start_soon(self._read, process, to_us)
            nursery.start_soon(self._write, process, from_us, to_us)
            try:
                yield incoming, outgoing
            finally:
                nursery.cancel_scope.cancel(reason="the session has ended")

    async def _read(self, process: Process, to_us: Any) -> None:
        import anyio
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        try:
            async for line in lines(process.output):
                try:
                    said = jsontext.read_object(line, limit=LARGEST)
                    message = jsonrpc_message_adapter.validate_python(said, by_name=False)
                except ValueError:
                    continue  # some write their logs there
                await to_us.send(SessionMessage(message))
        except TooLarge as error:
            self.trouble = str(error)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # as good as an end
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the session has ended
        finally:
            self.gone.set()
            to_us.close()

    async def _write(self, process: Process, from_us: Any, to_us: Any) -> None:
        try:
            async for message in from_us:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                await process.input.send_all(text.encode(errors="replace") + b"\n")
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.gone.set()
            to_us.close()  # whoever waits for an answer is told at once
