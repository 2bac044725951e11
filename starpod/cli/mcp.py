"""``starpod mcp``: the agent as a server of the Model Context Protocol, and the servers that it uses itself."""

import argparse
import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, final

from actors import jsontext
from starpod.cli.actions import agent_actions
from starpod.cli.client import LONGEST_ANSWER, Client, connection_to, credentials, print_json, shown
from starpod.cli.output import Colour, note, paint, say, when
from starpod.cli.table import Cell, Column, print_table
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

PATH: Final = "/api/mcp"
SERVED_AT: Final = "/mcp"
PATIENCE: Final = 120.0
"""Seconds without a byte after which the daemon counts as gone; it gives a sign of life more often."""
RECONNECT_WITHIN: Final = 660.0
UNREACHABLE: Final = -32603
COLOURS: Final[Mapping[str, Colour]] = {"ready": "green", "failed": "red"}
SERVERS: Final = (
    Column("NAME"),
    Column("STATE"),
    Column("TOOLS", right=True),
    Column("SINCE", spare=1),
    Column("WHERE", shrinks=True),
)
TOOLS: Final = (Column("OFFERED AS"), Column("EFFECT"), Column("WHAT IT DOES", shrinks=True))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod mcp``."""
    action = agent_actions(parser, required=False)
    parser.set_defaults(do=_serve)
    action(
        "serve", "serve the running agent over standard input and output; so does `starpod mcp` alone", _serve
    )
    listing = action("list", "the servers that the agent uses, and how they are", _list)
    tools = action("tools", "what is known of the tools of a server", _tools)
    test = action("test", "start a server anew, or reach it again, and say how that went", _test)
    for each in (tools, test):
        each.add_argument("name", metavar="NAME", help="of the server in [mcp.servers.NAME]")
    for each in (listing, tools):
        each.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do it, by way of the daemon."""
    status: int = args.do(args)
    return status


# --- the servers that the agent uses ------------------------------------------------------------------------


def _client(args: argparse.Namespace) -> Client:
    return Client(live_daemon(find_instance(args.agent)))


def _list(args: argparse.Namespace) -> int:
    servers = shown(_client(args).get(PATH))
    if args.json:
        print_json(servers)
    elif not servers:
        note("no servers: docs/guide/mcp.md says how one is set up")
    else:
        print_table(SERVERS, map(_row, servers))
        for each in servers:
            if each["error"]:
                note(f"{each['name']}: {each['error']}")
    return 0


def _row(server: Mapping[str, Any]) -> tuple[Cell, ...]:
    state = server["state"]
    return (
        server["name"],
        (state, COLOURS[state]) if state in COLOURS else state,
        str(len(server["tools"])),
        when(server["since"]) if server["since"] else "",
        server["where"],
    )


def _tools(args: argparse.Namespace) -> int:
    tools = shown(_client(args).get(f"{PATH}/{args.name}/tools"))
    if args.json:
        print_json(tools)
    elif not tools:
        note(f"nothing is known of it yet: `starpod mcp test {args.name}` reaches it")
    else:
        print_table(TOOLS, (_tool_row(each) for each in tools))
    return 0


def _tool_row(each: Mapping[str, Any]) -> tuple[Cell, ...]:
    tool = each["tool"]
    said = " ".join(tool["description"].split())
    return each["offered_as"], "reads" if tool["reads"] else ("changes", "yellow"), said


def _test(args: argparse.Namespace) -> int:
    found = shown(_client(args).post(f"{PATH}/{args.name}/reconnect", {}, patience=RECONNECT_WITHIN))
    if found["error"]:
        raise StarpodError(f"the MCP server {args.name} cannot be used: {found['error']}")
    say(f"{paint(found['name'], 'bold')} is {found['state']} and has {len(found['tools'])} tools")
    return 0


# --- the agent as a server ----------------------------------------------------------------------------------


def _serve(args: argparse.Namespace) -> int:
    """Carry messages between standard input and output and the daemon, until the input ends."""
    if sys.stdin.isatty():
        note("this speaks the Model Context Protocol with a program that has started it; Ctrl-D ends it")
    instance = find_instance(args.agent)
    bridge = Bridge(lambda: live_daemon(instance), sys.stdout.write, sys.stdout.flush)
    bridge.carry(sys.stdin)
    return 0


@final
class Bridge:
    """Each message of a client is one request to the daemon, which answers it with one or several."""

    def __init__(
        self, daemon: Callable[[], DaemonInfo], write: Callable[[str], Any], flush: Callable[[], None]
    ) -> None:
        """`daemon` is asked anew for each message: it may have been started again meanwhile."""
        self._daemon = daemon
        self._write = write
        self._flush = flush
        self._lock = threading.Lock()

    def carry(self, lines: Iterable[str]) -> None:
        """Carry every line; returns once all are answered."""
        running: list[threading.Thread] = []
        for line in lines:
            if line.strip():
                running = [each for each in running if each.is_alive()]
                carrier = threading.Thread(target=self._one, args=(line.encode(errors="replace"),))
                carrier.start()
                running.append(carrier)
        for each in running:
            each.join()

    def _one(self, message: bytes) -> None:
        try:
            for answer in self._answers(message):
                self._say(answer)
        except (StarpodError, OSError, http.client.HTTPException) as error:
            if (id := _id(message)) is not None:
                said = {"code": UNREACHABLE, "message": str(error) or type(error).__name__}
                self._say(json.dumps({"jsonrpc": "2.0", "id": id, "error": said}))

    def _answers(self, message: bytes) -> Iterator[str]:
        daemon = self._daemon()
        connection, base = connection_to(daemon, PATIENCE)
        headers = {
            **credentials(daemon),
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        try:
            connection.request("POST", f"{base}{SERVED_AT}", message, headers)
            response = connection.getresponse()
            if (response.getheader("Content-Type") or "").startswith("text/event-stream"):
                yield from _events(response)
            elif body := response.read(LONGEST_ANSWER).decode():
                yield body
        finally:
            connection.close()

    def _say(self, message: str) -> None:
        with self._lock:
            self._write(f"{message.strip()}\n")
            self._flush()


def _events(response: Iterable[bytes]) -> Iterator[str]:
    """The data of server-sent events, each of one line."""
    for line in response:
        if line.startswith(b"data:"):
            yield line.removeprefix(b"data:").decode()


def _id(message: bytes) -> Any:
    """What the answer to a message is known by; None where none is waited for."""
    try:
        return jsontext.read_object(message).get("id")
    except jsontext.NotJson:
        return None
