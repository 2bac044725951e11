"""What is sent for a row, part by part."""

from typing import Any

import pytest

from actors.telegram.parts import (
    DOUBT,
    LIMIT,
    MANY,
    MOST_FILES,
    File,
    Part,
    Whole,
    Words,
    answered,
    asked,
    draft_of,
    missing,
    parts,
    refused,
    too_large,
)
from actors.telegram.rendering.rich import Entity, Rich, units
from actors.telegram.settings import StreamMode

FILE = {"name": "a.png", "media_type": "image/png", "path": "documents/a.png", "size": 3}


def turn(*texts: str, answers: tuple[str, ...] = (), **body: Any) -> dict[str, Any]:
    return {"texts": list(texts), "answers": list(answers), "attachments": [], "notice": None, **body}


def shown(body: dict[str, Any], mode: StreamMode = "final_only") -> list[str]:
    """Parts in short."""

    def short(part: Part) -> str:
        match part:
            case Words(rich=rich):
                return rich.text
            case File(path=path):
                return f"file {path}"
            case Whole(text=text):
                return f"whole {len(text)}"

    return list(map(short, parts(body, mode)))


class TestAnswer:
    def test_the_answer_alone(self) -> None:
        assert shown(turn("I look", "Here it is", answers=("Here it is",))) == ["Here it is"]

    def test_each_answer_where_a_turn_was_followed_up(self) -> None:
        body = turn("I look", "one", "two", answers=("one", "two"))
        assert shown(body) == ["one", "two"]

    def test_what_was_said_last_where_there_is_no_answer(self) -> None:
        assert shown(turn("I look", "I look again", " \n")) == ["I look again"]

    def test_an_answer_that_went_another_way_is_not_said_again(self) -> None:
        assert shown(turn("two", answers=("one", "two"))) == ["two"]

    @pytest.mark.parametrize("mode", ["all_messages", "stream"])
    def test_all_that_is_said_where_that_is_wanted(self, mode: StreamMode) -> None:
        assert shown(turn("I look", "Here it is", answers=("Here it is",)), mode) == ["I look", "Here it is"]

    def test_with_its_formatting(self) -> None:
        (part,) = parts(turn("so **bold**"), "final_only")
        assert part == Words(Rich(text="so bold", entities=(Entity(type="bold", offset=3, length=4),)))

    def test_a_notice_is_a_quiet_paragraph_of_its_own(self) -> None:
        (part,) = parts(turn("**half**", notice=" The limit was reached. "), "final_only")
        bold = Entity(type="bold", offset=0, length=4)
        italic = Entity(type="italic", offset=6, length=22)
        assert part == Words(Rich(text="half\n\nThe limit was reached.", entities=(bold, italic)))

    def test_a_notice_alone(self) -> None:
        (part,) = parts(turn(notice="It failed."), "final_only")
        assert part == Words(Rich(text="It failed.", entities=(Entity(type="italic", offset=0, length=10),)))

    def test_a_notice_that_does_not_fit_is_a_message_of_its_own(self) -> None:
        assert [len(text) for text in shown(turn("x" * LIMIT, notice="It failed."))] == [LIMIT, 10]

    def test_nor_does_one_for_which_there_is_no_entity_left(self) -> None:
        assert len(shown(turn("**a** b " * 100, notice="It failed."))) == 2

    def test_files_come_after_the_text(self) -> None:
        body = turn("see", attachments=[FILE, {"path": "temp/b.txt"}, {"name": "no path"}, "no file"])
        assert parts(body, "final_only")[1:] == (
            File("a.png", "image/png", "documents/a.png"),
            File("b.txt", "", "temp/b.txt"),
        )

    def test_files_alone(self) -> None:
        assert shown(turn(attachments=[FILE])) == ["file documents/a.png"]

    def test_no_more_files_than_anybody_looks_at(self) -> None:
        assert len(shown(turn(attachments=[FILE] * 100))) == MOST_FILES

    def test_a_long_answer_is_several_messages_that_leave_room_for_a_doubt(self) -> None:
        found = parts(turn("word " * 2000), "final_only")
        assert len(found) == 3
        for part in found:
            assert isinstance(part, Words)
            assert units(part.rich.below(DOUBT).text) <= 4096

    def test_a_very_long_one_is_a_document_too(self) -> None:
        text = ("x" * 4000 + "\n\n") * (MANY + 1)
        found = shown(turn(text, attachments=[FILE]))
        assert [each[:5] for each in found] == ["xxxxx"] * (MANY + 1) + ["whole", "file "]
        assert found[-2] == f"whole {len(text)}"
        assert not [each for each in shown(turn(text[: MANY * 4000])) if each.startswith("whole")]

    def test_a_row_that_is_read_again_has_the_same_parts(self) -> None:
        body = turn("# a\n\n" + "word *it* " * 3000, notice="n", attachments=[FILE])
        assert parts(body, "final_only") == parts(body, "final_only")

    @pytest.mark.parametrize(
        "body",
        [turn(), turn(" ", "\u200b"), turn(notice=""), {"texts": None}, {"texts": [1, None], "answers": "x"}],
    )
    def test_where_there_is_nothing_to_be_seen_nothing_is_sent(self, body: dict[str, Any]) -> None:
        assert shown(body) == []


