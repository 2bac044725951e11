"""The filter language of the console: every word, and a clear complaint about every other (G16)."""

import time
from contextlib import suppress
from typing import Any, ClassVar, final, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus import Message, Request, secret, wire_name
from bus.keep.deadletter import Reason
from bus.see.filter import Filter, FilterError, parse
from bus.see.tapevent import POINTS, Point, TapEvent

DEAD = get_args(Reason)


@final
@attrs.frozen(kw_only=True)
class Find(Request[str]):
    version: ClassVar[int] = 2
    query: str
    token: str = secret(default="")


@final
@attrs.frozen(kw_only=True)
class Found(Request[str]):
    pass


def event(**fields: Any) -> TapEvent:
    """A message from the agent to the memory of a conversation, unless told otherwise."""
    described: dict[str, Any] = {
        "point": "replied",
        "at": 12.5,
        "to": "memory",
        "sender": "conversation[s-1]",
        "type": "memory.Search@1",
        "kind": "ask",
        "trace": "00ab12cd" + "0" * 24,
        "wait": 0.25,
        "took": 1.5,
        "outcome": "ok",
        "baggage": {"user": "ada", "session": "s-1", "turn": "t-9", "origin": "web"},
    }
    return TapEvent(**(described | fields))


def passes(text: str, **fields: Any) -> bool:
    test = parse(text)
    return test is None or test(event(**fields))


WORDS: list[tuple[str, dict[str, Any], bool]] = [
    ("type=memory.Search@1", {}, True),
    ("type=memory.Search", {}, True),
    ("type=memory.Search@2", {}, False),
    ("type=memory.*", {}, True),
    ("type=*Search", {}, True),
    ("type=*.Search*", {}, True),
    ("type=memory", {}, False),
    ("type=memory.search", {}, False),
    ("type=*", {"type": ""}, True),
    ("type=", {"type": ""}, True),
    ("type=", {}, False),
    ("to=memory", {}, True),
    ("to=mem*", {}, True),
    ("to=agent", {}, False),
    ("to=conversation", {}, False),
    ("from=conversation[s-1]", {}, True),
    ("from=conversation", {}, True),
    ("from=conversation[*]", {}, True),
    ("from=conversation[s-2]", {}, False),
    ("from=*", {"sender": ""}, True),
    ("from=memory", {}, False),
    ("actor=memory", {}, True),
    ("actor=conversation[s-1]", {}, True),
    ("actor=conversation", {}, True),
    ("actor=llm", {}, False),
    ("point=replied", {}, True),
    ("point=*ed", {}, True),
    ("point=sent", {}, False),
    ("outcome=ok", {}, True),
    ("outcome=crashed", {}, False),
    ("outcome=crashed", {"outcome": "crashed"}, True),
    ("outcome=late_reply", {"outcome": "late_reply"}, True),
    ("trace=00ab12", {}, True),
    ("trace=00AB12", {}, True),
    ("trace=ab12", {}, False),
    ("trace=*ab12", {}, True),
    ("user=ada", {}, True),
    ("user=bob", {}, False),
    ("session=s-*", {}, True),
    ("session=s-1", {"baggage": {}}, False),
    ("session=", {"baggage": {}}, True),
    ("turn=t-9", {}, True),
    ("turn=t-8", {}, False),
    ("origin=web", {}, True),
    ("origin=telegram*", {"baggage": {"origin": "telegram:update:9123"}}, True),
    ("origin=telegram", {}, False),
    ("took>1s", {}, True),
    ("took>1.5s", {}, False),
    ("took>1499ms", {}, True),
    ("took<1501ms", {}, True),
    ("took<1.5", {}, False),
    ("took>1", {}, True),
    ("took>1499999us", {}, True),
    ("took>1ms", {"took": None}, False),
    ("took<1s", {"took": None}, False),
    ("wait>249ms", {}, True),
    ("wait>250ms", {}, False),
    ("wait<250001us", {}, True),
    ("wait<1s", {"wait": None}, False),
    ("text~Search", {}, True),
    ("text~SEARCH", {}, True),
    ("text~needle", {"message": Find(query="hay, Needle, hay")}, True),
    ("text~needle", {"message": Find(query="hay")}, False),
    ("text~hay*hay", {"message": Find(query="hay, needle, hay")}, True),
    ("text~hay*hay*hay", {"message": Find(query="hay, needle, hay")}, False),
    ("text~'a b'", {"message": Find(query="a b")}, True),
    ("text~memory.Search@?", {}, False),
    ("text~/v1/x", {"detail": "GET /api/v1/x/"}, True),
    ("text~'a  b'", {"detail": "a  b"}, True),
    ("text~boom", {"point": "failed", "detail": "ValueError: boom"}, True),
    ("text~seven", {"point": "item", "item": "the seven seas"}, True),
    ("text~", {}, True),
    ("text~sk-a", {"message": Find(query="sk-abcdefghij")}, False),
    ("text~geheim", {"message": Find(query="x", token="geheim")}, False),
    ("text~sk-a", {"detail": "the key sk-abcdefghij was refused"}, False),
    ("errors", {}, False),
    ("errors", {"point": "failed", "outcome": "error"}, True),
    ("errors", {"point": "buried", "outcome": "expired"}, True),
    ("errors", {"point": "crashed", "outcome": ""}, True),
    ("errors", {"point": "stopped", "outcome": ""}, False),
]


