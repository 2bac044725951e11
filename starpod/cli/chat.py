"""``starpod chat``: one message, its answer as it is written."""

import argparse
import json
import sys
import uuid
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starpod.cli.figures import preview, rest_of, tokens_of
from starpod.cli.output import fail, one_line, paint, printable, say, warn, write
from starpod.cli.target import add_agent_option, any_instance, daemon_for
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

if TYPE_CHECKING:
    from starpod.workspace import Instance

PREVIEW: Final = 100  # columns of a tool's input or result
WHOLE: Final = 36  # characters of an id
LONGEST_ID: Final = 200  # characters of a message's id
NEWEST: Final = 200  # conversations among which the beginning of an id is looked for
EFFORTS: Final = ("low", "medium", "high")  # written out: a chat begins without the modules of the daemon
UNANSWERED: Final = 3
"""Exit status when the message is stored and the agent has gone before it had answered."""

UNREACHABLE: Final = 6
"""Exit status when it is not known that the message is stored, since the agent does not answer."""

STATUSES: Final = """\
Exit status:
  0    answered
  1    not answered, and said why: the message was refused, or its turn failed
  2    not understood
  3    stored, but the agent went away before it had answered; it answers when it runs again
  4    stopped by somebody before it was answered
  5    not answered, or not wholly: the model or its provider would not, or a limit was reached
  6    the agent does not answer, and the message is perhaps not stored
  130  interrupted

A call that somebody has denied is part of an answer. What was answered of 4 and 5 is printed.

When the connection is lost it waits 10 s for the agent to come back. After that, the same command with
--message-id and the id it printed is safe: one id is one message, however often it is sent.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod chat`` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = STATUSES
    add_agent_option(parser)
    parser.add_argument("message", nargs="*", help="what to say; left out, it is read from a pipe or a file")
    parser.add_argument(
        "--session", metavar="ID", help="go on with this conversation; the beginning of its id is enough"
    )
    parser.add_argument("--model", metavar="PROVIDER/MODEL", help="answer with this model")
    parser.add_argument("--effort", choices=EFFORTS, help="how much the model is to think")
    parser.add_argument(
        "--message-id",
        metavar="ID",
        help="name of the message, up to 200 characters; said again under the same name it is no second message, "
        "and the answer is printed that it has got",
    )
    parser.add_argument("--json", action="store_true", help="print every event as a line of JSON")


def run(args: argparse.Namespace) -> int:
    """Say it and print the answer. The exit status is described in STATUSES."""
    import trio

    text = _said(args.message)
    if not text.strip():
        raise StarpodError('there is nothing to say: starpod chat "list my files"')
    if args.message_id is not None and not 1 <= len(args.message_id) <= LONGEST_ID:
        raise StarpodError(f"--message-id takes 1 to {LONGEST_ID} characters")
    with any_instance(args.agent) as instance:
        return trio.run(partial(_chat, instance, text, args))


def _said(words: Sequence[str]) -> str:
    """The words, or standard input for ``-``, and for none at all unless somebody would have to type it."""
    if words == ["-"] or (not words and not sys.stdin.isatty()):
        return sys.stdin.read()
    return " ".join(words)


async def _chat(instance: "Instance", text: str, args: argparse.Namespace) -> int:
    from starpod.cli.client import Unreachable
    from starpod.cli.consenting import Asker, how_to_answer
    from starpod.cli.exchange import Exchange, Lost

    message = {
        "type": "message",
        "client_message_id": args.message_id or str(uuid.uuid4()),
        "text": text,
        "channel_id": "cli",
    }
    if args.model:
        message["model"] = args.model
    if args.effort:
        message["effort"] = args.effort
    async with daemon_for(instance) as daemon:
        if args.session:
            message["session_id"] = await whole_id(daemon, args.session)
        printer = JsonPrinter() if args.json else Printer()
        exchange = Exchange(instance, message, printer, Asker())
        try:
            return await exchange.run(daemon)
        except Lost as lost:
            printer.broken()
            fail(str(lost))
            return UNANSWERED if lost.stored else UNREACHABLE
        except Unreachable as error:
            fail(str(error))
            return UNREACHABLE
        except BaseException:  # somebody has interrupted it
            for question in exchange.open:
                printer.broken()
                warn(how_to_answer(question))
            raise


async def whole_id(daemon: DaemonInfo, beginning: str) -> str:
    """The id that begins so, as lists show it, among the newest conversations; `beginning` itself when none does.

    Raises StarpodError when several do.
    """
    if len(beginning) >= WHOLE:
        return beginning
    import trio

    from starpod.cli.client import Client

    listed = await trio.to_thread.run_sync(partial(Client(daemon).get, "/api/sessions", limit=NEWEST))
    found = [session["id"] for session in listed if session["id"].startswith(beginning)]
    if len(found) > 1:
        raise StarpodError(f"{len(found)} conversations begin with {beginning!r}: give more of the id")
    return found[0] if found else beginning


class JsonPrinter:
    """Every event as it came."""

    def show(self, event: dict[str, Any]) -> None:
        say(json.dumps(event, ensure_ascii=False))

    def interrupted(self, why: str) -> None:
        warn(why)

    def answer(self, stored: dict[str, Any]) -> None:
        self.show({"type": "answer", **stored})

    def broken(self) -> None:
        pass


class Printer:
    """The answer on standard output; everything about it on standard error, so that the answer can be piped."""

    def __init__(self) -> None:
        self._at_line_start = True
        self._shown = ""
        """What the turn has said so far."""
        self._iteration = 0
        """The completion that text was shown of."""

    def show(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "completion_start":
                self._begin(event["iteration"])
            case "text_delta":
                self._shown += event["text"]
                self._write(event["text"])
            case "tool_use":
                self._shown = ""
                self._aside(f"⚙ {event['name']} {one_line(preview(event['input']), PREVIEW)}", "cyan")
            case "tool_result":
                mark, colour = ("✗", "red") if event["is_error"] else ("✓", "green")
                self._aside(f"{mark} {one_line(event['content'], PREVIEW)}", colour)
            case "approval_given":
                verdict, colour = ("allowed", "green") if event["allowed"] else ("not allowed", "red")
                self._aside(f"{verdict} by {event['by']}", colour)
            case "attachment":
                self._aside(f"⇩ {event['file_name']} ({event['path']}, {event['size']} bytes)", "blue")
            case "notice":
                self._aside(event["text"], "yellow")
            case "stream_end":
                self._end(event)
            case _:
                pass

    def _begin(self, iteration: int) -> None:
        """A completion that begins once more says again what it had begun to say."""
        if self._shown and iteration <= self._iteration:
            self._aside("the answer was interrupted and begins again", "yellow")
        self._iteration, self._shown = iteration, ""

    def interrupted(self, why: str) -> None:
        if sys.stdout.isatty():  # elsewhere the answer goes on where it stopped
            self.broken()
        warn(why)

    def answer(self, stored: dict[str, Any]) -> None:
        rest = rest_of(stored["text"], self._shown)
        if rest is None and self._iteration:
            self._aside("the answer was interrupted; this is the whole of it", "yellow")
        self._write(stored["text"] if rest is None else rest)
        self.broken()
        if "error" in stored:
            fail(stored["error"])
        elif stored["notice"]:
            warn(stored["notice"])
        self._close(None, stored["usage"], stored["session_id"])

    def broken(self) -> None:
        """End the line that an answer broke off in."""
        if not self._at_line_start:
            self._write("\n")

    def _write(self, text: str) -> None:
        if not text:
            return
        write(text)
        self._at_line_start = text.endswith("\n")

    def _aside(self, text: str, colour: Any) -> None:
        self.broken()
        say(f"  {paint(printable(text), colour, sys.stderr)}", sys.stderr)

    def _end(self, event: dict[str, Any]) -> None:
        self.broken()
        if event["is_error"]:
            fail(event["error"])
        elif event["notice"]:
            warn(event["notice"])
        took = f"{event['usage']['model'] or 'no model'} · {event['elapsed']:.1f} s"
        self._close(took, event["usage"], event["session_id"])

    def _close(self, took: str | None, usage: dict[str, Any], session: str) -> None:
        cost = "" if usage["cost_usd"] is None else f", ${usage['cost_usd']:.4f}"
        line = " · ".join(part for part in (took, f"{tokens_of(usage)}{cost}", session[:8]) if part)
        say(f"  {paint(line, 'dim', sys.stderr)}", sys.stderr)
