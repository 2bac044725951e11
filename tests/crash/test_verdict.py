"""What is said of calls of tools finds nothing where all is well, and every kind of wrong where it is not."""

from typing import Any

import attrs
import pytest

from tests.crash.clients import wishes_of
from tests.crash.script import Piece
from tests.crash.verdict import (
    REFUSED,
    UNKNOWN,
    Answer,
    Books,
    Made,
    Question,
    Written,
    complaints,
    files_differ,
)
from tests.crash.wishes import DOUBT, Wish, answer_to, ends
from tests.fakes.model_script import Call

TEXT = "<s0-0: run s0/a & note s0/a | write s0/a | start s0/a>"
STARTED = "[sh-1 is running.]\n[BashOutput and BashStop know it as sh-1.]"


def call(n: int, tool: str, effect: str, text: str, **fields: Any) -> Made:
    return Made(
        **{"place": n, "answer": n, "id": f"s0-0-{n}", "key": f"t:{n}", "session": "s", **fields},
        tool=tool,
        effect=effect,
        text=text,
    )


def question(n: int, state: str = "allowed", scope: str = "once") -> Question:
    return Question(id=f"q{n}", about=f"s0-0-{n}", session="s", state=state, scope=scope)


def row(n: int, by: str = "person admin", verdict: str = "allowed", attempt: int = 1) -> Written:
    return Written(key=f"t:{n}:{attempt}", kind="call", verdict=verdict, by=by)


def answer(n: int, verdict: str = "allowed") -> Written:
    return Written(key=f"answer:q{n}", kind="answer", verdict=verdict, by="person admin")


def all_is_well() -> Books:
    """A command that was agreed to, a note in the same answer, and a file and a command that were asked about."""
    return Books(
        made=[
            call(0, "Bash", "unsafe", "(no output)"),
            call(1, "MemoryWrite", "local", "noted", answer=0),
            call(2, "FileWrite", "unsafe", "Successfully wrote work/s0/a.txt"),
            call(3, "Bash", "unsafe", STARTED),
        ],
        questions=[question(0), question(2), question(3)],
        audit=[row(0), answer(0), row(1, "default"), row(2), answer(2), row(3), row(3, attempt=2), answer(3)],
        said={Answer("q0", "once"), Answer("q0", "deny"), Answer("q2", "once"), Answer("q3", "once")},
        acknowledged=[Answer("q0", "once")],
        effects={"s0-0-0": 1, "s0-0-1": 1},
        wanted=wishes_of([TEXT]),
    )


def changed(n: int, **fields: Any) -> Books:
    """One call is otherwise."""
    books = all_is_well()
    return attrs.evolve(
        books, made=[attrs.evolve(each, **fields) if each.place == n else each for each in books.made]
    )


def refused(n: int, state: str = "denied") -> Books:
    """One call was asked about and not allowed."""
    books = changed(n, text=f"{REFUSED}: no", is_error=True)
    said = {*books.said, Answer(f"q{n}", "deny")}
    questions = [question(n, state, "") if each.id == f"q{n}" else each for each in books.questions]
    audit = [each for each in books.audit if str(n) not in each.key]
    audit += [row(n, verdict="denied"), *([answer(n, "denied")] if state == "denied" else [])]
    effects = {id: count for id, count in books.effects.items() if id != f"s0-0-{n}"}
    return attrs.evolve(books, questions=questions, audit=audit, effects=effects, said=said, acknowledged=[])


def test_where_all_is_well_it_finds_nothing() -> None:
    assert list(complaints(all_is_well())) == []
    assert list(complaints(refused(0))) == []
    assert list(complaints(refused(2, "expired"))) == []
    assert [str(each) for each in refused(0).made[:2]] == ["Bash refused", "MemoryWrite done"]


@pytest.mark.parametrize("count", [0, 1])
def test_a_command_in_doubt_was_done_or_not(count: int) -> None:
    books = attrs.evolve(changed(0, text=DOUBT, is_error=True), effects={"s0-0-0": count, "s0-0-1": 1})
    assert list(complaints(books)) == []
    assert str(books.made[0]) == "Bash in doubt"


