from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.webpush.content import MOST, SHORT, content, topic

BODY = {"title": "brief", "text": "all well", "success": True, "session": "s1", "source": "cron"}


def told(**changes: Any) -> dict[str, Any]:
    return dict(jsontext.read_object(content({**BODY, **changes}, "cron:j1:5")))


def test_what_a_browser_is_told() -> None:
    assert told() == {"title": "brief", "text": "all well", "path": "#/chat/s1", "tag": topic("cron:j1:5")}


def test_a_failure_is_named() -> None:
    assert told(success=False)["title"] == "brief failed"
    assert told(success=None)["title"] == "brief"


def test_without_a_conversation_it_leads_to_the_page() -> None:
    assert told(session=None)["path"] == ""


def test_of_a_long_text_the_beginning_is_told() -> None:
    assert told(text="a" * 9999)["text"] == "a" * (SHORT - 1) + "…"


def test_of_what_takes_more_room_as_json_less_is_told() -> None:
    assert len(content({**BODY, "title": "\x01" * 200, "text": "\x01" * 500}, "k")) <= MOST


@given(st.text(max_size=600), st.text(max_size=900))
def test_it_is_never_too_long_to_be_sent(title: str, text: str) -> None:
    for one, other in ((title, text), (title * 3, text * 7), ("\x01" * 200, "\x01" * 500 + text)):
        whole = content({**BODY, "title": one, "text": other}, "k")
        assert len(whole) <= MOST
        assert (
            other.encode(errors="replace")
            .decode()
            .startswith(jsontext.read_object(whole)["text"].removesuffix("…"))
        )


def test_what_is_nonsense_is_told_as_nothing() -> None:
    assert told(title=None, text=7, session=["x"]) == {
        "title": "",
        "text": "",
        "path": "",
        "tag": topic("cron:j1:5"),
    }


def test_a_topic_is_one_of_a_key_and_fits_into_a_header() -> None:
    assert topic("a") != topic("b")
    assert len(topic("\ud800" * 999)) == 32
