"""The oracle finds nothing where all is well, and every kind of wrong where it is not."""

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from tests.crash.left import Death, Fate, Left, Note
from tests.crash.oracle import complaints, failures, lost, twice
from tests.crash.record import Record, Sent
from tests.crash.script import Piece

FIRST = "<s0-0: write a | read a & delete a>"
SECOND = "<s0-1: >"
WRITTEN = "written by s0-0-0"


def row(role: str, content: Any, turn: str = "t0") -> dict[str, Any]:
    return {
        "role": role,
        "content": content if isinstance(content, str) else json.dumps(content),
        "turn_id": turn,
    }


def result(id: str, content: str, *, is_error: bool = False) -> dict[str, Any]:
    return row("tool_result", {"tool_use_id": id, "content": content, "is_error": is_error})


def all_is_well() -> tuple[Record, Left]:
    """A conversation of two messages, the second of which joined the turn of the first."""
    sent = [
        Sent(id="0", conversation=0, text=FIRST, mode="inject", source="web", session="s", turn="t0"),
        Sent(id="1", conversation=0, text=SECOND, mode="inject", source="web", session="s", turn="t1"),
    ]
    rows = [
        row("user", FIRST),
        row("assistant", "Working on s0-0. "),
        row("tool_use", {"id": "s0-0-0"}),
        result("s0-0-0", "Successfully wrote documents/s0/a.md"),
        row("user", SECOND, "t1"),
        row("assistant", "Working on s0-0. "),
        row("tool_use", {"id": "s0-0-1"}),
        row("tool_use", {"id": "s0-0-2"}),
        result("s0-0-1", WRITTEN),
        result("s0-0-2", "Deleted documents/s0/a.md"),
        row("assistant", "Done: {s0-0} {s0-1} and that is all."),
    ]
    said = Piece("user", "text", FIRST)
    working, call = (
        Piece("assistant", "text", "Working on s0-0."),
        Piece("assistant", "call", "FileWrite", "s0-0-0"),
    )
    done = Piece("user", "result", "Successfully wrote", "s0-0-0")
    requests = [[[said]], [[said], [working, call], [done, Piece("user", "text", SECOND)]]]
    record = Record(
        sent=sent, events={"s": [("b0", 1, "stream_start"), ("b0", 2, "text_delta"), ("b1", 9, "stream_end")]}
    )
    fates = {"t0": Fate("done"), "t1": Fate("merged", "t0")}
    return record, Left(rows={0: rows}, files={}, fates=fates, requests=requests, log=f"{FIRST} {SECOND}")


def test_where_all_is_well_it_finds_nothing() -> None:
    assert complaints(*all_is_well()) == []


def test_calls_in_doubt_may_have_happened_or_not() -> None:
    record, left = all_is_well()
    rows = list(left.rows[0])
    rows[9] = result("s0-0-2", "… It may or may not have happened. …", is_error=True)
    for files in ({}, {"documents/s0/a.md": WRITTEN}):
        assert complaints(record, attrs.evolve(left, rows={0: rows}, files=files)) == []


def test_calls_that_a_cancellation_kept_from_being_made_change_nothing() -> None:
    record, left = all_is_well()
    rows = list(left.rows[0])
    rows[9] = result("s0-0-2", "… This call was not completed and changed nothing.", is_error=True)
    left = attrs.evolve(left, rows={0: rows}, files={})
    assert any("holds None" in complaint for complaint in complaints(record, left))
    assert complaints(record, attrs.evolve(left, files={"documents/s0/a.md": WRITTEN})) == []


NOTED = "<s0-0: note a & note a>"


