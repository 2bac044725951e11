"""Whatever a conversation holds, it is made to fit, and stays one that a provider accepts."""

import random
from typing import Any, final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.window.fitting import LEAST, fit
from actors.transcript import PICTURE, Part, Transcript, characters, summed_up
from actors.vocabulary import (
    Block,
    Content,
    Document,
    Image,
    ProviderData,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from tests.actors.agent.world import check_valid, shape

PHOTO = Image(media_type="image/png", path="downloads/a.png")
PAPER = Document(media_type="application/pdf", path="downloads/a.pdf", name="A.pdf")
LIGHT = Document(media_type="application/pdf", path="downloads/b.pdf", name="B.pdf")
WEIGHTS = {PAPER.path: 50_000}


def size_of(transcript: Transcript) -> int:
    return sum(characters(block) for message in transcript.messages for block in message.content)


@final
class Talk:
    """Makes up conversations: turns with rounds of calls, followups, a summary at the beginning, anything in them."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def text(self) -> str:
        """Some are short, some are huge, some are of characters that weigh more as JSON."""
        word = "".join(self._rng.choices("abc äß語\n", k=self._rng.randint(1, 8)))
        return f"w{word * self._rng.choice((1, 1, 1, 3, 100, 2000))}"

    def _value(self, depth: int) -> Any:
        match self._rng.randint(0, 5 if depth else 3):
            case 0:
                return self._rng.choice((None, True, 1.5, 10**9))
            case 4:
                return [self._value(depth - 1) for _ in range(self._rng.randint(0, 4))]
            case 5:
                return {name: self._value(depth - 1) for name in "abcd"[: self._rng.randint(0, 4)]}
            case _:
                return self.text()

    def _call(self, id: str) -> ToolUse:
        given = {name: self._value(2) for name in "abc"[: self._rng.randint(0, 3)]}
        return ToolUse(id=id, name="Peek", input=given, provider_data=self._attached())

    def _attached(self) -> ProviderData | None:
        return self._rng.choice((None, ProviderData(origin="x", data={"signature": self.text(), "n": 1})))

    def _words(self) -> tuple[Content, ...]:
        return tuple(
            self._rng.choice((Text(text=self.text()), Text(text=self.text()), PHOTO, PAPER, LIGHT))
            for _ in range(self._rng.randint(1, 3))
        )

    def transcript(self) -> Transcript:
        parts: list[Part] = []
        if self._rng.random() < 0.5:
            parts.append(summed_up(self.text(), 1))
        for turn in range(self._rng.randint(1, 4)):
            parts.append(Part("user", self._words(), len(parts) + 2))
            for n in range(self._rng.randint(0, 4)):
                parts += self._round(f"{turn}.{n}", len(parts) + 2)
            if self._rng.random() < 0.7:
                parts.append(Part("assistant", (Text(text=self.text()),), len(parts) + 2))
        if parts[-1].side == "assistant":
            parts.append(Part("user", self._words(), len(parts) + 2))
        return Transcript().plus(parts)

    def _round(self, id: str, step: int) -> list[Part]:
        calls = [self._call(f"{id}.{n}") for n in range(self._rng.choice((1, 1, 2, 12)))]
        said: list[Block] = []
        if self._rng.random() < 0.5:
            said.append(Thinking(text=self.text(), provider_data=self._attached()))
        results = [ToolResult(tool_use_id=call.id, name="Peek", content=self._words()) for call in calls]
        followup = self._words() if self._rng.random() < 0.2 else ()
        return [Part("assistant", (*said, *calls), step), Part("user", (*results, *followup), step)]


seeds = st.integers(min_value=0, max_value=2**32)


def newest_words(transcript: Transcript) -> list[Content]:
    """The last that a person has said."""
    said = (
        [block for block in message.content if isinstance(block, Content)]
        for message in reversed(transcript.messages)
        if message.role == "user"
    )
    return next(filter(None, said))


def beginning(block: Block) -> str:
    if isinstance(block, Image | Document):
        return f"[{block.type} {block.path}]"[:20]
    assert isinstance(block, Text)
    return block.text[:20]


@pytest.mark.parametrize("limit", [-1, LEAST, 4000, 20_000])
def test_what_somebody_has_sent_is_named_and_papers_stay_or_go(limit: int) -> None:
    words = (PHOTO, LIGHT, PAPER, PHOTO)
    found = fit(conversation(words, said("Seen. " * 9000), words), limit, {LIGHT.path: 900}).transcript
    check_valid(found.messages)
    assert found.weight({LIGHT.path: 900}) <= max(limit, LEAST)
    assert beginning(found.messages[-1].content[-1]) == beginning(PHOTO)


@given(seeds, st.integers(min_value=LEAST, max_value=200_000))
def test_it_fits_whatever_it_holds_and_a_provider_accepts_it(seed: int, limit: int) -> None:
    whole = Talk(seed).transcript()
    check_valid(whole.messages)
    found = fit(whole, limit, WEIGHTS).transcript
    check_valid(found.messages)
    assert found.size == size_of(found)
    assert found.weight(WEIGHTS) <= limit
    assert len(found.starts) == len(found.messages)
    assert set(found.starts) <= set(whole.starts)
    assert fit(found, limit, WEIGHTS).transcript == found, "twice is once"


@given(seeds, st.integers(min_value=-1, max_value=LEAST))
def test_where_nothing_fits_the_newest_words_are_left(seed: int, limit: int) -> None:
    whole = Talk(seed).transcript()
    found = fit(whole, limit, WEIGHTS).transcript
    check_valid(found.messages)
    assert found.weight(WEIGHTS) <= LEAST
    if found.size > limit:
        (message,) = found.messages
        assert beginning(message.content[-1]) == beginning(newest_words(whole)[-1])


def conversation(*parts: Block | tuple[Block, ...]) -> Transcript:
    """Sides take turns, the person first."""
    found = Transcript()
    for n, part in enumerate(parts):
        content = part if isinstance(part, tuple) else (part,)
        found = found.plus([Part("assistant" if n % 2 else "user", content, n + 1)])
    return found


def said(text: str) -> Text:
    return Text(text=text)


def call(id: str, **given: Any) -> ToolUse:
    return ToolUse(id=id, name="Peek", input=given)


def result(id: str, *content: Content) -> ToolResult:
    return ToolResult(tool_use_id=id, name="Peek", content=content)


LONG = "x" * 10_000


def test_results_are_shortened_before_words_and_the_oldest_first() -> None:
    whole = conversation(
        said("look"),
        call("c1"),
        result("c1", said(LONG)),
        call("c2"),
        result("c2", said(LONG)),
        said("seen"),
        said(LONG),
    )
    one = fit(whole, whole.size - 1)
    assert not one.words_lost
    assert "8060 characters left out" in shape(one.transcript.messages)[2]
    assert shape(one.transcript.messages)[4:] == shape(whole.messages)[4:]
    both = fit(whole, whole.size - 10_000)
    assert not both.words_lost
    assert shape(both.transcript.messages)[5:] == shape(whole.messages)[5:]


def test_old_words_are_shortened_before_new_ones() -> None:
    whole = conversation(said(LONG), said(LONG), said(LONG))
    found = fit(whole, 20_000)
    assert found.words_lost
    first, second, third = shape(found.transcript.messages)
    assert len(first) < len(second) < len(third) == len("u:") + len(LONG)


def test_what_a_tool_was_called_with_is_shortened() -> None:
    whole = conversation(
        said("write"),
        (call("c1", path="a.md", content=LONG, more=[LONG, 1, None]), call("c2", numbers=list(range(9000)))),
        (result("c1", said("ok")), result("c2", said("ok"))),
    )
    found = fit(whole, 20_000).transcript
    block = found.messages[1].content[0]
    assert isinstance(block, ToolUse)
    assert block.input["path"] == "a.md"
    assert len(block.input["content"]) <= 8000
    assert block.input["more"][1:] == [1, None]
    other = found.messages[1].content[1]
    assert isinstance(other, ToolUse)
    assert list(other.input) == ["left_out"]


def test_pictures_become_notes() -> None:
    whole = conversation(
        (said("look"), PHOTO), call("c1"), (result("c1", PHOTO)), said("seen"), (said("and this?"), PHOTO)
    )
    assert whole.size > 3 * PICTURE
    found = fit(whole, 2 * PICTURE + 500).transcript
    assert shape(found.messages)[3] == "c1=[image downloads/a.png]"
    assert PHOTO in found.messages[0].content
    found = fit(whole, PICTURE + 500).transcript
    assert PHOTO not in found.messages[0].content
    assert PHOTO in found.messages[-1].content
    found = fit(whole, 500).transcript
    assert said("[image downloads/a.png]") in found.messages[-1].content


LEFT_OUT = said("[document downloads/a.pdf is left out here: there is no room for it]")


def test_old_documents_become_notes_before_anything_else_and_the_oldest_first() -> None:
    whole = conversation(
        (said("look"), PAPER, LIGHT),
        call("c1"),
        (result("c1", said("see"), PAPER, said(LONG))),
        said("seen"),
        (said("and this?"), PAPER),
    )
    assert fit(whole, whole.size).transcript == whole, "who cannot read them is not burdened with them"
    one = fit(whole, whole.size + 100_000, WEIGHTS)
    assert one.words_lost
    assert one.transcript.messages[0].content == (said("look"), LEFT_OUT, LIGHT)
    assert one.transcript.messages[1:] == whole.messages[1:]
    two = fit(whole, whole.size + 50_000, WEIGHTS).transcript
    assert two.messages[2].content == (result("c1", said("see"), LEFT_OUT, said(LONG)),)
    assert PAPER in two.messages[-1].content


def test_a_document_that_was_just_read_stays_longer_than_the_words_around_it() -> None:
    whole = conversation(
        (said("look"), PAPER), said("seen"), said("again"), call("c1"), result("c1", said(LONG), PAPER)
    )
    found = fit(whole, 53_000, WEIGHTS).transcript
    assert found.messages[0].content == (said("look"), LEFT_OUT)
    (block,) = found.messages[-1].content
    assert isinstance(block, ToolResult)
    text, paper = block.content
    assert isinstance(text, Text)
    assert len(text.text) <= 2000
    assert paper is PAPER
    assert LEFT_OUT.text in shape(fit(whole, 49_000, WEIGHTS).transcript.messages)[-1]


def test_the_document_of_the_newest_words_goes_when_nothing_else_helps() -> None:
    whole = conversation(said("hello"), said(LONG), (said("and this?"), PAPER))
    found = fit(whole, 49_000, WEIGHTS)
    assert found.words_lost
    assert found.transcript.messages[-1].content == (said("and this?"), LEFT_OUT)
    small = fit(whole, 53_000, WEIGHTS).transcript
    assert PAPER in small.messages[-1].content
    assert len(shape(small.messages)[1]) < 3000


def test_long_reasoning_is_left_out() -> None:
    thought = Thinking(text="", provider_data=ProviderData(origin="x", data={"signature": LONG, "index": 1}))
    whole = conversation(said("hello"), (thought, said("hi")), said("more"))
    found = fit(whole, 5000).transcript
    assert shape(found.messages) == ["u:hello", "a:hi", "u:more"]
    alone = attrs.evolve(whole).plus([])
    assert fit(alone, whole.size).transcript == whole, "unless it fits"


def test_what_is_left_of_many_messages_is_a_line_of_each() -> None:
    parts = [said(f"words number {n}") for n in range(101)]
    found = fit(conversation(*parts), 1000).transcript
    (message,) = found.messages
    first, last = message.content
    assert isinstance(first, Text)
    assert "user: words number 98\nassistant: words number 99" in first.text
    assert "older messages are left out]" in first.text
    assert last == said("words number 100")


def test_the_newest_words_stay_while_the_calls_that_they_have_led_to_are_forgotten() -> None:
    rounds = [
        part for n in range(60) for part in (call(f"c{n}", what="x" * 30), result(f"c{n}", said("y" * 30)))
    ]
    known = Transcript().plus([summed_up("before", 1)])
    whole = known.plus(
        Part("assistant" if n % 2 else "user", (part,), n + 1)
        for n, part in enumerate([said("Do this."), *rounds])
    )
    found = fit(whole, 1500).transcript
    check_valid(found.messages)
    assert found.messages[0].content[-1] == said("Do this.")
    assert "before\n" in shape(found.messages)[0]
    assert shape(found.messages)[2:] == ["call c59", f"c59={'y' * 30}"]
    (message,) = fit(whole, 50).transcript.messages
    assert message.content == (said("Do this."),)


def test_of_the_newest_words_the_newest_are_kept_whole() -> None:
    whole = conversation((said(LONG), said("y" * 500), said("z" * 300)))
    (message,) = fit(whole, 1000).transcript.messages
    assert [block.text[0] for block in message.content if isinstance(block, Text)] == ["y", "z"]
    (message,) = fit(whole, 0).transcript.messages
    assert message.content == (said("z" * 300),)
    (message,) = fit(conversation(said(LONG)), 0).transcript.messages
    (block,) = message.content
    assert isinstance(block, Text)
    assert len(block.text) <= LEAST
    assert "characters left out" in block.text


@pytest.mark.parametrize("content", [(result("c1"),), (said(""),)])
def test_where_nobody_says_anything_it_stays(content: tuple[Block, ...]) -> None:
    """No conversation begins like that; whatever else happens, this does not fail."""
    whole = Transcript().plus([Part("user", content, 1)])
    assert fit(whole, -1).transcript.messages == whole.messages
