"""Lists of tables in a file: what is kept of an entry, where it moves, and what is left to others."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.settings.edit import Unwritable, edited
from actors.settings.records import relisted

FILE = """\
# mine
[permissions]
outside = "ask"  # as it should be

# about git
# which is safe
[[permissions.rules]]
tool = "Bash"  # the shell
pattern = "git *"

[[permissions.rules]]
tool = "File*"
# nobody's business
decision = "deny"


# about the rest
[web]
a = 1
"""
GIT = {"tool": "Bash", "pattern": "git *"}
FILES = {"tool": "File*", "decision": "deny"}
NEW = {"tool": "Web*", "outside": True}
PATH = ("permissions", "rules")


def test_lists_are_written_as_such_beside_other_changes() -> None:
    text = edited(FILE, {"permissions.rules": [NEW], "web.a": 2})
    assert tomllib.loads(text) == {"permissions": {"outside": "ask", "rules": [NEW]}, "web": {"a": 2}}
    assert tomllib.loads(edited(FILE, {"permissions.rules": []}))["permissions"].get("rules", []) == []


def test_an_entry_moves_with_the_comments_in_and_above_it() -> None:
    assert (
        relisted(FILE, PATH, [FILES, NEW, GIT])
        == """\
# mine
[permissions]
outside = "ask"  # as it should be

[[permissions.rules]]
tool = "File*"
# nobody's business
decision = "deny"

[[permissions.rules]]
tool = "Web*"
outside = true

# about git
# which is safe
[[permissions.rules]]
tool = "Bash"  # the shell
pattern = "git *"

# about the rest
[web]
a = 1
"""
    )


def test_of_an_entry_that_is_another_now_what_still_holds_stays() -> None:
    text = relisted(FILE, PATH, [{**GIT, "pattern": "git log"}, {"tool": "File*"}]) or ""
    assert 'tool = "Bash"  # the shell\npattern = "git log"\n' in text
    assert 'tool = "File*"\n# nobody\'s business\n' in text
    assert text.count("# about git") == 1
    assert tomllib.loads(text)["permissions"]["rules"] == [{**GIT, "pattern": "git log"}, {"tool": "File*"}]


def test_one_of_two_that_are_the_same_may_go() -> None:
    twice = relisted(FILE, PATH, [GIT, GIT, FILES]) or ""
    assert tomllib.loads(twice)["permissions"]["rules"] == [GIT, GIT, FILES]
    assert relisted(twice, PATH, [GIT, FILES]) == relisted(FILE, PATH, [GIT, FILES])


def test_what_is_all_deleted_leaves_the_rest_as_it_was() -> None:
    assert edited(FILE, {"permissions.rules": []}).startswith("# mine\n[permissions]\noutside = ")
    assert tomllib.loads(edited(FILE, {"permissions.rules": []})) == {
        "permissions": {"outside": "ask", "rules": []},
        "web": {"a": 1},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[permissions]\nrules = [{tool = 'a'}]\n",
        "[[permissions.rules]]\n[permissions.rules.more]\na = 1\n[[permissions.rules]]\n",
        "[[permissions.other]]\n",
    ],
)
def test_what_is_written_in_another_way_is_left_to_others(text: str) -> None:
    assert relisted(text, PATH, [GIT]) is None
    assert tomllib.loads(edited(text, {"permissions.rules": [GIT]}))["permissions"]["rules"] == [GIT]


def test_a_list_in_several_places_is_left_to_a_person() -> None:
    text = "[[permissions.rules]]\n[web]\n[[permissions.rules]]\n"
    assert relisted(text, PATH, [GIT]) is None
    with pytest.raises(Unwritable, match="edit it by hand"):
        edited(text, {"permissions.rules": [GIT]})


def test_an_entry_with_tables_in_it_is_left_to_others() -> None:
    entry: dict[str, Any] = {"tool": "a", "more": {"b": 1}}
    assert relisted(FILE, PATH, [entry]) is None
    assert tomllib.loads(edited(FILE, {"permissions.rules": [entry]}))["permissions"]["rules"] == [entry]


def test_a_name_that_has_to_be_in_quotes_is() -> None:
    text = relisted("[['a b'.c]]\nx = 1", ("a b", "c"), [{"x": 1}, {"x": 2}])
    assert text == "[['a b'.c]]\nx = 1\n\n[[\"a b\".c]]\nx = 2\n"


LISTED = """\
# mine
[a]
x = 1 # x

# of 0
[[a.rules]]
n = 0 # in 0

# of 1
[[a.rules]]
n = 1 # in 1

# end
[b]
y = 2
"""


@given(st.lists(st.integers(0, 4), max_size=5, unique=True))
def test_a_list_of_tables_keeps_every_comment_of_what_is_still_there(order: list[int]) -> None:
    text = edited(LISTED, {"a.rules": [{"n": n} for n in order]})

    assert tomllib.loads(text) == {"a": {"x": 1, "rules": [{"n": n} for n in order]}, "b": {"y": 2}}
    kept = [n for n in order if n < 2]
    assert [text.count(f"# of {n}\n[[a.rules]]\nn = {n} # in {n}\n") for n in kept] == [1] * len(kept)
    for comment in ("# mine", "# x", "# end"):
        assert comment in text


def test_a_table_without_a_header_goes_with_the_last_that_was_in_it() -> None:
    text = edited("# mine\n", {"mcp.servers.a.command": "x", "mcp.servers.a.env": {"B": "$C"}})

    assert tomllib.loads(edited(text, {"mcp.servers.a": None})) == {}


NAMES = st.sampled_from(["a", "b-c", "ü", "x y"])
VALUES = st.integers() | st.booleans() | st.text() | st.lists(st.integers())
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=4)
TEXTS = [
    "",
    FILE,
    LISTED,
    "# mine\n[[a.rules]]\n",
    "# mine\na.rules = [{n = 0}, {n = 1}]\n",
    "# mine\n[a]\nrules = [\n  {n = 0}, # of 0\n]\n[[b.c]]\nx = 1\n",
]


@given(st.sampled_from(TEXTS), st.lists(RECORDS, max_size=4))
def test_whatever_list_was_written_is_what_is_read(text: str, rounds: list[list[dict[str, Any]]]) -> None:
    for records in rounds:
        before = tomllib.loads(text)
        try:
            text = edited(text, {"a.rules": records})
        except Unwritable:
            continue
        after = tomllib.loads(text)
        assert after["a"].pop("rules") == records
        assert after == {**before, "a": {k: v for k, v in before.get("a", {}).items() if k != "rules"}}
