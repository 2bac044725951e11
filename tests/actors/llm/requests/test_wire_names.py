"""Names and ids, as they go out and as they come back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.requests.wire_names import LONGEST_ID, STRICT, VISIBLE, Ids, known_name, wire_name
from actors.vocabulary import ToolSpec
from tests.validators.strict import NAME

TOOLS = [ToolSpec(name=name, description="", input_schema={}) for name in ("FileRead", "web.search")]


@given(st.text(), st.text())
def test_names_are_legal_and_stay_apart(one: str, other: str) -> None:
    assert NAME.fullmatch(wire_name(one))
    assert (wire_name(one) == wire_name(other)) == (one == other)


def test_a_legal_name_stays_as_it_is() -> None:
    assert wire_name("File_Read-2") == "File_Read-2"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("FileRead", "FileRead"),
        ("functions.FileRead", "FileRead"),
        ("default_api:FileRead", "FileRead"),
        ("tools/FileRead", "FileRead"),
        (" FileRead\n", "FileRead"),
        ("FileRead<|channel|>json", "FileRead"),
        ("functions.FileRead<|constrain|>", "FileRead"),
        (wire_name("web.search"), "web.search"),
        ("functions.nothing", "functions.nothing"),
        ("", ""),
    ],
)
def test_a_tool_is_known_by_what_models_call_it(said: str, meant: str) -> None:
    assert known_name(said, TOOLS) == meant


@given(
    st.lists(st.text(max_size=4) | st.sampled_from(["a", "a_2", "x" * 50])),
    st.sampled_from([STRICT, VISIBLE]),
)
def test_ids_are_legal_and_used_once(given_ids: list[str], illegal: object) -> None:
    assert illegal in (STRICT, VISIBLE)
    ids = Ids(STRICT if illegal is STRICT else VISIBLE)
    made = [ids.unique(id) for id in given_ids]
    assert len(set(made)) == len(made)
    assert all(0 < len(id) <= LONGEST_ID and id.isascii() for id in made)
    assert all(one != other for one, other in pairwise(made))


def test_an_id_that_is_free_and_legal_stays_as_it_is() -> None:
    ids = Ids(VISIBLE, used=("b",))
    assert [ids.unique(id) for id in ("functions.read:0", "b", "b", "")] == [
        "functions.read:0",
        "b_2",
        "b_3",
        "call",
    ]
