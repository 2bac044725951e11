import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.llm.transport.sse import EventSplitter, EventTooLong, parts


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
    texts=st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1).filter(
            lambda text: not text.strip(" ").startswith("data:")
        )
    ),
    sizes=st.lists(st.integers(1, 9), max_size=60),
)
@example(texts=["\t1\t"], sizes=[])
def test_where_the_body_is_cut_does_not_matter(texts: list[str], sizes: list[int]) -> None:
    events = [text.strip(" ").encode() for text in texts]
    body = b"".join(b"event: x\ndata: " + event + b"\n\n" for event in events)
    assert split(body, sizes) == events


def test_a_byte_order_mark_before_the_first_line_is_passed_over() -> None:
    assert split(b"\xef\xbb\xbfdata: 1\n\n", []) == [b"1"]


@pytest.mark.parametrize("body", [b"data: " + b"x" * 100, b"data: 1\n" * 20])
def test_an_event_without_end_is_refused(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.transport.sse.LONGEST", 100)
    splitter = EventSplitter()
    for _ in range(1000):
        assert splitter.feed(b"data: short\n\n") == [b"short"]
    with pytest.raises(EventTooLong, match="longer than 100 bytes"):
        splitter.feed(body)


OBJECT = b'{"a": 1}'


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("sizes", [[], [1] * 200, [9, 1, 9, 1]])
def test_lines_may_end_in_any_way_and_anywhere(end: bytes, sizes: list[int]) -> None:
    body = end.join([b"event: x", b"data: 1", b"data: 2", b"", b"data: 3", b"", b""])
    assert split(body, sizes) == [b"1\n2", b"3"]


@pytest.mark.parametrize(
    "body",
    [
        b"data: {}\ndata: %s\ndata: [DONE]\n\n",
        b"data: {}\n\ndata: %s\nevent: x\ndata: [DONE]",
        b"{}\n%s\n[DONE]\n",
        b"{}\r%s\r [DONE] \r",
        b"data: {}\n%s\ndata:[DONE]\n\n",
    ],
)
def test_objects_on_lines_of_their_own_are_events(body: bytes) -> None:
    assert split(body % OBJECT, []) == [b"{}", OBJECT, b"[DONE]"]


def test_the_mark_of_the_end_waits_for_nothing() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: {}\ndata: [DONE]\n") == [b"{}", b"[DONE]"]


def test_an_object_over_many_lines_of_data_is_one_event() -> None:
    assert split(b'data: {"a":\ndata: {}\ndata: }\n\n', []) == [b'{"a":\n{}\n}']
    assert split(b"data: {x}\ndata: {}\n\n", []) == [b"{x}\n{}"]


def test_a_body_that_is_one_value_over_many_lines_is_one_event() -> None:
    body = b'data: 1\n{\n "a": [\n\n {}\n ]\n}\n'
    first, whole = split(body, [3] * 20)
    assert first == b"1"
    assert whole.split() == b'{ "a": [ {} ] }'.split()
    assert split(b'[{"error": 1},\n{}]', [])[0].startswith(b'[{"error"')


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b'error: {"code":400}\n\n', b'{"error":{"code":400}}'),
        (b"error: no \xff\n\n", '{"error":"no \ufffd"}'.encode()),
        (b'event: error\ndata: {"code":400}\n\n', b'{"error":{"code":400}}'),
        (b'event: error\ndata: {"type":"error","error":{}}\n\n', b'{"type":"error","error":{}}'),
    ],
)
def test_what_is_called_an_error_is_told_as_one(body: bytes, event: bytes) -> None:
    assert split(body, []) == [event]
    assert split(b"data: 1\n\n" + body + b"data: 2\n\n", []) == [b"1", event, b"2"]


def test_a_value_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.transport.sse.LONGEST", 100)
    with pytest.raises(EventTooLong):
        split(b"{\n" + b'"a": 1,\n' * 20, [])


@pytest.mark.parametrize("line", [b"data: data: {}", b"data:data:{}", b"  data: {}", b"\tdata: {}"])
def test_the_word_before_data_may_be_indented_or_there_twice(line: bytes) -> None:
    assert split(line + b"\n\n", []) == [b"{}"]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'[{"a": 1}, 5, {"b": 2}]', [b'{"a":1}', b'{"b":2}']),
        (b'{"a": 1}{"b": 2}', [b'{"a":1}', b'{"b":2}']),
        (b'{"a": 1}data: {"b": 2}', [b'{"a":1}', b'{"b":2}']),
        (b'{"a": 1}', []),
        (b"{}" * 300_000, [b"{}"] * 300_000),  # in linear time
        (b"{", []),
        (b'{"a": 1}, 5', []),
        (b"5 5", []),
        (b"keep-alive", []),
    ],
)
def test_an_event_that_holds_several_is_taken_apart(data: bytes, found: list[bytes]) -> None:
    assert parts(data) == found