class TestNotification:
    def test_with_title(self) -> None:
        (part,) = parts({"title": "tea\n time", "text": "*hot*", "success": True}, "final_only")
        bold = Entity(type="bold", offset=2, length=8)
        italic = Entity(type="italic", offset=12, length=3)
        assert part == Words(Rich(text="✓ tea time\n\nhot", entities=(bold, italic)))

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"title": "tea", "text": "", "success": False}, ["✗ tea"]),
            ({"title": "tea", "text": "hot", "success": None}, ["tea\n\nhot"]),
            ({"text": "hot", "session": "s"}, ["hot"]),
            ({"title": "", "text": "hot", "success": True}, ["hot"]),
            ({}, []),
            ({"text": 7, "title": ["x"]}, []),
        ],
    )
    def test_what_there_is_of_it(self, body: dict[str, Any], expected: list[str]) -> None:
        assert shown(body) == expected

    def test_a_long_one(self) -> None:
        assert [len(text) for text in shown({"title": "t" * 300, "text": "x" * LIMIT})] == [200, LIMIT]


class TestDraft:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (turn("one", iteration=2), 2),
            (turn("one", "two", iteration=2), None),
            (turn(iteration=2), None),
            (turn("one"), None),
            ({"text": "x"}, None),
        ],
    )
    def test_a_row_with_one_text_takes_the_place_of_its_draft(
        self, body: dict[str, Any], expected: int | None
    ) -> None:
        assert draft_of(body) == expected


def test_the_message_that_is_answered_has_a_name() -> None:
    assert [answered({"client_message_id": "m1"}), answered({"client_message_id": None}), answered({})] == [
        "m1",
        None,
        None,
    ]


def test_where_a_file_is_that_cannot_be_sent_is_said() -> None:
    file = File("a\nb.png", "image/png", "documents/ab.png")
    assert missing(file).text == "📎 a b.png is no longer where it was: documents/ab.png"
    assert too_large(file, 63 * 2**20).text == (
        "📎 a b.png (63 MB) is too large for Telegram. It is here: documents/ab.png"
    )
    assert refused(file).text == "📎 Telegram did not take a b.png. It is here: documents/ab.png"


def test_all_of_a_question_is_a_document() -> None:
    assert parts({"whole": "Bash: it may"}, "stream") == (Whole("Bash: it may", "question.txt"),)


def test_a_row_says_which_question_it_asks() -> None:
    assert asked({"approval": "q1", "text": "Bash: ls"}) == "q1"
    assert asked({"text": "brief"}) is None
