"""The table of commands in the background."""

import attrs
import pytest

from actors.shell.messages import UnknownCommand
from actors.shell.table import KEPT, Entry, Table, restored


def test_names_are_short_and_never_used_again() -> None:
    table = Table()
    assert [table.open("ada", "a").id, table.open("bob", "b").id] == ["sh-1", "sh-2"]
    assert restored(table.dumped()).open("ada", "c").id == "sh-3"


def test_everybody_knows_their_own() -> None:
    table = Table()
    entry = table.open("ada", "make")
    assert table.get(" sh-1 ", "ada") == entry
    assert table.running("ada") == ("sh-1",)
    with pytest.raises(UnknownCommand, match="There is none") as refused:
        table.get("sh-1", "bob")
    assert refused.value.known == ()
    with pytest.raises(UnknownCommand, match=r"There are sh-1\."):
        table.get("sh-9", "ada")


def test_what_became_of_them() -> None:
    entry = Entry(id="sh-1", user="ada", command="x" * 300)
    assert entry.told() == ("sh-1 is running.",)
    assert attrs.evolve(entry, state="ended", code=1).told() == ("sh-1 has ended.",)
    assert attrs.evolve(entry, state="stopped", note="Why.").told() == ("sh-1 was stopped.", "Why.")
    assert entry.shown == "x" * 200 + "…"
    assert Entry(id="sh-1", user="ada", command="ls").shown == "ls"


def test_a_restart_interrupts_those_that_ran() -> None:
    table = Table()
    first, second = table.open("ada", "one"), table.open("ada", "two")
    table.put(attrs.evolve(first, state="ended", code=0))
    found = restored(table.dumped())
    assert found.get("sh-1", "ada") == attrs.evolve(first, state="ended", code=0)
    assert found.get("sh-2", "ada") == attrs.evolve(second, state="interrupted")
    assert found.get("sh-2", "ada").told() == ("sh-2 was interrupted by a restart of the agent.",)
    assert found.running("ada") == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"commands": [{"x": 1}], "last": 1}', '{"commands": 1}'])
def test_a_file_that_cannot_be_read_says_nothing(text: str) -> None:
    assert restored(text).of("ada") == []


def test_the_oldest_that_have_ended_are_forgotten() -> None:
    table = Table()
    stays = table.open("ada", "server")
    for n in range(KEPT + 3):
        table.put(attrs.evolve(table.open("ada", f"{n}"), state="ended"))
    assert [each.id for each in table.forget()] == ["sh-2", "sh-3", "sh-4"]
    assert table.of("ada")[0] == stays
    assert len(table.of("ada")) == KEPT + 1
    assert table.forget() == []