@pytest.mark.parametrize(
    ("first", "text", "indexed", "appended", "wrong"),
    [
        ("Appended", "written by s0-0-0\nwritten by s0-0-1\n", "same", 2, None),
        ("It may or may not have happened", "written by s0-0-1\n", "same", 1, None),
        ("It may or may not have happened", "written by s0-0-0\nwritten by s0-0-1\n", "same", 2, None),
        (
            "It may or may not have happened",
            "written by s0-0-0\n" * 2 + "written by s0-0-1\n",
            "same",
            3,
            "2 times",
        ),
        ("was not completed and changed nothing", "written by s0-0-1\n", "same", 1, None),
        (
            "was not completed and changed nothing",
            "written by s0-0-0\nwritten by s0-0-1\n",
            "same",
            2,
            "1 times",
        ),
        ("Appended", "written by s0-0-1\n", "same", 1, "0 times"),
        ("Appended", "written by s0-0-1\nwritten by s0-0-0\n", "same", 2, "holds"),
        ("Appended", "written by s0-0-0\nwritten by s0-0-1\n", "written by s0-0-0", 2, "a search knows"),
        ("Appended", "written by s0-0-0\nwritten by s0-0-1\n", "same", 3, "3 changes"),
    ],
)
def test_a_note_has_each_line_once_and_all_know_it(
    first: str, text: str, indexed: str, appended: int, wrong: str | None
) -> None:
    text, indexed = (each.replace("\n", " as a lines0a\n") for each in (text, indexed))
    record, left = all_is_well()
    record = attrs.evolve(record, sent=[attrs.evolve(record.sent[0], text=NOTED)])
    rows = [
        row("user", NOTED),
        row("assistant", "Working on s0-0. "),
        *(row("tool_use", {"id": f"s0-0-{n}"}) for n in range(2)),
        result("s0-0-0", first, is_error=first != "Appended"),
        result("s0-0-1", "Appended"),
        row("assistant", "Done: {s0-0} and that is all."),
    ]
    note = Note(text=text, indexed=text if indexed == "same" else indexed, appended=appended)
    left = attrs.evolve(left, rows={0: rows}, requests=[], notes={"notes/s0/a.md": note})
    found = complaints(record, attrs.evolve(left, fates={"t0": Fate("done")}))
    assert [wrong in complaint for complaint in found if wrong] == [True] * bool(wrong), found
    assert wrong or found == []


SOUGHT = "<s0-0: note a & seek a | seek a>"
LINE = "written by s0-0-0 as a lines0a"


@pytest.mark.parametrize(
    ("noted", "found", "wrong"),
    [
        ("Appended", LINE, None),
        ("Appended", "Nothing fits in the notes.", f"s0-0-2 has not found ['{LINE}']"),
        ("Appended", "… This call was not completed and changed nothing.", None),
        ("… It may or may not have happened. …", "Nothing fits in the notes.", None),
    ],
)
def test_a_search_finds_what_was_noted_before_it_was_asked_for(
    noted: str, found: str, wrong: str | None
) -> None:
    record, left = all_is_well()
    record = attrs.evolve(record, sent=[attrs.evolve(record.sent[0], text=SOUGHT)])
    rows = [
        row("user", SOUGHT),
        *(row("tool_use", {"id": f"s0-0-{n}"}) for n in range(2)),
        result("s0-0-1", "Nothing fits in the notes."),
        result("s0-0-0", noted, is_error=noted != "Appended"),
        row("tool_use", {"id": "s0-0-2"}),
        result("s0-0-2", found),
        row("assistant", "Done: {s0-0} and that is all."),
    ]
    notes = {"notes/s0/a.md": Note(text=f"{LINE}\n", indexed=LINE, appended=1)}
    left = attrs.evolve(left, rows={0: rows}, requests=[], notes=notes, fates={"t0": Fate("done")})
    said = complaints(record, left)
    assert [wrong in complaint for complaint in said if wrong] == [True] * bool(wrong), said
    assert wrong or said == []


Break = Callable[[Record, list[dict[str, Any]]], dict[str, Any] | None]
"""Makes something wrong in the record or the rows; returns what else of `Left` is to be replaced."""


def _swap(rows: list[dict[str, Any]], one: int, two: int) -> None:
    rows[one], rows[two] = rows[two], rows[one]


