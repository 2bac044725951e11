import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, final

import attrs
import pytest
from attrs.validators import ge

from actors.settings.binding import Findings, Table, convert, describe
from actors.settings.tomlfile import TomlFile
from actors.tables import others


@final
@attrs.frozen
class Point:
    x: int

    @classmethod
    def parse(cls, text: str) -> Self:
        if not text.isdecimal():
            raise ValueError("must be a point")
        return cls(int(text))


@final
@attrs.frozen(kw_only=True)
class Inner:
    low: int = attrs.field(default=1, validator=ge(0))
    high: int = 2

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low must not be above high")


@final
@attrs.frozen(kw_only=True)
class Outer:
    count: int = attrs.field(default=3, validator=ge(1))
    ratio: float = 0.5
    on: bool = False
    word: str | None = None
    mode: Literal["fast", "slow"] = "fast"
    names: tuple[str, ...] = ()
    ids: tuple[int | str, ...] = ()
    point: Point = Point(0)
    inner: Inner = Inner()
    each: Mapping[Literal["a", "b"], Inner] = attrs.field(factory=dict[Literal["a", "b"], Inner])
    free: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    listed: tuple[Inner, ...] = ()


def bind(text: str) -> tuple[Outer, list[str]]:
    """The settings in `text`, and what was found wrong as ``line: key: text``."""
    file = TomlFile(Path("f"), text, tomllib.loads(text))
    findings = Findings([file])
    table = Table(file.values, findings)
    settings = table.bind(Outer)
    table.report_unknown()
    return settings, [str(problem).removeprefix("f:") for problem in [*findings.errors, *findings.warnings]]


def test_an_empty_document_gives_every_default() -> None:
    assert bind("") == (Outer(), [])


def test_tables_in_a_list_are_known_by_their_places() -> None:
    text = """
        [[listed]]
        high = 5
        [[listed]]
        low = "x"
        hihg = 3
        [[listed]]
        low = 9
    """
    settings, problems = bind(text)
    assert settings.listed == (Inner(high=5), Inner(), Inner())
    assert [each.partition(" must")[0].partition(",")[0] for each in problems] == [
        "5: listed.2.low:",
        "7: listed.3: low",
        "6: listed.2.hihg: unknown key",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("listed = 3", "1: listed: must be a list of tables"),
        ("a = 1\nlisted = [{low = 0}, 3]", "2: listed.2: must be a table"),
        ("listed = [{low = 0},\n{low = -1}]", "1: listed.2.low: must be >= 0"),
    ],
)
def test_what_is_no_list_of_tables_is_a_mistake(text: str, problem: str) -> None:
    _, problems = bind(text)
    assert problem in [each.partition(", found")[0].partition(" (")[0] for each in problems]


def test_a_list_of_tables_is_called_so() -> None:
    assert describe(tuple[Inner, ...]) == "a list, each entry a table"


def test_a_single_value_is_taken_as_it_is_meant_or_is_a_mistake() -> None:
    file = TomlFile(Path("f"), "a = 1\nb = 'x'", {"a": 1, "b": "x"})
    findings = Findings([file])
    table = Table(file.values, findings)
    assert (table.value("a", int), table.value("b", int)) == (1, None)
    assert [problem.line for problem in findings.errors] == [2]
    assert list(table.unknown_keys()) == []