def test_a_grant_spares_the_question() -> None:
    books = all_is_well()
    granted = attrs.evolve(
        books,
        questions=[question(0, scope="conversation"), question(3)],
        audit=[*(each for each in books.audit if each.key not in {"t:2:1", "answer:q2"}), row(2, "grant 1")],
        said={Answer("q0", "conversation"), Answer("q3", "once")},
        acknowledged=[],
    )
    assert list(complaints(granted)) == []
    found = attrs.evolve(
        granted, questions=[question(0), question(3)], said={Answer("q0", "once"), Answer("q3", "once")}
    )
    assert any("was allowed by grant 1, and nobody was asked" in each for each in complaints(found))


WELL = all_is_well()


@pytest.mark.parametrize(
    ("books", "sentence"),
    [
        (attrs.evolve(WELL, made=[*WELL.made, WELL.made[0]]), "s0-0-0 was made twice"),
        (changed(2, state="begun"), "s0-0-2 is begun in the end"),
        (changed(2, id="s0-7-0"), "nobody wants s0-7-0"),
        (changed(2, id="s0-0-0r"), "s0-0-0r was made though s0-0-0 was not in doubt"),
        (attrs.evolve(WELL, questions=[*WELL.questions, question(2)]), "s0-0-2 was asked about twice"),
        (attrs.evolve(WELL, questions=[question(0, "open")]), "the question about s0-0-0 is open in the end"),
        (
            attrs.evolve(WELL, acknowledged=[Answer("q0", "deny")]),
            "deny was acknowledged, and what is stored is",
        ),
        (attrs.evolve(WELL, acknowledged=[Answer("q9", "once")]), "and what is stored is None"),
        (attrs.evolve(WELL, said={Answer("q0", "once")}), "nobody has said what is stored: "),
        (attrs.evolve(WELL, audit=WELL.audit[:-1]), "is in the audit log 0 times"),
        (attrs.evolve(WELL, audit=[*WELL.audit, answer(0)]), "is in the audit log 2 times"),
        (attrs.evolve(refused(0), made=WELL.made), "s0-0-0 was denied, and its result is"),
        (changed(2, text=REFUSED, is_error=True), "s0-0-2 was allowed, and its result is"),
        (changed(1, text=REFUSED, is_error=True), "s0-0-1 was refused, and nobody was asked"),
        (
            attrs.evolve(WELL, questions=WELL.questions[1:]),
            "s0-0-0 (Bash) was allowed by person admin, and nobody",
        ),
        (changed(1, answer=1), "s0-0-1 (MemoryWrite) was allowed by default, and nobody was asked"),
        (
            attrs.evolve(WELL, effects={**WELL.effects, "s0-9-9": 1}),
            "s0-9-9 was done 1 times, and never asked for",
        ),
        (
            attrs.evolve(WELL, effects={**WELL.effects, "s0-0-0": 2}),
            "s0-0-0 (Bash) was done 2 times, not [1]",
        ),
        (attrs.evolve(WELL, effects={"s0-0-1": 1}), "s0-0-0 (Bash) was done 0 times, not [1]"),
        (attrs.evolve(WELL, effects={"s0-0-0": 1}), "s0-0-1 (MemoryWrite) was done 0 times, not [1]"),
        (
            attrs.evolve(WELL, effects={**WELL.effects, "s0-0-3": 2}),
            "s0-0-3 (Bash) was done 2 times, not [0, 1]",
        ),
        (attrs.evolve(refused(0), effects=WELL.effects), "s0-0-0 (Bash) was done 1 times, not [0]"),
        (attrs.evolve(WELL, audit=WELL.audit[1:]), "s0-0-0 is not in the audit log"),
        (
            attrs.evolve(WELL, audit=[*WELL.audit, row(0, verdict="denied", attempt=2)]),
            "in the audit log, and says",
        ),
        (attrs.evolve(WELL, audit=[*WELL.audit, row(7)]), "the audit log has t:7, which is no call"),
        (changed(0, text=STARTED), "two commands are called sh-1"),
        (changed(2, tool="BashOutput", text=f"{UNKNOWN} sh-1. There is none."), "though there were []"),
    ],
)
def test_it_finds(books: Books, sentence: str) -> None:
    found = list(complaints(books))
    assert any(sentence in each for each in found), found


# --- files --------------------------------------------------------------------------------------------------------

BEFORE = ends("x")


