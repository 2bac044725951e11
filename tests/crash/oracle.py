"""What must hold after any number of kills, against a sequential model of people, model and files. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from actors.transcript import SUMMARY_CLOSES, SUMMARY_OPENS
from tests.crash.left import (
    ABSENT,
    DOUBT,
    UNDONE,
    Death,
    Fate,
    Left,
    is_a,
    result_of,
    rows_of,
    said_by,
    wanted_by,
)
from tests.crash.record import Record, Sent
from tests.crash.script import AMONG_FILES, AMONG_NOTES, Asked, Piece, answered, tags

GIVEN_UP: Final = "stopped the program"
"""What is said of a turn that has killed the process again and again."""
UNFINISHED: Final = "The subagent has not finished."
"""What is said of one that a limit has ended."""
DEATHS: Final = 3
"""A turn is given up when it has killed the process so often at one place."""


def lost(record: Record, left: Left) -> list[Sent]:
    """The acknowledged messages that are not there."""
    return [message for message in record.sent if message.acknowledged and not rows_of(message, left)]


def twice(record: Record, left: Left) -> list[Sent]:
    """The messages that are there more than once."""
    return [message for message in record.sent if len(rows_of(message, left)) > 1]


def failures(record: Record, left: Left) -> list[str]:
    """Each turn that failed, with why, and how its attempts died."""
    return [
        "\n".join((
            f"{message.text} failed ({left.fates[turn].outcome}): {_notice(turn, left)}",
            *(f"  {death}" for death in left.deaths.get(turn, ())),
        ))
        for turn, message in {each.turn: each for each in record.sent if each.turn}.items()
        if turn in left.fates and left.fates[turn].state == "failed"
    ]  # fmt: skip


def _notice(turn: str, left: Left) -> str:
    rows = (row for rows in left.rows.values() for row in rows)
    return next(
        (row["content"] for row in rows if is_a(row, "notice") and row["turn_id"] == turn), "no notice"
    )


def last_words(number: int) -> str:
    """What is said in a conversation when all is over, so that it is seen to go on."""
    return f"<s{number}-999: >"


def complaints(record: Record, left: Left) -> list[str]:
    """Everything that should not be, each as a sentence."""
    return [
        *_lost_or_doubled(record, left),
        *_out_of_order(record, left),
        *_ended_otherwise(record, left),
        *_answered_otherwise(left),
        *_called_otherwise(left),
        *_files_differ(left),
        *_notes_differ(left),
        *_missed(left),
        *_delegated_otherwise(left),
        *_not_valid(left),
        *_rewritten(left),
        *_renumbered(record),
        *_logged_otherwise(record, left),
    ]


# --- messages of people ---------------------------------------------------------------------------------------


def _lost_or_doubled(record: Record, left: Left) -> Iterator[str]:
    """What was acknowledged is there exactly once, in the turn that was named; what was not, at most once."""
    for message in record.sent:
        rows = rows_of(message, left)
        least = 1 if message.acknowledged else 0
        if message.kept and not message.acknowledged:
            yield f"{message.text} was never acknowledged"
        if not least <= len(rows) <= 1:
            yield f"{message.text} was {'' if least else 'not '}acknowledged and is there {len(rows)} times"
        if message.acknowledged and any(row["turn_id"] != message.turn for row in rows):
            yield f"{message.text} is in another turn than the one it was acknowledged for"
    known = {message.text for message in record.sent}
    for number, shown in left.rows.items():
        for row in shown:
            if is_a(row, "user") and row["content"] not in known | {last_words(number)}:
                yield f"nobody has sent {row['content']}"


def _out_of_order(record: Record, left: Left) -> Iterator[str]:
    """Messages of one mode keep their order. One that may join a running turn may overtake one that may not."""
    place = {
        row["content"]: n for rows in left.rows.values() for n, row in enumerate(rows) if is_a(row, "user")
    }
    lines: dict[tuple[int, str], list[Sent]] = {}
    for message in record.sent:
        if message.source == "web" and message.kept and message.text in place:
            lines.setdefault((message.conversation, message.mode), []).append(message)
    for line in lines.values():
        for one, two in pairwise(line):
            if place[one.text] > place[two.text]:
                yield f"{two.text} overtook {one.text}"


def _ended_otherwise(record: Record, left: Left) -> Iterator[str]:
    """Every acknowledged message is done, merged, parked with a notice, or cancelled because somebody asked for it."""
    cancelled = Counter[int]()
    for message in record.sent:
        if message.turn is None:
            continue
        fate = left.fates.get(message.turn, Fate("gone"))
        match fate.state:
            case "done":
                pass
            case "merged":
                if fate.merged_into not in left.fates:
                    yield f"{message.text} was merged into nothing"
            case "cancelled":
                cancelled[message.conversation] += 1
            case "failed":
                yield from _failed_otherwise(message, message.turn, left)
            case other:
                yield f"{message.text} is {other} in the end"
        yield from _answer_differs(message)
    for conversation, count in cancelled.items():
        wishes = record.cancels.get(conversation, 0)
        if count > wishes:
            yield f"{count} turns of conversation {conversation} are cancelled, by {wishes} wishes"


def _failed_otherwise(message: Sent, turn: str, left: Left) -> Iterator[str]:
    """Nothing fails here but what has killed the process again and again, and that is told."""
    if left.fates[turn].outcome != "parked":
        yield f"{message.text} failed, though nothing went wrong but the process"
    else:
        own = killed_itself(left.deaths.get(turn, ()))
        if own < DEATHS:
            yield f"{message.text} is parked, though it has killed the process {own} times at the place where it is"
    if _notice(turn, left) == "no notice":
        yield f"{message.text} failed without a notice"


def killed_itself(deaths: Sequence[Death]) -> int:
    """How often a turn has killed the process at the place where it is."""
    return sum(death.own and death.progress == deaths[-1].progress for death in deaths)


def _answer_differs(message: Sent) -> Iterator[str]:
    """An answer over HTTP to a turn that is done names the message."""
    answer = message.answer
    if answer is None:
        return
    if answer["status"] == 200 and answer["outcome"] == "success":
        if answered(answer["text"]).count(tags(message.text)[0]) != 1:
            yield f"{message.text} was answered with {answer['text']!r}"
    elif answer["status"] not in {200, 502}:
        yield f"{message.text} was answered with {answer}"


# --- what the model said and did ------------------------------------------------------------------------------


def _answered_otherwise(left: Left) -> Iterator[str]:
    """The model names each message it was given exactly once."""
    for rows in left.rows.values():
        given, named = Counter(tags(said_by(rows, "user"))), Counter(answered(said_by(rows, "assistant")))
        for tag in given.keys() | named.keys():
            if named[tag] != 1:
                yield f"{tag} was given {given[tag]} times and answered {named[tag]} times"


def _called_otherwise(left: Left) -> Iterator[str]:
    """Each call that a message asks for was made exactly once, and has exactly one result."""
    for rows in left.rows.values():
        made = Counter(result_of(row)["id"] for row in rows if is_a(row, "tool_use"))
        results = Counter(result_of(row)["tool_use_id"] for row in rows if is_a(row, "tool_result"))
        wanted = {call.id for call in wanted_by(rows)}
        for id in made.keys() | results.keys() | wanted:
            if (id in wanted, made[id], results[id]) != (True, 1, 1):
                origin = "" if id in wanted else ", which nobody asked for,"
                yield f"call {id}{origin} was made {made[id]} times and has {results[id]} results"


# --- files ----------------------------------------------------------------------------------------------------


def _files_differ(left: Left) -> Iterator[str]:
    """The files are as if the calls had been carried out one after another, those in doubt done or not done."""
    for rows in left.rows.values():
        wanted = {call.id: call for call in wanted_by(rows) if call.verb in AMONG_FILES}
        possible: dict[str, set[str | None]] = {call.path: {ABSENT} for call in wanted.values()}
        for row in rows:
            if is_a(row, "tool_result"):
                result = result_of(row)
                call = wanted.get(result["tool_use_id"])
                if call is not None:
                    before = possible[call.path]
                    possible[call.path] = _afterwards(call, result, before)
                    if not possible[call.path]:
                        yield f"{call.id}: {call.verb} {call.path} cannot result in {result} where it held {before}"
                        possible[call.path] = {ABSENT, *left.files.values()}
        for path, contents in possible.items():
            if left.files.get(path) not in contents:
                yield f"{path} holds {left.files.get(path)!r}, not one of {contents}"


def _afterwards(call: Asked, result: Mapping[str, Any], before: set[str | None]) -> set[str | None]:
    """What the file of a call may hold after it; nothing when the result cannot be."""
    text, failed = result["content"], result["is_error"]
    done: dict[str, str | None] = {"write": call.content, "delete": ABSENT}
    if DOUBT in text:
        return before | {done[call.verb]} if call.verb in done else before
    if UNDONE in text:
        return before
    if failed:  # these tools fail in one way only here
        return before & {ABSENT} if "not found" in text and call.verb != "write" else set()
    match call.verb:
        case "read":
            return {content for content in before if content == text}
        case "delete":
            return {ABSENT} if before - {ABSENT} else set()
        case _:
            return {call.content}


def _notes_differ(left: Left) -> Iterator[str]:
    """Each call has added its line once, in the order of the results; file, index and history are of one mind."""
    lines: dict[str, list[str]] = {}
    for rows in left.rows.values():
        wanted = {call.id: call for call in wanted_by(rows) if call.verb == "note"}
        for row in rows:
            call = wanted.get(result_of(row)["tool_use_id"]) if is_a(row, "tool_result") else None
            if call is not None:
                there = left.notes[call.path].text.splitlines() if call.path in left.notes else []
                yield from _noted_otherwise(call, result_of(row), there.count(call.content))
                lines.setdefault(call.path, []).extend([call.content] * there.count(call.content))
    for name, note in left.notes.items():
        if note.text.splitlines() != lines.get(name, []):
            yield f"{name} holds {note.text.splitlines()} and not {lines.get(name, [])}"
        if note.indexed.splitlines() != note.text.splitlines():
            yield f"of {name} a search knows {note.indexed!r}, and it holds {note.text!r}"
        if note.appended != len(note.text.splitlines()):
            yield f"{name} has {note.appended} changes and holds {note.text!r}"


def _noted_otherwise(call: Asked, result: Mapping[str, Any], count: int) -> Iterator[str]:
    text = result["content"]
    possible = {0, 1} if DOUBT in text else {0} if UNDONE in text else {1}
    if count not in possible or (result["is_error"] and possible == {1}):
        yield f"{call.id} was noted {count} times, and its result is {result}"


def _missed(left: Left) -> Iterator[str]:
    """A search that is asked for after a line was noted finds it, whichever process asks and whichever has noted it."""
    for rows in left.rows.values():
        wanted = {call.id: call for call in wanted_by(rows) if call.verb in AMONG_NOTES}
        noted: dict[str, list[str]] = {}
        due: dict[str, list[str]] = {}
        for row in rows:
            if is_a(row, "tool_use") and (call := wanted.get(result_of(row)["id"])) is not None:
                due[call.id] = list(noted.get(call.word, ()))
            if not is_a(row, "tool_result"):
                continue
            result = result_of(row)
            call = wanted.get(result["tool_use_id"])
            if call is None or DOUBT in result["content"] or UNDONE in result["content"]:
                continue
            if call.verb == "note":
                noted.setdefault(call.word, []).append(call.content)
            elif missing := [line for line in due.get(call.id, ()) if line not in result["content"]]:
                yield f"{call.id} has not found {missing}: {result}"


def _delegated_otherwise(left: Left) -> Iterator[str]:
    """What a subagent has answered is the result of the call, unless a turn was cancelled or has killed the process."""
    for rows in left.rows.values():
        wanted = {call.id: call for call in wanted_by(rows) if call.verb == "ask"}
        for row in rows:
            call = wanted.get(result_of(row)["tool_use_id"]) if is_a(row, "tool_result") else None
            if call is None:
                continue
            result = result_of(row)
            text = result["content"]
            if answered(text) != [call.delegated] and not (
                result["is_error"] and any(words in text for words in (DOUBT, UNDONE, GIVEN_UP, UNFINISHED))
            ):
                yield f"{call.id} asked {call.delegated}, and its result is {result}"


# --- what the model was sent ----------------------------------------------------------------------------------


def _not_valid(left: Left) -> Iterator[str]:
    """Every request is one that a provider accepts, and holds no message twice."""
    for number, messages in enumerate(left.requests):
        for wrong in _wrong_with(messages):
            yield f"request {number} of the model: {wrong}"


def _wrong_with(messages: Sequence[Sequence[Piece]]) -> Iterator[str]:
    if any(not pieces for pieces in messages):
        yield "an empty message"
        return
    if messages[0][0].role != "user" or messages[-1][0].role != "user":
        yield "it does not begin and end with the person"
    for one, two in pairwise(messages):
        calls = [piece.id for piece in one if piece.kind == "call"]
        results = [piece.id for piece in two if piece.kind == "result"]
        if calls != results:
            yield f"calls {calls} are followed by the results {results}"
        after_results = (
            one[-1].kind == "result" and one[-1].role == two[0].role == "user"
        )  # a message of its own in one of the formats
        if one[0].role == two[0].role and not after_results:
            yield f"two messages of the {one[0].role} in a row"
    given = Counter(
        tag
        for pieces in messages
        for piece in pieces
        if piece.role == "user" and piece.kind == "text"
        for tag in tags(piece.text)
    )
    yield from (f"{tag} is there {count} times" for tag, count in given.items() if count > 1)


def _rewritten(left: Left) -> Iterator[str]:
    """What the model was sent of a conversation only grows: nothing is taken back, changed or put in between.

    But a summary may take the place of its beginning.
    """
    latest: dict[str, list[Piece]] = {}
    for number, messages in enumerate(left.requests):
        pieces = [piece for message in messages for piece in message]
        said = (piece for piece in pieces if (piece.role, piece.kind) == ("user", "text"))
        first = next((tag for piece in said for tag in tags(piece.text)), None)
        if first is None:
            yield f"request {number} of the model holds no message"
            continue
        conversation = first.partition("-")[0]
        before = latest.get(conversation, [])
        if pieces[0].text == SUMMARY_OPENS:
            yield from _summed_up(number, before, pieces)
            latest[conversation] = pieces
            continue
        if pieces[: len(before)] != before:
            changed = (n for n, (one, two) in enumerate(zip(before, pieces, strict=False)) if one != two)
            at = next(changed, len(pieces))
            yield f"request {number} of the model, piece {at}: {before[at]} became {pieces[at : at + 1]}"
        latest[conversation] = pieces


def _summed_up(number: int, before: Sequence[Piece], pieces: Sequence[Piece]) -> Iterator[str]:
    """A summary may take the place of the older part; what follows it is the newer part, and what has come since."""
    closes = next((n for n, piece in enumerate(pieces) if piece.text == SUMMARY_CLOSES), 0)
    newer = list(pieces[closes + 1 :])
    if before and before[0].text == SUMMARY_OPENS and list(pieces[: len(before)]) == list(before):
        return
    if not any(newer[: len(before) - n] == list(before[n:]) for n in range(1, len(before))):
        yield f"request {number} of the model holds a summary, and then not what is left: {newer}"


# --- logs -----------------------------------------------------------------------------------------------------


_LOGGED: Final = re.compile(r"<(s\d+-\d+):")
"""The beginning of a message; its end may be cut off."""
_ENTRY: Final = re.compile(r"^(?=## )", re.MULTILINE)
_SAVED: Final = "Pre-compaction save"
"""Stands in an entry that keeps what a summary was about to replace, without a model: it is beside those of turns."""


def _logged_otherwise(record: Record, left: Left) -> Iterator[str]:
    """A turn that was done is in the log once; of what it took in the log may have no room for all."""
    entries = (entry for entry in _ENTRY.split(left.log) if _SAVED not in entry)
    logged = Counter(tag for entry in entries for tag in _LOGGED.findall(entry))
    for sent in record.sent:
        fate = left.fates.get(sent.turn or "")
        (tag,) = tags(sent.text)
        if fate is not None and fate.state == "done" and logged[tag] != 1:
            yield f"{tag} is in the log {logged[tag]} times"
        elif logged[tag] > 1 or (fate is not None and fate.state in {"failed", "cancelled"} and logged[tag]):
            yield f"{tag} is in the log {logged[tag]} times, though its turn is {fate and fate.state}"
    sent_by_people = {tag for sent in record.sent for tag in tags(sent.text)}
    yield from (
        f"{tag} is in the log, and no person has said it"
        for tag in logged
        if tag.startswith("s9") and tag not in sent_by_people
    )


# --- events ---------------------------------------------------------------------------------------------------


def _renumbered(record: Record) -> Iterator[str]:
    """Numbers of events are never given twice, and those of a later process are higher."""
    for session, events in record.events.items():
        boots = list(dict.fromkeys(boot for boot, _, _ in events))
        numbers = {boot: [n for b, n, _ in events if b == boot] for boot in boots}
        for one, two in pairwise(boots):
            if max(numbers[one]) >= min(numbers[two]):
                yield f"numbers of events of {session} go back after a restart"
        kinds: dict[tuple[str, int], str] = {}
        for boot, number, kind in events:
            if kinds.setdefault((boot, number), kind) != kind:
                yield f"event {number} of {session} is {kinds[boot, number]} and {kind}"
