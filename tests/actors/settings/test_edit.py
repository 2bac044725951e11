import tomllib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actors.settings.edit import HEAD, Unwritable, edited

FILE = """\
# mine
max_turns = 5  # five is enough
other.key = 1

[compaction]  # about long conversations
# why: the model is small
context_budget = 7

[providers.openai]
models = [
    "a",  # the good one
]
"""


def test_a_new_file_says_what_it_is() -> None:
    text = edited("", {"max_turns": 3})

    assert text.startswith(HEAD)
    assert tomllib.loads(text) == {"max_turns": 3}


def test_what_is_not_meant_stays_as_it_is_comments_included() -> None:
    assert edited(FILE, {"max_turns": 6, "compaction.context_budget": 8}) == FILE.replace(
        "max_turns = 5 ", "max_turns = 6 "
    ).replace("context_budget = 7", "context_budget = 8")


def test_a_new_key_comes_before_the_tables_and_a_new_table_behind_them() -> None:
    text = edited(FILE, {"greeting": "Hi", "channels.telegram.gap_minutes": 1})

    assert tomllib.loads(text) == tomllib.loads(FILE) | {
        "greeting": "Hi",
        "channels": {"telegram": {"gap_minutes": 1}},
    }


def test_null_deletes_a_key_and_what_is_not_there_stays_away() -> None:
    text = edited(FILE, {"max_turns": None, "compaction.context_budget": None, "memory.chunk_size": None})

    assert tomllib.loads(text) == {
        "other": {"key": 1},
        "compaction": {},
        "providers": {"openai": {"models": ["a"]}},
    }
    assert "# why: the model is small" in text


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"max_turns.x": 1}, "max_turns is no table"),
        ({"": 1}, "'' is no key"),
        ({"a..b": 1}, "'a..b' is no key"),
        ({"prompts": ["a", None]}, "prompts: null has no form in TOML"),
        ({"t": {"x": None}}, "t.x: null has no form in TOML"),
        ({"t": object}, "has no form in TOML"),
        ({"t": float("nan")}, "by hand"),
        ({"t": "\ud800"}, "by hand"),
        ({".".join("a" * 3000): 1}, "at most 200 characters and 16 parts: a.a.a"),
        ({".".join("a" * 17): 1}, "16 parts"),
        ({"k" * 201: 1}, "at most 200 characters"),
        ({"t": nested(3000)}, "16 parts"),
        ({f"k{n}": n for n in range(101)}, "at most 100 keys are changed at once, not 101"),
        ({"t": {f"k{n}": n for n in range(1000)}}, "at most 1000 values"),
    ],
)
def test_what_cannot_be_written_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Unwritable, match=why):
        edited(FILE, changes)


NAMES = st.sampled_from(["max_turns", "compaction", "providers", "openai", "models", "a", "b-c", "ü"])
KEYS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
)
VALUES = SCALARS | st.lists(st.integers()) | st.dictionaries(NAMES, st.text(), max_size=2)


CHANGES = st.dictionaries(KEYS, VALUES, max_size=3)
FILES = [
    FILE,
    '# mine\na.b = 1\na.c.d = 2\n[compaction.a]\nb-c = 1\n[providers]\n"ü" = 2\n[compaction.b-c]\n',
    "# mine\nproviders = {a = 1, openai = {models = 2}}\n[[models]]\na = 1\n[[models]]\na = 2\n",
]


@given(st.sampled_from(FILES), st.lists(CHANGES, max_size=4))
def test_what_was_written_is_what_is_read(text: str, rounds: list[dict[str, Any]]) -> None:
    for changes in rounds:
        assume(not any(other.startswith(f"{key}.") for key in changes for other in changes))
        before = tomllib.loads(text)
        try:
            text = edited(text, changes)
        except Unwritable:
            continue
        for key, value in changes.items():
            at: Any = tomllib.loads(text)
            *above, name = key.split(".")
            for part in above:
                at = at.get(part, {})
            assert at.get(name) == value
        assert before.keys() - {key.split(".")[0] for key in changes} <= tomllib.loads(text).keys()
        assert "# mine" in text


@st.composite
def commented(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file with comments above and beside its keys, and the dotted keys in their order."""
    lines, keys, number = ["# mine"], list[str](), 0
    for table in ["", *draw(st.lists(st.sampled_from(["t", "u", "v.w"]), unique=True))]:
        lines += ["", f"[{table}]  # of {table}"] if table else []
        for name in draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)):
            number += 1
            lines += [f"# above {number}"] if draw(st.booleans()) else []
            lines.append(f"{name} = {number}" + ("  # beside it" if draw(st.booleans()) else ""))
            keys.append(f"{table}.{name}".lstrip("."))
    return "\n".join((*lines, "")), keys


def leaves(values: dict[str, Any], above: str = "") -> list[str]:
    """The dotted keys of a document, in its order."""
    return [
        key
        for name, value in values.items()
        for key in (leaves(value, f"{above}{name}.") if isinstance(value, dict) else [above + name])
    ]


@given(commented(), st.data())
def test_comments_and_order_stay_whatever_is_changed(
    file: tuple[str, list[str]], data: st.DataObject
) -> None:
    text, keys = file
    old = st.dictionaries(st.sampled_from(keys), st.none() | st.integers(0, 99)) if keys else st.just({})
    new = st.dictionaries(st.sampled_from(["new", "t.new", "v.w.new", "x.y.new"]), st.integers(0, 99))
    changes = {**data.draw(old), **data.draw(new)}

    result = edited(text, changes) if changes else text

    def comments(of: str) -> list[str]:
        return [line for line in of.splitlines() if line.startswith("#")]

    gone = {key for key, value in changes.items() if value is None}
    assert comments(result) == comments(text)
    assert result.count("# beside it") >= text.count("# beside it") - len(gone)
    assert [key for key in leaves(tomllib.loads(result)) if key in keys] == [
        key for key in leaves(tomllib.loads(text)) if key not in gone
    ]