@pytest.mark.parametrize(
    ("verb", "text", "is_error", "before", "possible"),
    [
        ("write", "wrote", False, None, [ends("s0-0-0")]),
        ("edit", "Edited", False, BEFORE, ["by x\ns0-0-0\nend\n"]),
        ("edit", "no such text", True, "by x\n", ["by x\n"]),
        ("edit", "not found", True, None, [None]),
        ("delete", "Deleted", False, BEFORE, [None]),
        ("delete", "not found", True, None, [None]),
        ("read", BEFORE, False, BEFORE, [BEFORE]),
        ("read", "not found", True, None, [None]),
        ("run", "(no output)", False, None, ["s0-0-0\n"]),
        ("insist", DOUBT, True, BEFORE, [BEFORE, f"{BEFORE}s0-0-0\n"]),
        ("delete", f"{REFUSED}: no", True, BEFORE, [BEFORE]),
        ("note", "noted", False, BEFORE, [BEFORE]),
    ],
)
def test_a_file_is_what_the_calls_make_of_it(
    *, verb: str, text: str, is_error: bool, before: str | None, possible: list[str | None]
) -> None:
    made = [call(0, "X", "unsafe", text, is_error=is_error)]

    def found(content: str | None) -> list[str]:
        return list(files_differ(f"<s0-0: {verb} s0/a>", made, _file(before), _file(content)))

    for content in possible:
        assert found(content) == []
    assert found("something else") != []
    assert (found(before) == []) == (before in possible)


def _file(content: str | None) -> dict[str, str]:
    return {} if content is None else {"work/s0/a.txt": content}


@pytest.mark.parametrize(
    ("verb", "is_error", "before"),
    [
        ("delete", True, BEFORE),
        ("delete", False, None),
        ("edit", False, None),
        ("edit", True, BEFORE),
        ("write", True, None),
    ],
)
def test_a_result_that_cannot_be_is_found(*, verb: str, is_error: bool, before: str | None) -> None:
    made = [call(0, "X", "unsafe", "whatever", is_error=is_error)]
    (found,) = files_differ(f"<s0-0: {verb} s0/a>", made, _file(before), _file(before))
    assert "cannot result in 'whatever'" in found


def test_what_was_in_doubt_comes_again_after_its_round_and_subagents_have_files_of_their_own() -> None:
    text = "<s0-0: insist s0/a & write s0/a | ask s0/b>"
    first, second = Wish("s0-0-2", "ask", "s0/b").part
    made = [
        call(0, "Bash", "unsafe", DOUBT, is_error=True),
        call(1, "FileWrite", "unsafe", "wrote"),
        call(4, "Bash", "unsafe", "(no output)", id="s0-0-0r"),
        call(5, "FileWrite", "unsafe", "wrote", id=first.id),
        call(6, "Bash", "unsafe", "(no output)", id=second.id),
    ]
    after = {"work/s0/a.txt": f"{ends('s0-0-1')}s0-0-0r\n", first.path: f"{ends(first.id)}{second.id}\n"}
    assert list(files_differ(text, made, {}, after)) == []
    assert len(list(files_differ(text, made, {}, {}))) == 2
    assert len(list(files_differ(text, [], {}, {"work/s0/c.txt": ""}))) == 1


# --- the model ----------------------------------------------------------------------------------------------------


def test_the_model_repeats_what_is_in_doubt_once_and_knows_the_last_command_in_the_background() -> None:
    said = Piece("user", "text", "<s0-0: insist s0/a | start s0/a | stop s0/a>")
    doubtful = [said, Piece("assistant", "call", "", "s0-0-0"), Piece("user", "result", DOUBT, "s0-0-0")]
    assert _calls(doubtful) == [("Bash", "s0-0-0r")]
    repeated = [
        *doubtful,
        Piece("assistant", "call", "", "s0-0-0r"),
        Piece("user", "result", DOUBT, "s0-0-0r"),
    ]
    assert _calls(repeated) == [("Bash", "s0-0-1")]
    started = [
        *repeated,
        Piece("assistant", "call", "", "s0-0-1"),
        Piece("user", "result", STARTED, "s0-0-1"),
    ]
    assert _calls(started) == [("BashStop", "s0-0-2")]
    assert [each.input for each in answer_to(started) if isinstance(each, Call)] == [{"id": "sh-1"}]
    assert _calls([*started, Piece("assistant", "call", "", "s0-0-2")]) == []


def _calls(pieces: list[Piece]) -> list[tuple[str, str | None]]:
    return [(each.name, each.id) for each in answer_to(pieces) if isinstance(each, Call)]
