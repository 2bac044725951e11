"""Versions against a tree in plain Python, whatever is said, said again, chosen, summed up or killed."""

import json
import pathlib
import re
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.llm.anthropic import format as anthropic_format
from actors.llm.format import Format
from actors.llm.openai import format as openai_format
from actors.session import endings, export, survey
from actors.session.history import BROKEN_OFF
from actors.session.messages import Accepted, EndState, JoinedAnother, ListTurns, Message, StillOpen
from actors.transcript import Transcript
from actors.vocabulary import ADMIN, Text
from tests.actors.llm.test_any_history import asked, openai, sent
from tests.fakes.ledger import Ledger, check_valid
from tests.validators import anthropic_messages

PROVIDERS: Sequence[tuple[Format, Callable[[Any], None]]] = (
    (openai_format.FORMAT, openai),
    (openai_format.DEEPSEEK, openai),
    (anthropic_format.FORMAT, anthropic_messages.check),
)


@attrs.define
class Node:
    """A turn and what it follows; one that joined another has no place of its own."""

    id: str
    parent: "Node | None"
    merged: "Node | None" = None

    def chain(self) -> set[str]:
        return {self.id} | (self.parent.chain() if self.parent else set())


@attrs.frozen
class Said:
    """Something that stands in the conversation."""

    turn: str
    text: str
    step: int


@attrs.frozen
class Sum:
    turn: str
    text: str
    until: int