def _lose(record: Record, rows: list[dict[str, Any]]) -> None:
    del rows[4]


def _double(record: Record, rows: list[dict[str, Any]]) -> None:
    rows.append(rows[4])


def _move(record: Record, rows: list[dict[str, Any]]) -> None:
    rows[4]["turn_id"] = "t7"


def _invent(record: Record, rows: list[dict[str, Any]]) -> None:
    rows.append(row("user", "hello?"))


def _overtake(record: Record, rows: list[dict[str, Any]]) -> None:
    _swap(rows, 0, 4)


def _never_told(record: Record, rows: list[dict[str, Any]]) -> None:
    record.sent[1].turn = None


def _still_running(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"fates": {"t0": Fate("running"), "t1": Fate("merged", "t0")}}


THREE = [Death("FileWrite.before_run:1", 5, own=True)] * 3
BYSTANDER = [*THREE[:2], Death("begin.after_commit:1", 5, own=False)]
ELSEWHERE = [*THREE[:2], Death("FileRead.before_run:1", 9, own=True)]


def parked(record: Record, rows: list[dict[str, Any]], deaths: list[Death]) -> dict[str, Any]:
    """The first turn is given up after these deaths, and the second one goes on by itself."""
    rows.append(row("notice", "This message stopped the program."))
    return {
        "fates": {"t0": Fate("failed", outcome="parked"), "t1": Fate("merged", "t0")},
        "deaths": {"t0": deaths},
        "log": "",
    }


def test_what_has_killed_the_process_three_times_at_one_place_may_be_parked() -> None:
    record, left = all_is_well()
    rows = [dict(each) for each in left.rows[0]]
    others = parked(record, rows, THREE)
    left = attrs.evolve(left, rows={0: rows}, **others)
    assert complaints(record, left) == []
    (told,) = failures(record, left)
    assert told.splitlines() == [
        f"{FIRST} failed (parked): This message stopped the program.",
        *["  FileWrite.before_run:1, at mark 5, its own doing"] * 3,
    ]
    assert (lost(record, left), twice(record, left)) == ([], [])


