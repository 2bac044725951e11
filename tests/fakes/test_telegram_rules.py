"""The rules of the stand-in for the Bot API that need no server."""

from typing import Any

import pytest

from tests.fakes.telegram.faults import Faults
from tests.fakes.telegram.found import entities_in
from tests.fakes.telegram.limits import REAL, Limits, Meter, Rate, limits_from_json
from tests.fakes.telegram.refusals import Refusal
from tests.fakes.telegram.tidying import is_blank, tidy
from tests.fakes.telegram.updates import Updates


def e(type: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": type, "offset": offset, "length": length, **more}


# --- texts


@pytest.mark.parametrize(
    ("text", "entities", "tidied", "kept"),
    [
        (" \n👉 a \n", [e("italic", 5, 3), e("bold", 2, 6)], "👉 a", [e("bold", 0, 4), e("italic", 3, 1)]),
        ("  a", [e("bold", 1, 2)], " a", [e("bold", 0, 2)]),
        ("a  ", [e("bold", 1, 2)], "a", []),
        ("a\r\nb\tc\x07", [e("bold", 3, 1), e("code", 5, 1)], "a\nb c", [e("bold", 2, 1), e("code", 4, 1)]),
        (
            "👉\u2028\u202ea",
            [e("bold", 2, 3), e("italic", 4, 1)],
            "👉a",
            [e("bold", 2, 1), e("italic", 2, 1)],
        ),
        ("a\u00a0", [], "a\u00a0", []),
        (
            "a",
            [e("text_link", 0, 1, url="example.org")],
            "a",
            [e("text_link", 0, 1, url="http://example.org/")],
        ),
    ],
)
def test_a_text_is_shown_without_what_nobody_would_see(
    text: str, entities: list[dict[str, Any]], tidied: str, kept: list[dict[str, Any]]
) -> None:
    assert tidy(text, entities) == (tidied, kept)


@pytest.mark.parametrize(("text", "blank"), [("", True), (" \u200b\u2800\n", True), ("\u200ba", False)])
def test_some_texts_are_blank(text: str, *, blank: bool) -> None:
    assert is_blank(text) == blank


def test_what_a_client_finds_in_a_text() -> None:
    text = "👉 /do@a_bot it, @ada: https://a.example/b?c (d.com) me@e.example #tag 1/2 a@b"
    found = entities_in(text)
    utf16 = text.encode("utf-16-le")
    pieces = [
        (each["type"], utf16[2 * each["offset"] :][: 2 * each["length"]].decode("utf-16-le"))
        for each in found
    ]
    assert pieces == [
        ("bot_command", "/do@a_bot"),
        ("mention", "@ada"),
        ("url", "https://a.example/b?c"),
        ("url", "d.com"),
        ("email", "me@e.example"),
        ("hashtag", "#tag"),
    ]


# --- updates


def test_what_is_confirmed_does_not_come_back() -> None:
    updates = Updates(first=10)
    for number in range(4):
        updates.add("message", {"n": number})
    assert [u["update_id"] for u in updates.take(0, 2)] == [10, 11]
    assert [u["update_id"] for u in updates.take(12, 0)] == [12]
    assert [u["update_id"] for u in updates.take(0, 1000)] == [12, 13]
    assert [u["update_id"] for u in updates.take(1000, 100)] == [12, 13], "an offset that far ahead is none"
    assert [u["update_id"] for u in updates.take(-1, 100)] == [13]
    assert updates.take(24, 100) == []


def test_only_wanted_kinds_are_queued_and_numbered() -> None:
    updates = Updates(first=1)
    updates.add("chat_member", {})
    updates.allow(["message"])
    updates.add("callback_query", {})
    updates.add("message", {})
    updates.allow([])
    updates.add("callback_query", {})
    assert [(u["update_id"], *u) for u in updates.waiting] == [
        (1, "update_id", "message"),
        (2, "update_id", "callback_query"),
    ]


# --- limits


def test_a_burst_passes_and_then_one_at_a_time() -> None:
    meter = Meter()
    chat = ("chat", Rate(1, 2))
    for now in (0.0, 0.0, 1.0):
        meter.take([chat], now)
    with pytest.raises(Refusal, match="Too Many Requests: retry after 1") as caught:
        meter.take([chat], 1.5)
    assert caught.value.parameters == {"retry_after": 1}
    meter.take([chat], 2.0)
    meter.take([("none", None)], 2.0)


def test_what_is_refused_takes_from_nothing() -> None:
    meter = Meter()
    everything, one = ("all", Rate(1, 2)), ("one", Rate(0.1, 1))
    meter.take([everything, one], 0.0)
    for _ in range(3):
        with pytest.raises(Refusal, match="retry after 10"):
            meter.take([everything, one], 0.0)
    meter.take([everything], 0.0)


def test_limits_are_read_from_json() -> None:
    assert limits_from_json({"chat": (1, 3), "edits": None}) == Limits(chat=Rate(1, 3))
    assert REAL.chat == Rate(1, 3)


# --- faults


@pytest.mark.parametrize(
    ("on", "hit"),
    [
        ("all", "getupdates sendmessage sendphoto editmessagetext getfile file getme"),
        ("polls", "getupdates"),
        ("calls", "sendmessage sendphoto editmessagetext getfile file getme"),
        ("sends", "sendmessage sendphoto"),
        ("uploads", "sendphoto"),
        ("edits", "editmessagetext"),
        ("downloads", "getfile file"),
        ("getMe", "getme"),
        ("file", "file"),
    ],
)
def test_faults_are_for_some_calls(on: str, hit: str) -> None:
    methods = ["getupdates", "sendmessage", "sendphoto", "editmessagetext", "getfile", "file", "getme"]
    faults = Faults()
    faults.add("drop", on=on, times=None)
    assert [method for method in methods if faults.meet(method, {})] == hit.split()
    faults.clear()
    assert faults.meet("getme", {}) is None


def test_faults_come_one_after_another() -> None:
    faults = Faults()
    faults.add("drop", skip=1, times=2)
    faults.add("html", chat=7)
    met = [faults.meet("sendmessage", {"chat_id": chat}) for chat in (7, 8, "8", 8)]
    assert [fault and fault.kind for fault in met] == ["html", "drop", "drop", None]


@pytest.mark.parametrize(
    "wrong", [{"kind": "dance"}, {"kind": "drop", "on": "sendMesage"}, {"kind": "drop", "off": 1}]
)
def test_a_fault_that_could_never_happen_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Faults().add(**wrong)
