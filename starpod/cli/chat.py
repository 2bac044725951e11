"""``starpod chat``: one message, its answer as it is written."""

import argparse
import json
import sys
import uuid
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starpod.cli.output import fail, one_line, paint, printable
from starpod.cli.target import add_agent_option, any_instance, daemon_for
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

if TYPE_CHECKING:
    from starpod.cli.connection import Connection
    from starpod.workspace import Instance

PREVIEW: Final = 100  # columns of a tool's input or result
WHOLE: Final = 36  # characters of an id
NEWEST: Final = 200  # conversations among which the beginning of an id is looked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod chat`` takes."""
    add_agent_option(parser)
    parser.add_argument("message", nargs="*", help="what to say; left out, it is read from a pipe or a file")
    parser.add_argument(
        "--session", metavar="ID", help="go on with this conversation; the beginning of its id is enough"
    )
    parser.add_argument("--model", metavar="PROVIDER/MODEL", help="answer with this model")
    parser.add_argument("--json", action="store_true", help="print every event as a line of JSON")


def run(args: argparse.Namespace) -> int:
    """Say it and print the answer. 1 when the turn failed."""
    import trio

    text = _said(args.message)
    if not text.strip():
        raise StarpodError('there is nothing to say: starpod chat "list my files"')
    with any_instance(args.agent) as instance:
        return trio.run(partial(_chat, instance, text, args))


def _said(words: Sequence[str]) -> str:
    """The words, or standard input for ``-``, and for none at all unless somebody would have to type it."""
    if words == ["-"] or (not words and not sys.stdin.isatty()):
        return sys.stdin.read()
    return " ".join(words)


async def _chat(instance: "Instance", text: str, args: argparse.Namespace) -> int:
    from starpod.cli.connection import connect

    message = {"type": "message", "text": text, "client_message_id": str(uuid.uuid4()), "channel_id": "cli"}
    if args.model:
        message["model"] = args.model
    async with daemon_for(instance) as daemon, connect(daemon, "/ws") as connection:
        if args.session:
            message["session_id"] = await _whole_id(daemon, args.session)
        await connection.send(message)
        printer = _JsonPrinter() if args.json else _Printer()
        return await _follow(connection, printer)


async def _whole_id(daemon: DaemonInfo, beginning: str) -> str:
    """The id that begins so, as lists show it, among the newest conversations; `beginning` itself when none does.

    Raises StarpodError when several do.
    """
    if len(beginning) >= WHOLE:
        return beginning
    import httpx

    try:
        async with httpx.AsyncClient(base_url=f"http://{daemon.address}", trust_env=False) as client:
            answer = await client.get("/api/sessions", params={"limit": NEWEST})
            answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StarpodError(f"the daemon at {daemon.address} does not answer: {error}") from error
    found = [session["id"] for session in answer.json() if session["id"].startswith(beginning)]
    if len(found) > 1:
        raise StarpodError(f"{len(found)} conversations begin with {beginning!r}: give more of the id")
    return found[0] if found else beginning


async def _follow(connection: "Connection", printer: "_Printer | _JsonPrinter") -> int:
    """Print until our turn has ended, wherever it was merged into."""
    turn: str | None = None
    async for event in connection:
        kind = event["type"]
        if kind == "error":
            raise StarpodError(event["message"])
        printer.show(event)
        if kind == "accepted":
            turn = event["turn_id"]
        elif kind == "followup" and event["turn_id"] == turn and event["fate"] == "merged":
            turn = event["into"]
        elif kind == "stream_end" and event["turn_id"] == turn:
            return 1 if event["is_error"] else 0
    return 1


class _JsonPrinter:
    """Every event as it came."""

    def show(self, event: dict[str, Any]) -> None:
        print(json.dumps(event, ensure_ascii=False), flush=True)


class _Printer:
    """The answer on standard output; everything about it on standard error, so that the answer can be piped."""

    def __init__(self) -> None:
        self._at_line_start = True

    def show(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "text_delta":
                self._write(event["text"])
            case "tool_use":
                self._aside(f"⚙ {event['name']} {one_line(_preview(event['input']), PREVIEW)}", "cyan")
            case "tool_result":
                mark, colour = ("✗", "red") if event["is_error"] else ("✓", "green")
                self._aside(f"{mark} {one_line(event['content'], PREVIEW)}", colour)
            case "attachment":
                self._aside(f"⇩ {event['file_name']} ({event['path']}, {event['size']} bytes)", "blue")
            case "notice":
                self._aside(event["text"], "yellow")
            case "stream_end":
                self._end(event)
            case _:
                pass

    def _write(self, text: str) -> None:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()
        self._at_line_start = text.endswith("\n")

    def _aside(self, text: str, colour: Any) -> None:
        if not self._at_line_start:
            self._write("\n")
        print(f"  {paint(printable(text), colour, sys.stderr)}", file=sys.stderr)

    def _end(self, event: dict[str, Any]) -> None:
        if not self._at_line_start:
            self._write("\n")
        for error in event.get("errors", ()):
            fail(error)
        cost = "" if event["cost_usd"] is None else f", ${event['cost_usd']:.4f}"
        tokens = f"{_thousands(event['input_tokens'])} in, {_thousands(event['output_tokens'])} out"
        line = f"{event['model'] or 'no model'} · {event['elapsed']:.1f} s · {tokens}{cost} · {event['session_id'][:8]}"
        print(f"  {paint(line, 'dim', sys.stderr)}", file=sys.stderr)


def _preview(fields: dict[str, Any]) -> str:
    """The telling part of a tool's input."""
    for name in ("file_path", "path", "pattern", "command", "query", "key", "file"):
        if name in fields:
            return str(fields[name])
    return json.dumps(fields, ensure_ascii=False)


def _thousands(tokens: int) -> str:
    return str(tokens) if tokens < 1000 else f"{tokens / 1000:.1f}k"
