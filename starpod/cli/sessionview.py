"""``starpod sessions show``: a conversation of a running agent, and with each answer what the model was given."""

import argparse
from collections.abc import Iterator
from typing import Any, Final

from actors import jsontext
from starpod.cli.client import Client, print_json, shown
from starpod.cli.figures import size_of
from starpod.cli.output import one_line, paint, say, when
from starpod.cli.target import find_instance, live_daemon
from starpod.errors import StarpodError

Json = dict[str, Any]

LOOKED_AT: Final = 200
"""Conversations, and messages, that are asked for at once."""
LONGEST: Final = 120
"""Columns of a call and of what it gave."""
WHO: Final = {"user": "You", "assistant": "Agent"}


def show(args: argparse.Namespace) -> int:
    """Print one conversation."""
    client = Client(live_daemon(find_instance(args.agent)))
    session = _meant(client, args.id)
    messages = _messages(client, session["id"])
    turns = list(dict.fromkeys(each["turn_id"] for each in messages))
    given = {turn: shown(client.get(f"/api/turns/{turn}/given")) for turn in turns if args.why}
    if args.json:
        print_json({"session": session, "messages": messages, **({"given": given} if args.why else {})})
        return 0
    say(paint(session["title"] or session["summary"] or "(untitled)", "bold"))
    for each, following in zip(messages, [*messages[1:], None], strict=True):
        for line in _message(each):
            say(line)
        turn = each["turn_id"]
        if turn in given and (following is None or following["turn_id"] != turn):
            for line in why_lines(given[turn]):
                say(line)
    return 0


def _meant(client: Client, words: str) -> Json:
    """The conversation whose id begins so. Raises StarpodError for none, and for several."""
    offset, found = 0, list[Json]()
    while page := client.get("/api/sessions", limit=LOOKED_AT, offset=offset):
        found += [each for each in page if each["id"].startswith(words.lower())]
        offset += len(page)
    if len(found) != 1:
        many = f"{len(found)} conversations begin with" if found else "there is no conversation"
        raise StarpodError(f"{many} {words!r}: `starpod sessions list`")
    return found[0]


def _messages(client: Client, session: str) -> list[Json]:
    """All messages of a conversation, the oldest first."""
    found: list[Json] = []
    before: int | None = None
    while True:
        page = client.get(f"/api/sessions/{session}/messages", limit=LOOKED_AT, before=before)
        found = [*shown(page), *found]
        if len(page) < LOOKED_AT:
            return found
        before = page[0]["id"]


def _message(message: Json) -> Iterator[str]:
    """What a message says; of a call one line."""
    role, content = message["role"], message["content"]
    if role in WHO:
        yield f"\n{paint(WHO[role], 'cyan')}  {paint(when(message['timestamp']), 'dim')}\n{content}"
    elif role == "tool_use":
        yield paint(f"  → {one_line(_call(message), LONGEST)}", "dim")
    elif role == "notice":
        yield paint(f"  {content}", "yellow")


def _call(message: Json) -> str:
    call = jsontext.read_object(message["content"])
    return f"{call['name']} {jsontext.write(call['input'])}"


def why_lines(given: Json) -> Iterator[str]:
    """What a turn was given, and where that comes from."""
    yield paint("  What it was given:", "bold")
    if given["called"]:
        yield f"    the skill {given['called']}, called up by the message"
    for each in given["looked_up"]:
        failed = "  failed" if each["is_error"] else ""
        yield f"    {each['tool']} {one_line(each['text'], LONGEST)}{failed}"
        yield from map(_origin, each["origins"])
    last = max((each["attempt"] for each in given["told"]), default=0)
    for each in given["told"]:
        if each["attempt"] == last:
            yield f"    {each['source']}  {paint(size_of(each['size']), 'dim')}"
            yield from map(_origin, each["origins"])


def _origin(origin: Json) -> str:
    lines = f":{origin['lines']}" if origin["lines"] else ""
    score = None if origin["score"] is None else f"score {origin['score']:.3f}"
    facts = (origin["kind"], origin["date"], score, origin["why"])
    told = " · ".join(each for each in facts if each)
    return f"      {origin['name']}{lines}  {paint(told, 'dim')}"
