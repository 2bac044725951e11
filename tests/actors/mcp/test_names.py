import re
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from actors.mcp import names

SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
LISTS = st.dictionaries(
    st.from_regex(r"[a-z][a-z_-]{0,31}", fullmatch=True),
    st.lists(st.text(max_size=90), unique=True, max_size=8),
)


def test_a_tool_is_called_after_its_server() -> None:
    assert list(names.offered("files", ["read_file"], set())) == [("read_file", "mcp__files__read_file")]


def test_what_no_name_may_hold_is_replaced() -> None:
    assert [name for _, name in names.offered("a", ["x.y/z ö"], set())] == ["mcp__a__x_y_z__"]


def test_two_tools_that_would_be_called_the_same_are_told_apart_the_same_way_each_time() -> None:
    once, again = (dict(names.offered("a", ["x.y", "x/y"], set())) for _ in range(2))

    assert once == again
    assert once["x.y"] == "mcp__a__x_y"
    assert re.fullmatch(r"mcp__a__x_y_[0-9a-f]{8}", once["x/y"])


def test_a_tool_that_cannot_be_told_from_another_is_left_out() -> None:
    taken: set[str] = set()
    assert len(list(names.offered("a", ["x.y", "x/y"], taken))) == 2

    assert list(names.offered("a", ["x/y"], taken)) == []


@given(LISTS)
def test_every_name_is_one_that_providers_take_and_nobody_else_has(tools: dict[str, list[str]]) -> None:
    taken: set[str] = set()
    found = list(chain.from_iterable(names.offered(server, each, taken) for server, each in tools.items()))

    assert all(SAFE.fullmatch(name) for _, name in found)
    assert len({name for _, name in found}) == len(found) == sum(map(len, tools.values()))