class TestAWord:
    @pytest.mark.parametrize(("word", "fields", "expected"), WORDS)
    def test_passes_what_it_says(self, word: str, fields: dict[str, Any], *, expected: bool) -> None:
        assert passes(word, **fields) is expected

    @pytest.mark.parametrize(("word", "fields", "expected"), WORDS)
    def test_with_an_exclamation_mark_passes_the_rest(
        self, word: str, fields: dict[str, Any], *, expected: bool
    ) -> None:
        assert passes("!" + word, **fields) is not expected

    @pytest.mark.parametrize("outcome", ["ok", "error", *DEAD])
    def test_knows_every_outcome(self, outcome: str) -> None:
        assert passes(f"outcome={outcome}", outcome=outcome)

    @pytest.mark.parametrize("point", POINTS)
    def test_knows_every_point(self, point: Point) -> None:
        assert passes(f"point={point}", point=point)

    @pytest.mark.parametrize(
        ("value", "name", "expected"),
        [
            ("a*c", "abc", True),
            ("a*c", "ac", True),
            ("a*c", "abcd", False),
            ("a.c", "abc", False),
            ("a?c", "abc", False),
            ("[ab]c", "ac", False),
            ("[ab]c", "[ab]c", True),
            ("pool[(+", "pool[(+", True),
            ("**", "anything", True),
            ("ab*ba", "aba", False),
            ("ab*ba", "abba", True),
            ("a*b*c", "a-b-c", True),
            ("a*b*c", "acb", False),
            ("a*bc*c", "abc", False),
            ("a*", "a\nb", True),
        ],
    )
    def test_knows_no_wildcard_but_the_star(self, value: str, name: str, *, expected: bool) -> None:
        assert passes(f"user={value}", baggage={"user": name}) is expected


def test_no_filter_takes_longer_than_it_takes_to_read_the_text() -> None:
    text = "a" * 1_000_000
    began = time.process_time()  # not that of others on a busy machine
    assert not passes("text~" + "a*" * 50 + "b", message=Find(query=text))
    assert not passes("user=" + "a*" * 50 + "b", baggage={"user": text})
    assert time.process_time() - began < 5, "with backtracking it takes longer than the world stands"


class TestAFilter:
    @pytest.mark.parametrize("text", ["", "   ", "\n\t"])
    def test_without_words_passes_everything(self, text: str) -> None:
        assert parse(text) is None

    def test_passes_what_all_its_words_pass(self) -> None:
        assert passes("type=memory.* user=ada took>1s")
        assert not passes("type=memory.* user=bob took>1s")
        assert passes("  type=memory.*\n!user=bob  ")
        assert not passes("point=replied point=sent")

    @pytest.mark.parametrize("text", ["user='ada b'", 'user="ada b"', "'user=ada b'", "user=ada' 'b"])
    def test_keeps_blanks_that_are_quoted(self, text: str) -> None:
        assert passes(text, baggage={"user": "ada b"})
        assert not passes(text)

    @pytest.mark.parametrize("text", ["""user="it's" """, """user='say "a"' """])
    def test_keeps_one_quote_within_the_other(self, text: str) -> None:
        value = "it's" if "it" in text else 'say "a"'
        assert passes(text, baggage={"user": value})

    def test_knows_at_which_points_it_can_pass_anything(self) -> None:
        def points(text: str) -> tuple[Point, ...]:
            test = parse(text)
            assert test is not None
            return test.points

        assert points("type=x") == POINTS
        assert points("point=failed") == ("failed",)
        assert points("!point=failed") == POINTS
        assert points("point=s*") == ("sent", "started", "stopped")
        assert points("point=s* errors") == ()
        assert points("errors") == ("failed", "buried", "crashed")
        assert points("!errors") == POINTS

    def test_knows_of_which_classes_it_can_pass_anything(self) -> None:
        def may_match(text: str) -> tuple[bool, bool]:
            test = parse(text)
            assert test is not None
            return test.may_match(Find), test.may_match(Found)

        assert may_match("type=test_filter.Find") == (True, False)
        assert may_match("type=test_filter.Find@2") == (True, False)
        assert may_match("type=test_filter.Find@1") == (False, False)
        assert may_match("type=*.F*") == (True, True)
        assert may_match("type=*.F* type=*d@1") == (False, True)
        assert may_match("!type=test_filter.Find") == (True, True)
        assert may_match("to=x") == (True, True)


