import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.sse import EventSplitter, EventTooLong


def split(body: bytes, sizes: list[int]) -> list[bytes]:
    splitter = EventSplitter()
    events: list[bytes] = []
    at = 0
    for size in sizes:
        events += splitter.feed(body[at : at + size])
        at += size
    return [*events, *splitter.feed(body[at:]), *splitter.close()]


def test_names_comments_and_unknown_fields_are_passed_over() -> None:
    body = b": hello\nevent: ping\nid: 7\nretry: 5\ndata: {}\n\n"
    assert split(body, []) == [b"{}"]


def test_lines_may_end_with_carriage_returns() -> None:
    assert split(b"data: 1\r\n\r\ndata: 2\r\n\r\n", []) == [b"1", b"2"]


def test_several_lines_of_data_are_one_event() -> None:
    assert split(b"data: a\ndata: b\n\n", []) == [b"a\nb"]


def test_an_event_without_its_blank_line_counts_at_the_end() -> None:
    assert split(b"data: 1\n\ndata: 2", []) == [b"1", b"2"]


def test_a_line_separator_inside_a_string_is_no_line_end() -> None:
    text = '"a\u2028b\u0085c"'.encode()
    assert split(b"data: " + text + b"\n\n", []) == [text]


@given(
    texts=st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1)),
    sizes=st.lists(st.integers(1, 9), max_size=60),
)
def test_where_the_body_is_cut_does_not_matter(texts: list[str], sizes: list[int]) -> None:
    events = [text.strip(" ").encode() for text in texts]
    body = b"".join(b"event: x\ndata: " + event + b"\n\n" for event in events)
    assert split(body, sizes) == events


def test_a_byte_order_mark_before_the_first_line_is_passed_over() -> None:
    assert split(b"\xef\xbb\xbfdata: 1\n\n", []) == [b"1"]


@pytest.mark.parametrize("body", [b"data: " + b"x" * 100, b"data: 1\n" * 20])
def test_an_event_without_end_is_refused(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.sse.LONGEST", 100)
    splitter = EventSplitter()
    for _ in range(1000):
        assert splitter.feed(b"data: short\n\n") == [b"short"]
    with pytest.raises(EventTooLong, match="longer than 100 bytes"):
        splitter.feed(body)
