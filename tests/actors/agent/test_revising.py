"""What is said when something is said again."""

import attrs
import pytest

from actors.agent.messages import Revise
from actors.agent.revising import revised
from actors.session.messages import EmptyMessage, Incoming, TurnOptions
from actors.vocabulary import Attachment
from tests.actors.gateway.values import a_turn

FILE = Attachment(name="a.txt", media_type="text/plain", path="uploads/ada/a.txt", size=1)
OTHER = attrs.evolve(FILE, name="b.txt", path="uploads/ada/b.txt")
FIRST = a_turn(
    "t1", text="hello", session="s1", attachments=(FILE,), options=TurnOptions(model="a/b", max_turns=3)
)
JOINED = a_turn(
    "t2",
    text="and more",
    session="s1",
    attachments=(OTHER,),
    options=TurnOptions(model="c/d", fallbacks=("e/f",)),
)


def asked(**changes: object) -> Revise:
    return attrs.evolve(Revise(turn="t1", user="ada", role="user"), **changes)  # type: ignore[arg-type]


def test_the_same_is_said_again_with_its_files_and_as_it_was_to_be_run() -> None:
    assert revised([FIRST], asked()) == Incoming(
        text="hello",
        user="ada",
        role="user",
        session="s1",
        attachments=(FILE,),
        mode="queue",
        source="http",
        options=FIRST.options,
    )


def test_what_joined_is_part_of_it_and_the_latest_that_names_a_model_decides() -> None:
    again = revised([FIRST, JOINED], asked())
    assert (again.text, again.attachments) == ("hello\n\nand more", (FILE, OTHER))
    assert again.options == TurnOptions(model="c/d", fallbacks=("e/f",), max_turns=3)


def test_other_words_and_another_model() -> None:
    again = revised(
        [FIRST, JOINED],
        asked(text="bye", model="g/h", effort="high", client_message_id="m1", source="web"),
    )
    assert (again.text, again.attachments) == ("bye", (FILE, OTHER))
    assert again.options == TurnOptions(model="g/h", effort="high", fallbacks=("e/f",), max_turns=3)
    assert (again.client_message_id, again.source) == ("m1", "web")


def test_an_empty_id_is_none() -> None:
    assert revised([FIRST], asked(client_message_id="")).client_message_id is None


def test_something_must_be_left_to_be_said() -> None:
    assert revised([FIRST], asked(text=" ")).text == " "
    with pytest.raises(EmptyMessage, match="not empty"):
        revised([attrs.evolve(FIRST, attachments=())], asked(text=" "))