KNOWN = (
    "known are type=… actor=… to=… from=… point=… outcome=… trace=… user=… session=… turn=… origin=… "
    "took>250ms wait>250ms text~words errors"
)


class TestAComplaint:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("typ=x", f"unknown filter word 'typ=x': did you mean 'type'? {KNOWN}"),
            ("Type=x", f"unknown filter word 'Type=x': did you mean 'type'? {KNOWN}"),
            ("!sesion=x", f"unknown filter word '!sesion=x': did you mean 'session'? {KNOWN}"),
            ("eror", f"unknown filter word 'eror': did you mean 'errors'? {KNOWN}"),
            ("qqq", f"unknown filter word 'qqq': {KNOWN}"),
            ("!", f"unknown filter word '!': {KNOWN}"),
            ("''", f"unknown filter word '': {KNOWN}"),
            ("=x", f"unknown filter word '=x': {KNOWN}"),
            ("type", "cannot read 'type': write it as type=…"),
            ("type>x", "cannot read 'type>x': write it as type=…"),
            ("took=1s", "cannot read 'took=1s': write it as took>250ms"),
            ("took~1s", "cannot read 'took~1s': write it as took>250ms"),
            ("errors=yes", "cannot read 'errors=yes': write it as errors"),
            ("text=x", "cannot read 'text=x': write it as text~words"),
            ("took>fast", "took> takes a duration such as 250ms or 1.5s, not 'fast'"),
            ("wait<1m", "wait< takes a duration such as 250ms or 1.5s, not '1m'"),
            ("wait>", "wait> takes a duration such as 250ms or 1.5s, not ''"),
            ("took>-1s", "took> takes a duration such as 250ms or 1.5s, not '-1s'"),
            ("point=seen", "no point is called 'seen': did you mean 'sent'? known are sent taken replied"),
            ("point=", "no point is called '': known are sent taken"),
            ("outcome=crash", "no outcome is called 'crash': did you mean 'crashed'? known are ok error"),
            ("outcome=z*", "no outcome is called 'z*': known are ok"),
            ("user='ada", "the quote before 'ada' is not closed"),
            ('type=x "', "the quote before '' is not closed"),
        ],
    )
    def test_names_the_word_and_what_would_do(self, text: str, complaint: str) -> None:
        with pytest.raises(FilterError) as caught:
            parse(text)
        assert complaint in str(caught.value)


# --- anything at all ------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "type",
        "actor",
        "to",
        "from",
        "point",
        "outcome",
        "trace",
        "user",
        "took",
        "wait",
        "text",
        "errors",
        "x",
        "",
    ]
)
VALUES = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["*", "ok", "failed", "250ms", "1.5s", "a*b", "test_filter.*", '"']),
)
LIKE_WORDS = st.builds("".join, st.tuples(st.sampled_from(["", "!"]), NAMES, st.sampled_from("=<>~"), VALUES))
FILTERS = st.text(max_size=40) | st.lists(LIKE_WORDS, max_size=4).map(" ".join)
MESSAGES = st.sampled_from((None, Find(query="a b"), Found()))


def about(message: Message | None, **fields: Any) -> TapEvent:
    return event(message=message, type="" if message is None else wire_name(type(message)), **fields)


EVENTS = st.builds(
    about,
    MESSAGES,
    point=st.sampled_from(POINTS),
    to=st.text(max_size=5),
    detail=st.text(max_size=10),
    took=st.none() | st.floats(0, 10),
    outcome=st.sampled_from(["", "ok", "error", *DEAD]),
)


def read(text: str) -> Filter | None:
    """A filter; None when it cannot be read or passes everything."""
    with suppress(FilterError):
        return parse(text)
    return None


@given(FILTERS, EVENTS)
def test_any_text_is_a_filter_or_a_complaint(text: str, seen: TapEvent) -> None:
    test = read(text)
    if test is None:
        return
    assert test(seen) in {True, False}
    if test(seen):
        assert seen.point in test.points
        assert seen.message is None or test.may_match(type(seen.message))


@given(LIKE_WORDS, EVENTS)
def test_any_word_and_its_negation_share_out_all_events(word: str, seen: TapEvent) -> None:
    plain, negated = read(word), read("!" + word)
    if plain is not None and negated is not None and not word.startswith("!"):
        assert plain(seen) is not negated(seen)