def _parked_bystander(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return parked(record, rows, BYSTANDER)


def _parked_in_spite_of_progress(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return parked(record, rows, ELSEWHERE)


def _parked_too_soon(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return parked(record, rows, THREE[:2])


def _failed_silently(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"fates": {"t0": Fate("failed", outcome="parked"), "t1": Fate("merged", "t0")}}


def _failed_for_no_reason(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    rows.append(row("notice", "The model could not be asked."))
    return {"fates": {"t0": Fate("failed", outcome="error"), "t1": Fate("merged", "t0")}}


def _cancelled_by_nobody(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"fates": {"t0": Fate("cancelled"), "t1": Fate("merged", "t0")}}


def _merged_into_nothing(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"fates": {"t0": Fate("done"), "t1": Fate("merged", "t9")}}


def _not_answered(record: Record, rows: list[dict[str, Any]]) -> None:
    rows[10]["content"] = "Done: {s0-0} and that is all."


def _answered_twice(record: Record, rows: list[dict[str, Any]]) -> None:
    rows.append(rows[10])


def _wrong_answer_over_http(record: Record, rows: list[dict[str, Any]]) -> None:
    record.sent[0].answer = {"status": 200, "outcome": "success", "text": "Done: {s0-1}"}


def _called_twice(record: Record, rows: list[dict[str, Any]]) -> None:
    rows.insert(3, rows[2])


def _without_result(record: Record, rows: list[dict[str, Any]]) -> None:
    del rows[8]


def _file_still_there(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"files": {"documents/s0/a.md": WRITTEN}}


def _deleted_twice(record: Record, rows: list[dict[str, Any]]) -> None:
    rows[9] = result("s0-0-2", "File not found: documents/s0/a.md", is_error=True)


def _read_what_was_not_there(record: Record, rows: list[dict[str, Any]]) -> None:
    rows[8] = result("s0-0-1", "something else")


def _requests(change: Callable[[list[list[list[Piece]]]], object]) -> Break:
    def broken(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
        requests = [[list(message) for message in request] for request in all_is_well()[1].requests]
        change(requests)
        return {"requests": requests}

    return broken


def _parked_and_logged(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {**parked(record, rows, THREE), "log": FIRST}


def _log(text: str) -> Break:
    def broken(record: Record, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"log": text}

    return broken


def _events(*events: tuple[str, int, str]) -> Break:
    def broken(record: Record, rows: list[dict[str, Any]]) -> None:
        record.events["s"] = list(events)

    return broken


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (_lose, "there 0 times"),
        (_double, "there 2 times"),
        (_move, "in another turn"),
        (_invent, "nobody has sent hello?"),
        (_overtake, "overtook"),
        (_never_told, "never acknowledged"),
        (_still_running, "is running in the end"),
        (_failed_silently, "failed without a notice"),
        (_parked_bystander, "it has killed the process 2 times at the place where it is"),
        (_parked_in_spite_of_progress, "it has killed the process 1 times at the place where it is"),
        (_parked_too_soon, "it has killed the process 2 times at the place where it is"),
        (_failed_for_no_reason, "though nothing went wrong"),
        (_cancelled_by_nobody, "cancelled, by 0 wishes"),
        (_merged_into_nothing, "merged into nothing"),
        (_not_answered, "s0-1 was given 1 times and answered 0 times"),
        (_answered_twice, "answered 2 times"),
        (_wrong_answer_over_http, "was answered with 'Done: {s0-1}'"),
        (_called_twice, "call s0-0-0 was made 2 times"),
        (_without_result, "has 0 results"),
        (_file_still_there, "holds 'written by s0-0-0'"),
        (_deleted_twice, "cannot result in"),
        (_read_what_was_not_there, "cannot result in"),
        (_requests(lambda sent: sent[1][2].pop(0)), "are followed by the results"),
        (_requests(lambda sent: sent[1].pop(1)), "two messages of the user in a row"),
        (_requests(lambda sent: sent[1][0].append(Piece("user", "text", FIRST))), "s0-0 is there 2 times"),
        (
            _requests(lambda sent: sent[1][0].insert(0, Piece("user", "text", "hm"))),
            "request 1 of the model, piece 0",
        ),
        (
            _requests(lambda sent: sent[1].append([Piece("assistant", "text", "hm")])),
            "begin and end with the person",
        ),
        (_parked_and_logged, "though its turn is failed"),
        (_log(""), "s0-0 is in the log 0 times"),
        (_log(FIRST * 2), "s0-0 is in the log 2 times"),
        (_log(FIRST + SECOND * 2), "s0-1 is in the log 2 times, though its turn is merged"),
        (_events(("b0", 5, "text_delta"), ("b1", 5, "text_delta")), "go back after a restart"),
        (
            _events(("b0", 5, "text_delta"), ("b0", 5, "stream_end")),
            "event 5 of s is text_delta and stream_end",
        ),
    ],
)
def test_it_finds_what_is_wrong(broken: Break, words: str) -> None:
    record, left = all_is_well()
    rows = [dict(each) for each in left.rows[0]]
    others = broken(record, rows) or {}
    found = complaints(record, attrs.evolve(left, rows={0: rows}, **others))
    assert any(words in complaint for complaint in found), found


def test_a_message_acknowledged_as_new_twice_or_in_two_places_is_noticed_at_once() -> None:
    record, _ = all_is_well()
    frame = {"client_message_id": "0", "session_id": "s", "turn_id": "t0", "duplicate": True}
    record.accepted(frame)
    assert record.complaints == []
    record.accepted({**frame, "duplicate": False})
    record.accepted({**frame, "turn_id": "t5"})
    assert [words for words in ("as new twice", "('s', 't5')") if words not in str(record.complaints)] == []
