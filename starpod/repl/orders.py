"""What the orders of the terminal do that ask the agent for something: each a question over HTTP, and its lines."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import quote

import trio

from starpod.cli.client import Client, shown
from starpod.cli.figures import cost_of, size_of, thousands, tokens_of
from starpod.cli.output import one_line, paint, printable
from starpod.cli.undo import PATIENCE, told
from starpod.errors import StarpodError
from starpod.repl.completing import EFFORTS
from starpod.repl.telling import told_line

Json = dict[str, Any]
T = TypeVar("T")

LISTED: Final = 10
"""Conversations of a list."""
LOOKED_AT: Final = 200
"""Conversations among which the beginning of an id, or words of a title, are looked for."""
LONGEST_QUERY: Final = 200
"""Characters that are looked for in messages."""
HITS: Final = 100
"""Messages that are looked at for their conversations."""
FOUND: Final = 5
"""Passages of the memory."""
PASSAGE: Final = 4
"""Lines of one of them."""
DEFAULT: Final = "default"
UUID: Final = 36
"""Characters of an id."""


async def asked(do: Callable[[], T]) -> T:
    """What a question over HTTP answers, while everything else goes on. Raises StarpodError."""
    return await trio.to_thread.run_sync(do, abandon_on_cancel=True)


P = ParamSpec("P")


def _listed(lines: Callable[P, Iterator[str]]) -> Callable[P, list[str]]:
    """All of its lines, in the thread that may wait for them."""
    return lambda *given, **named: list(lines(*given, **named))


# --- conversations ----------------------------------------------------------------------------------------


def conversations(client: Client) -> list[Json]:
    """The latest ones, the newest first."""
    found: list[Json] = client.get("/api/sessions", limit=LOOKED_AT)
    return found


def meant(words: str, listed: list[Json], found: list[Json]) -> list[Json]:
    """The conversations that somebody means by the number in a list, the beginning of an id or words of a title."""
    if words.isdecimal() and 1 <= int(words) <= len(listed):
        return [listed[int(words) - 1]]
    by_id = [each for each in found if each["id"].startswith(words.lower())]
    return by_id or [each for each in found if words.lower() in (each["title"] or "").lower()]


def looked_for(client: Client, words: str, listed: list[Json]) -> list[Json]:
    """The conversations that somebody means; unless that is one, behind them those in which the words were said."""
    found = meant(words, listed, conversations(client))
    if len(found) == 1:
        return found
    hits: list[Json] = client.get("/api/search", q=words[:LONGEST_QUERY], limit=HITS)
    known = {each["id"] for each in found}
    return [*found, *(each for each in said_in(hits) if each["id"] not in known)]


def said_in(hits: list[Json]) -> list[Json]:
    """The conversations of messages that were found, each once and with the first ``passage`` of it."""
    found: dict[str, Json] = {}
    for hit in hits:
        found.setdefault(hit["session"]["id"], {**hit["session"], "passage": hit["excerpt"]})
    return list(found.values())


def list_lines(sessions: list[Json], columns: int) -> Iterator[str]:
    """A numbered list, and how one is taken."""
    now = datetime.now(UTC)
    for number, each in enumerate(sessions, 1):
        yield f"{paint(f'{number:>2}', 'cyan')}  {told_line(each, columns, now)}"
        if "passage" in each:
            yield f"    {paint(one_line(''.join(each['passage']), max(columns - 4, 12)), 'dim')}"
    yield paint("/resume NUMBER goes on with one, /resume WORDS looks for others", "dim")


# --- models -----------------------------------------------------------------------------------------------


@_listed
def model_lines(client: Client, current: str | None) -> Iterator[str]:
    """The models that may be chosen."""
    config = shown(client.get("/api/config"))
    default = config["default_model"]
    for model in config["models"]:
        chosen = model == (current or default)
        is_default = paint("  as configured", "dim") if model == default else ""
        yield f"{'●' if chosen else ' '} {model}{is_default}"
    yield paint(
        "/model PROVIDER/MODEL chooses one for this conversation, /model default gives it back", "dim"
    )


def chosen_model(client: Client, given: str) -> str | None:
    """The model that is meant; None for the configured one. Raises StarpodError for none, and for several."""
    if given == DEFAULT:
        return None
    models: list[str] = client.get("/api/config")["models"]
    if given in models:
        return given
    found = [each for each in models if given.lower() in each.lower()]
    if len(found) != 1:
        raise StarpodError(
            f"{len(found)} models fit to {given!r}: /model lists all"
            if found
            else f"there is no model {given!r}"
        )
    return found[0]


def chosen_effort(given: str) -> str | None:
    """How much is to be thought; None as configured. Raises StarpodError."""
    if given not in EFFORTS:
        raise StarpodError(f"/effort takes one of {', '.join(EFFORTS)}")
    return None if given == DEFAULT else given


def choose(client: Client, session: str, chosen: Json) -> None:
    """Store which model answers in a conversation, and how much it thinks."""
    client.put(f"/api/sessions/{session}/model", chosen)


# --- looking ----------------------------------------------------------------------------------------------


@_listed
def usage_lines(client: Client, session: str | None) -> Iterator[str]:
    """What this conversation and this day have used."""
    if session is not None:
        turns = client.get(f"/api/sessions/{session}/turns", limit=500)
        yield f"this conversation  {_sum([turn['usage'] for turn in turns])}"
    today = client.get("/api/settings/costs/today")
    cost = "cost unknown" if today["cost_usd"] is None else f"${today['cost_usd']:.4f}"
    limit = "" if today["usd_limit"] is None else f" (limit ${today['usd_limit']:.2f})"
    tokens = thousands(today["tokens"])
    most = "" if today["tokens_limit"] is None else f" (limit {thousands(today['tokens_limit'])})"
    yield f"today              {tokens} tokens{most} · {cost}{limit}"
    yield paint("`starpod costs` has days, models and purposes", "dim")


def _sum(usages: list[Json]) -> str:
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    total: Json = {name: sum(usage[name] for usage in usages) for name in names}
    priced = [usage["cost_usd"] for usage in usages if usage["cost_usd"] is not None]
    total["cost_usd"] = sum(priced) if priced else None
    return " · ".join(filter(None, (f"{len(usages)} turns", tokens_of(total), cost_of(total))))


@_listed
def memory_lines(client: Client, words: str, columns: int) -> Iterator[str]:
    """The passages that fit best."""
    found = shown(client.get("/api/memory/search", q=words, limit=FOUND))
    if not found:
        yield paint("nothing fits", "dim")
    for each in found:
        yield paint(f"{each['source']}:{each['line_start']}", "cyan")
        for line in each["text"].strip().splitlines()[:PASSAGE]:
            yield f"  {one_line(line, columns - 6)}"


@_listed
def skill_lines(client: Client, columns: int) -> Iterator[str]:
    """The skills that may be called up."""
    found = shown(client.get("/api/skills"))
    if not found:
        yield paint("there are none: `starpod skill new` has one written", "dim")
    room = max((len(each["name"]) for each in found), default=0) + 1
    for each in found:
        name = f"/{each['name']}"
        yield f"{paint(f'{name:<{room}}', 'cyan')}  {one_line(each['description'], columns - room - 6)}"


@_listed
def status_lines(
    client: Client, hello: Mapping[str, Any], session: str | None, chosen: Json
) -> Iterator[str]:
    """Where this is."""
    config = shown(client.get("/api/config"))
    effort = f", effort {chosen['effort']}" if chosen["effort"] else ""
    yield f"agent         {hello['agent_name']} {hello['version']}, {client.daemon.url}, process {client.daemon.pid}"
    yield f"you           {hello['user_id']} ({hello['role']})"
    yield f"model         {chosen['model'] or config['default_model'] or 'none'}{effort}"
    if session is None:
        yield "conversation  a new one, with your first message"
        return
    found = shown(client.get(f"/api/sessions/{session}"))
    yield f"conversation  {found['title'] or '(untitled)'} ({session})"
    yield f"              {found['message_count']} messages, {'running' if found['running'] else 'at rest'}"


# --- doing ------------------------------------------------------------------------------------------------


def undo_lines(client: Client, session: str | None, force: bool) -> list[str]:  # noqa: FBT001 - an argument that a thread is given
    """Put back what the last turn of a conversation has done to files."""
    turns: list[Json] = client.get(f"/api/sessions/{session}/turns", limit=1) if session else []
    if not turns:
        raise StarpodError("nothing was said in this conversation yet")
    turn = quote(turns[-1]["turn_id"], safe="")
    undone = shown(client.post(f"/api/turns/{turn}/undo", {"force": force}, patience=PATIENCE))
    lines = [line.removeprefix("  ") for line in told(undone)]
    if any(each["forcible"] for each in undone["refused"]):
        lines.append(paint("/undo force puts them back all the same", "dim"))
    return lines


def rename(client: Client, session: str | None, title: str) -> None:
    """Raises StarpodError."""
    if session is None or not title:
        raise StarpodError("/rename TITLE, in a conversation that has begun")
    client.post(f"/api/sessions/{session}/rename", {"title": title[:200]})


def is_file(path: str) -> bool:
    """Whether something is there that can be sent."""
    try:
        return Path(path).expanduser().is_file()
    except (OSError, RuntimeError):  # a name that is too long, a user that there is not
        return False


def upload(client: Client, path: str) -> Json:
    """Send a file, to go with the next message. Raises StarpodError."""
    if not is_file(path):
        raise StarpodError(f"there is no file {path}")
    try:
        return client.upload(Path(path).expanduser())
    except OSError as error:
        raise StarpodError(f"{path} cannot be sent: {error.strerror or error}") from error


def attached_line(file: Json) -> str:
    """That a file goes with the next message."""
    return paint(f"⇧ {printable(file['file_name'])} ({size_of(file['size'])})", "blue")


def save(files: list[Json], given: str, place: Callable[[str], str | None]) -> Path:
    """Copy a file that was handed over; the latest where none is named. Raises StarpodError.

    `given` is a name, a folder or both; nothing that is there is written over.
    """
    name, _, folder = given.partition(" ")
    if name and not folder and Path(name).expanduser().is_dir():
        name, folder = "", name
    found = [file for file in files if name in {"", file["file_name"]}]
    if not found:
        raise StarpodError(
            f"no file {name!r} was handed over here" if name else "no file was handed over here"
        )
    source = place(found[-1]["path"])
    if source is None:
        raise StarpodError(f"{found[-1]['path']} is not in the agent's home any more")
    target = Path(folder or ".").expanduser() / Path(found[-1]["file_name"]).name
    try:
        with Path(source).open("rb") as file, target.open("xb") as copy:
            shutil.copyfileobj(file, copy)
    except FileExistsError:
        raise StarpodError(f"{target} is there already") from None
    except OSError as error:
        raise StarpodError(f"{target} cannot be written: {error.strerror}") from error
    return target