class VersionsMachine(RuleBasedStateMachine):
    """One conversation. A turn is run to its end at once, unless a rule leaves it open."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(pathlib.Path(self.folder.name))
        self.session = ""
        self.nodes: list[Node] = []
        self.head: Node | None = None
        self.said: list[Said] = []
        self.sums: list[Sum] = []
        self.ended: list[str] = []
        self.numbers = 0

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # --- the model ---

    def word(self, what: str) -> str:
        self.numbers += 1
        return f"{what} {self.numbers}"

    def pick(self, position: int) -> Node:
        return self.nodes[position % len(self.nodes)]

    def places(self) -> list[Node]:
        return [node for node in self.nodes if node.merged is None]

    def tip(self) -> Node:
        return self.head or self.places()[-1]

    def chosen(self) -> set[str]:
        return self.tip().chain()

    def adds(self, turn: str, text: str) -> None:
        (step,) = self.ledger.connection.execute("SELECT max(id) FROM steps").fetchone()
        self.said.append(Said(turn, text, step))

    def told(self) -> list[str]:
        """Texts of the history that a turn goes on from now."""
        chain = self.chosen()
        last = next((each for each in reversed(self.sums) if each.turn in chain), None)
        words = [each for each in self.said if each.turn in chain]
        if last is None:
            return [each.text for each in words]
        return [last.text, *(each.text for each in words if each.step >= last.until)]

    # --- running turns ---

    def accepted(self, accepted: Accepted, parent: Node | None) -> Node:
        node = Node(accepted.turn, parent)
        self.nodes.append(node)
        self.head = None
        return node

    def say(self) -> Node:
        parent = self.tip() if self.nodes else None
        text = self.word("question")
        self.session = (accepted := self.ledger.accept(text, key="garden")).session
        return self.accepted(accepted, parent)

    def begin(self, node: Node) -> int:
        """Begin a turn and compare what it goes on from; the number of the attempt."""
        turn = self.ledger.turn(node.id)
        begun = self.ledger.begin(node.id)
        if turn.attempt == 0:
            self.adds(node.id, turn.text)
        check_valid(begun.transcript.messages)
        for format, check in PROVIDERS:
            check(sent(format, asked(begun.transcript.messages)))
        assert texts(begun.transcript) == self.told()
        return begun.turn.attempt

    def finish(self, node: Node, attempt: int, state: EndState = "done", *, answers: bool = True) -> None:
        words = (self.word("answer"),) if answers else ()
        self.ledger.finish(node.id, *words, state=state, attempt=attempt)
        for text in words:
            self.adds(node.id, text)
        self.ended.append(node.id)

    # --- what happens ---

    @initialize()
    def first(self) -> None:
        self.finish(node := self.say(), self.begin(node))

    @rule(
        state=st.sampled_from(["done", "done", "failed", "cancelled"]),
        answers=st.booleans(),
        killed=st.booleans(),
        calls=st.integers(0, 2),
    )
    def goes_on(self, state: EndState, answers: bool, killed: bool, calls: int) -> None:  # noqa: FBT001
        node = self.say()
        if calls:
            self.uses_tools(node, self.begin(node), calls)
        elif killed:
            self.begin(node)
        if killed or calls:
            self.ledger.kill()
            self.ledger.recover()
        self.finish(node, self.begin(node), state, answers=answers)

    def uses_tools(self, node: Node, attempt: int, calls: int) -> None:
        text, ids = self.word("looking"), [self.word("call").replace(" ", "_") for _ in range(calls)]
        for step in self.ledger.complete(node.id, text, calls=ids, attempt=attempt):
            self.ledger.result(node.id, step.n, attempt=attempt)
        self.adds(node.id, text)

    @rule()
    def somebody_joins(self) -> None:
        node = self.say()
        attempt = self.begin(node)
        joining = self.say()
        joining.merged = node
        self.ledger.merge(node.id, joining.id, attempt=attempt)
        self.adds(node.id, self.ledger.turn(joining.id).text)
        self.finish(node, attempt)

    @rule(cancelled=st.booleans())
    def somebody_waits(self, cancelled: bool) -> None:  # noqa: FBT001
        """One that is cancelled before it runs still stands where it was said."""
        node = self.say()
        attempt = self.begin(node)
        waiting = self.say()
        for refused in (node, waiting):
            with pytest.raises(StillOpen):
                self.ledger.revise(refused.id)
            with pytest.raises(StillOpen):
                self.ledger.choose(refused.id)
        if cancelled:
            self.ledger.cancel(waiting.id)
            self.adds(waiting.id, self.ledger.turn(waiting.id).text)
            self.ended.append(waiting.id)
        self.finish(node, attempt)
        if not cancelled:
            self.finish(waiting, self.begin(waiting))

    @rule(position=st.integers(0, 40), replaced=st.integers(0, 5))
    def is_said_in_another_way(self, position: int, replaced: int) -> None:
        first = self.pick(position)
        text = self.word("version")
        if first.merged:
            with pytest.raises(JoinedAnother, match=first.merged.id):
                self.ledger.revise(first.id, text)
            return
        node = self.accepted(self.ledger.revise(first.id, text), first.parent)
        attempt = self.begin(node)
        if replaced:
            self.sum_up(node, replaced)
        self.finish(node, attempt)

    @rule(replaced=st.integers(1, 12))
    def is_summed_up(self, replaced: int) -> None:
        node = self.say()
        attempt = self.begin(node)
        self.sum_up(node, replaced)
        self.finish(node, attempt)

    def sum_up(self, node: Node, replaced: int) -> None:
        summary = self.word("summary")
        self.ledger.compact(self.ledger.turn(node.id), replaced, summary)
        (until,) = self.ledger.connection.execute(
            "SELECT first_step FROM compactions ORDER BY id DESC LIMIT 1"
        ).fetchone()
        self.sums.append(Sum(node.id, summary, until))

    @rule(position=st.integers(0, 40))
    def is_chosen(self, position: int) -> None:
        node = self.pick(position)
        if node.merged:
            with pytest.raises(JoinedAnother):
                self.ledger.choose(node.id)
            return
        following = [other for other in self.places() if node.id in other.chain()]
        assert self.ledger.choose(node.id) == following[-1].id
        self.head = following[-1]

    @precondition(lambda self: self.nodes)
    @rule()
    def kill(self) -> None:
        self.ledger.kill()
        assert self.ledger.recover() == ()

    # --- what must hold ---

    @invariant()
    def the_chosen_path_is_shown_and_exported(self) -> None:
        chain: set[str] = self.chosen() if self.nodes else set()
        expected = [each.text for each in self.said if each.turn in chain]
        if self.session:
            assert spoken(self.ledger.displayed(self.session)) == expected
            lines = map(json.loads, export.export(self.ledger.connection, self.session, ADMIN))
            assert [text for line in lines for text in exported(line)] == expected

    @invariant()
    def everything_is_there_once_for_who_wants_it_all(self) -> None:
        if self.session:
            shown = self.ledger.displayed(self.session, versions=True)
            assert spoken(shown) == [each.text for each in self.said]
            assert [turn.id for turn in endings.after(self.ledger.connection, 0, 1000)] == self.ended

    @invariant()
    def versions_know_each_other(self) -> None:
        if not self.session:
            return
        asked = ListTurns(session=self.session, user=ADMIN)
        listed = {turn.id: turn for turn in survey.list_turns(self.ledger.connection, asked)}
        assert len(listed) == len(self.nodes)
        for node in self.nodes:
            family = tuple(other.id for other in self.places() if other.parent is node.parent)
            expected = family if len(family) > 1 and node.merged is None else ()
            assert listed[node.id].versions == expected


def spoken(rows: Sequence[Message]) -> list[str]:
    """What people and the model have said, without what tools have."""
    return [row.content for row in rows if not row.role.startswith("tool")]


def texts(transcript: Transcript) -> list[str]:
    """All that is said in it; of a summary what was made of it."""
    blocks = [
        block
        for message in transcript.messages
        for block in message.content
        if block != Text(text=BROKEN_OFF)
    ]
    return [_shortly(block.text) for block in blocks if isinstance(block, Text)]


def _shortly(text: str) -> str:
    found = re.search(r"summary \d+", text)
    return found[0] if found else text


def exported(line: dict[str, Any]) -> list[str]:
    blocks: list[Any] = line.get("messages") or line.get("content") or []
    return [block["text"] for block in blocks]


TestVersions = VersionsMachine.TestCase
TestVersions.settings = settings(stateful_step_count=25, max_examples=settings().max_examples // 5)