def test_every_kind_of_value() -> None:
    text = """
        count = 1
        ratio = 2
        on = true
        word = "w"
        mode = "slow"
        names = ["x", "y"]
        ids = [1, "@ada"]
        point = "7"
        free = { k = [1, { n = 2 }] }
        [inner]
        high = 9
        [each.b]
        low = 0
    """

    settings, problems = bind(text)

    assert problems == []
    assert settings == Outer(
        count=1,
        ratio=2.0,
        on=True,
        word="w",
        mode="slow",
        names=("x", "y"),
        ids=(1, "@ada"),
        point=Point(7),
        inner=Inner(high=9),
        each={"b": Inner(low=0)},
        free={"k": [1, {"n": 2}]},
    )
    assert isinstance(settings.ratio, float)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("count = 0", "1: count: must be >= 1, found 0"),
        ('count = "1"', "1: count: must be an integer, found '1'"),
        ("count = {}", "1: count: must be an integer, found a table"),
        ("count = true", "1: count: must be an integer, found true"),
        ("count = 1.0", "1: count: must be an integer, found 1.0"),
        ("ratio = true", "1: ratio: must be a number, found true"),
        ("on = 1", "1: on: must be true or false, found 1"),
        ("word = 1", "1: word: must be a string, found 1"),
        ("names = 'x'", "1: names: must be a list, each entry a string, found 'x'"),
        ("names = ['x', 1]", "1: names: must be a list, each entry a string, found ['x', 1]"),
        ("ids = [1.5]", "1: ids: must be a list, each entry an integer or a string, found [1.5]"),
        ("mode = 'fats'", "1: mode: must be one of 'fast', 'slow', found 'fats' (did you mean fast?)"),
        ("mode = 1", "1: mode: must be one of 'fast', 'slow', found 1"),
        ("point = 'x'", "1: point: must be a point, found 'x'"),
        ("point = 1", "1: point: must be a string, found 1"),
        ("free = 1", "1: free: must be a table, found 1"),
        ("inner = 1", "1: inner: must be a table, found 1"),
        ("each = []", "1: each: must be a table, found []"),
        ("each.a = 1", "1: each.a: must be a table, found 1"),
        ("[each.c]", "1: each.c: must be one of 'a', 'b', found 'c'"),
        ("[inner]\nlow = -1", "2: inner.low: must be >= 0, found -1"),
        ("[inner]\nlow = 5", "1: inner: low must not be above high"),
        ("[each.a]\nlow = 5", "1: each.a: low must not be above high"),
        ("cuont = 1", "1: cuont: unknown key, ignored (did you mean count?)"),
        ("low = 1", "1: low: unknown key, ignored (did you mean inner.low?)"),
        ("[iner]\nlow = 1", "1: iner: unknown key, ignored (did you mean inner?)"),
        ("[inner]\nqqq = 1", "2: inner.qqq: unknown key, ignored"),
    ],
)
def test_a_mistake_names_its_place_what_was_expected_and_what_is_near(text: str, problem: str) -> None:
    _, problems = bind(text)

    assert problems == [problem]


def test_what_is_wrong_keeps_its_default_and_what_is_right_counts() -> None:
    settings, problems = bind("count = 0\nratio = 0.1\n[inner]\nlow = -1\nhigh = 7")

    assert settings == Outer(ratio=0.1, inner=Inner(high=7))
    assert len(problems) == 2


def test_unknown_keys_keep_their_values_to_themselves() -> None:
    _, problems = bind('openai_api_key = "hush"')

    assert "hush" not in problems[0]


def test_a_long_value_is_shortened() -> None:
    _, problems = bind(f"mode = '{'x' * 200}'")

    assert "x…" in problems[0]
    assert len(problems[0]) < 150


def test_keys_can_stand_elsewhere() -> None:
    file = TomlFile(Path("f"), "", tomllib.loads("wort = 'v'\n[deep.er]\nword = 'w'\n"))
    findings = Findings([file])
    table = Table(file.values, findings)

    settings = table.bind(Outer, names={"word": "deep.er.word"})
    table.report_unknown()

    assert settings == Outer(word="w")
    assert [problem.key for problem in findings.warnings] == ["wort"]


def test_several_classes_share_a_table() -> None:
    file = TomlFile(Path("f"), "", tomllib.loads("count = 1\nhigh = 5\nnone = 1"))
    findings = Findings([file])
    table = Table(file.values, findings)

    assert (table.bind(Outer).count, table.bind(Inner).high) == (1, 5)

    table.report_unknown()
    assert [problem.key for problem in findings.warnings] == ["none"]


def test_an_ignored_key_warns_once_and_shows_nothing() -> None:
    file = TomlFile(Path("f"), "", tomllib.loads("key = 'hush'"))
    findings = Findings([file])
    table = Table(file.values, findings)

    table.ignore("key", "ignored")
    table.ignore("other", "ignored")
    table.report_unknown()

    assert [(warning.key, warning.expected, warning.found) for warning in findings.warnings] == [
        ("key", "ignored", None)
    ]


@pytest.mark.parametrize("kind", [bool, int, float, str, tuple[int, ...], Mapping[str, Any]])
def test_a_date_is_never_what_was_expected(kind: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        convert(kind, tomllib.loads("d = 2026-01-01")["d"])


@final
@attrs.frozen(kw_only=True)
class Open:
    named: int = 1
    rest: Mapping[str, Literal["fast", "slow"]] = others()


def test_a_class_may_take_every_other_key_of_its_table() -> None:
    text = 'named = 2\na = "fast"\nb = "fsat"\n[c]\nx = 1\n'
    file = TomlFile(Path("f"), text, tomllib.loads(text))
    findings = Findings([file])
    table = Table(file.values, findings)
    assert table.bind(Open) == Open(named=2, rest={"a": "fast"})
    table.report_unknown()
    assert [(each.line, each.key) for each in findings.errors] == [(3, "b"), (4, "c")]
    assert findings.warnings == []
