"""What an answer has used while it is coming, whatever its provider tells of it and when."""

from collections.abc import Iterator

import attrs
import pytest

from actors.llm.completion import END_TURN, Completion, Tokens
from actors.llm.messages import CompletionEvent, SystemText, TextDelta
from actors.llm.requests.prompt import Prompt
from actors.llm.transport.meter import STEP, Meter, size
from actors.transcript import PICTURE
from actors.vocabulary import ChatMessage, Image, Text, ToolSpec

PROMPT = Prompt(
    provider="x", model="m", messages=(ChatMessage(role="user", content=(Text(text="x" * 400),)),)
)


@attrs.define
class Reader:
    """Says what the test says."""

    tokens: Tokens = attrs.field(factory=Tokens)
    written: int = 0
    finished: bool = False
    whole: bool = False

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        if data == b"error":
            raise ValueError("refused")
        self.written += len(data)
        yield TextDelta(text=data.decode())

    def completion(self) -> Completion:
        return Completion(content=(), stop_reason=END_TURN, tokens=self.tokens)


def read(meter: Meter, data: bytes) -> None:
    assert list(meter.read(data)) == [TextDelta(text=data.decode())]


def test_before_anything_is_answered_nothing_was_used() -> None:
    meter = Meter(Reader(), PROMPT)
    assert meter.used() is None
    assert meter.news() is None
    with pytest.raises(ValueError, match="refused"):
        list(meter.read(b"error"))
    assert meter.used() is None, "an error in the place of an answer"


def test_where_nothing_is_told_prompt_and_answer_are_estimated() -> None:
    meter = Meter(Reader(), PROMPT)
    read(meter, b"x" * 40)
    assert meter.used() == Tokens(input=100, output=10)
    read(meter, b"x" * 40)
    assert meter.used() == Tokens(input=100, output=20)


def test_what_is_told_counts_and_an_answer_that_has_grown_since() -> None:
    reader = Reader(tokens=Tokens(input=30, output=1, cache_read=5))
    meter = Meter(reader, PROMPT)
    assert meter.used() == reader.tokens, "told before the first word"
    read(meter, b"x" * 40)
    assert meter.used() == Tokens(input=30, output=10, cache_read=5)
    reader.tokens = Tokens(input=30, output=70, cache_read=5)
    assert meter.used() == reader.tokens


@pytest.mark.parametrize("known", [Tokens(cache_read=5), Tokens(cache_write=5)])
def test_a_prompt_that_the_cache_held_is_known(known: Tokens) -> None:
    assert Meter(Reader(tokens=known), PROMPT).used() == known


def test_an_answer_of_which_only_the_words_are_counted_has_an_estimated_prompt() -> None:
    assert Meter(Reader(tokens=Tokens(output=7)), PROMPT).used() == Tokens(input=100, output=7)


def test_it_is_news_at_first_when_the_prompt_is_known_and_when_the_answer_has_grown() -> None:
    reader = Reader()
    meter = Meter(reader, PROMPT)
    read(meter, b"x")
    assert meter.news() == Tokens(input=100, output=0)
    assert meter.news() is None
    read(meter, b"x" * 4 * (STEP - 1))
    assert meter.news() is None
    read(meter, b"x" * 4)
    assert meter.news() == Tokens(input=100, output=STEP)
    reader.tokens = Tokens(input=90)
    assert meter.news() == Tokens(input=90, output=STEP)


def test_it_reads_as_its_reader_does() -> None:
    reader = Reader(whole=True, finished=True)
    meter = Meter(reader, PROMPT)
    assert (meter.whole, meter.finished, meter.completion()) == (True, True, reader.completion())


def test_the_size_of_a_prompt_is_all_that_is_told_with_pictures_as_texts() -> None:
    picture = Image(path="a.png", media_type="image/png")
    prompt = attrs.evolve(
        PROMPT,
        messages=(ChatMessage(role="user", content=(Text(text="hello"), picture)),),
        system=(SystemText(text="Be kind."),),
        tools=(ToolSpec(name="Look", description="Looks.", input_schema={}),),
    )
    assert size(prompt) == 5 + PICTURE + 8 + 4 + 6 + 2
