from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, final

import attrs
import pytest

from actors.settings.document import Scheme, Section, Source, load, merge
from actors.settings.problems import ConfigError


@final
@attrs.frozen(kw_only=True)
class Inner:
    low: int = 1
    high: int = 9

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low must not be above high")


@final
@attrs.frozen(kw_only=True)
class Shop:
    tills: int = 1
    inner: Inner = Inner()


SCHEME = Scheme(sections=(Section(kind=Shop),), secrets=(("tables.*.code", "the code of * is a secret"),))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def main(tmp_path: Path) -> Source:
    return Source(path=write(tmp_path / "main.toml", "tills = 2\n"), required=True)


def test_the_first_file_counts_most_and_one_that_is_missing_says_nothing(
    tmp_path: Path, main: Source
) -> None:
    first = Source(path=tmp_path / "first.toml")
    assert load((first, main), SCHEME).values[Shop] == Shop(tills=2)
    write(first.path, "tills = 3\n")
    loaded = load((first, main), SCHEME)
    assert loaded.values[Shop] == Shop(tills=3)
    assert [file.path.name for file in loaded.files] == ["first.toml", "main.toml"]
    assert {"tills", "inner", "inner.low"} <= loaded.keys


def test_a_text_can_be_taken_for_the_content_of_a_file(tmp_path: Path, main: Source) -> None:
    first = tmp_path / "first.toml"

    assert load((Source(path=first), main), SCHEME, {first: "tills = 4"}).values[Shop] == Shop(tills=4)


def test_a_lenient_file_is_never_worth_a_refusal(tmp_path: Path, main: Source) -> None:
    page = Source(path=write(tmp_path / "page.toml", "tills = 'x'\nother = 1\n"), lenient=True)
    loaded = load((page, main), SCHEME)
    assert loaded.values[Shop] == Shop()
    assert [(each.file.name, each.key) for each in loaded.warnings] == [
        ("page.toml", "tills"),
        ("page.toml", "other"),
    ]
    write(page.path, "tills = ")
    assert load((page, main), SCHEME).values[Shop] == Shop(tills=2)


def test_a_mistake_that_no_file_says_is_of_the_one_that_must_be_there(tmp_path: Path, main: Source) -> None:
    page = Source(path=write(tmp_path / "page.toml", ""), lenient=True)
    scheme = Scheme(sections=(Section(kind=Shop, check=lambda _: ["no", "never"]),))

    with pytest.raises(ConfigError) as raised:
        load((page, main), scheme)

    assert [(each.file.name, each.expected) for each in raised.value.problems] == [
        ("main.toml", "no"),
        ("main.toml", "never"),
    ]


def test_what_a_file_may_not_say_is_left_out_with_a_warning(tmp_path: Path, main: Source) -> None:
    only = Source(path=write(tmp_path / "only.toml", "tils = 1\n"), only=frozenset({"tills"}))
    never = Source(path=write(tmp_path / "never.toml", "tills = 7\n"), refuses={"tills": "not here"})

    loaded = load((only, never, main), SCHEME)

    assert loaded.values[Shop] == Shop(tills=2)
    assert [(each.expected, each.nearest) for each in loaded.warnings] == [
        ("unknown key, ignored", "tills"),
        ("not here", None),
    ]


def test_a_secret_is_left_out_and_not_shown(tmp_path: Path) -> None:
    text = "tables.one.code = 'hush'\ntables.two.x = 1\n"
    main = Source(path=write(tmp_path / "main.toml", text), required=True)

    loaded = load((main,), SCHEME)

    assert [each.expected for each in loaded.warnings] == [
        "the code of ONE is a secret",
        "unknown key, ignored",
    ]
    assert "hush" not in str(loaded.warnings)


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    sources = tuple(Source(path=tmp_path / name, required=True) for name in ("a.toml", "b.toml"))

    with pytest.raises(ConfigError) as raised:
        load(sources, SCHEME)

    assert [each.file.name for each in raised.value.problems] == ["a.toml", "b.toml"]


def test_a_rule_between_fields_is_checked_too(tmp_path: Path) -> None:
    main = Source(path=write(tmp_path / "main.toml", "[inner]\nlow = 10\n"), required=True)

    with pytest.raises(ConfigError, match="low must not be above high"):
        load((main,), SCHEME)


def test_joining_tables_replaces_everything_else() -> None:
    base = {"a": 1, "t": {"x": 1, "y": {"z": 1}}, "l": [1, 2], "s": 1}
    overlay = {"b": 2, "t": {"y": {"w": 2}}, "l": [3], "s": {"k": 1}}

    assert merge(base, overlay) == {
        "a": 1,
        "b": 2,
        "t": {"x": 1, "y": {"z": 1, "w": 2}},
        "l": [3],
        "s": {"k": 1},
    }
    assert merge(base, {}) == base
    assert base["t"] == {"x": 1, "y": {"z": 1}}


def test_who_may_not_ask_is_told_before_a_check_looks_at_anything(main: Source) -> None:
    class No(Exception):
        pass

    def allow(settings: Mapping[type, Any]) -> None:
        assert settings[Shop] == Shop(tills=2)
        raise No

    def check(settings: Any) -> Iterable[str]:
        raise AssertionError(settings)

    scheme = Scheme(sections=(Section(kind=Shop, check=check),))
    with pytest.raises(No):
        load((main,), scheme, allow=allow)
