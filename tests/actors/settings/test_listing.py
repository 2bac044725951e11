from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import attrs
import pytest

from actors.llm.settings import ProviderSettings, Settings
from actors.permissions.settings import Rule
from actors.permissions.settings import Settings as PermissionSettings
from actors.settings.listing import Masked, deciding, entries, hidden, masked, plain, unmasked
from actors.settings.tomlfile import TomlFile


def test_every_key_is_listed_where_it_stands() -> None:
    settings = Settings(
        models=("openai/a",), providers={"openai": ProviderSettings(enabled=False, options={"k": (1,)})}
    )

    found = {
        key: (value, default, expected)
        for key, value, default, expected in entries(settings, {"retry": "llm.retry"})
    }

    assert found["models"] == (["openai/a"], [], "a list, each entry a string")
    assert found["providers.openai.enabled"] == (False, True, "true or false")
    assert found["providers.openai.options"] == ({"k": [1]}, {}, "a table")
    assert found["llm.retry.max_retries"] == (5, 5, "an integer")


def test_the_first_file_that_sets_a_key_decides_it() -> None:
    first = TomlFile.parse(Path("x/first.toml"), "a.b = 1")
    second = TomlFile.parse(Path("second.toml"), "a.b = 2\nc = 1")

    assert [deciding((first, second), key) for key in ("a.b", "c", "d")] == [
        "first.toml",
        "second.toml",
        None,
    ]


def test_addresses_are_shown_without_names_and_passwords() -> None:
    shown = masked({"urls": ["http://ada:se@cret@h/p@th", "https://h?a=@", "me@example.org"], "n": 1})

    assert shown == {"urls": ["http://***@h/p@th", "https://h?a=@", "me@example.org"], "n": 1}


@final
@attrs.frozen(kw_only=True)
class Shelf:
    tags: tuple[str, ...] = ("a",)
    notes: Mapping[str, str] = attrs.field(factory=dict[str, str])
    width: float = 1.0


def test_of_a_table_in_a_list_only_what_is_empty_by_default_is_left_out() -> None:
    assert plain((Shelf(), Shelf(tags=(), notes={"a": "b"}))) == [
        {"tags": ["a"], "width": 1.0},
        {"tags": [], "notes": {"a": "b"}, "width": 1.0},
    ]


def test_keys_that_a_class_takes_by_any_name_are_listed_by_those_names() -> None:
    permissions = attrs.evolve(
        PermissionSettings().permissions, rules=(Rule(tool="Bash"),), tools={"Edit": "ask"}
    )
    listed = entries(PermissionSettings(permissions=permissions), {})
    found = {key: (value, default) for key, value, default, _ in listed}
    assert found["permissions.Edit"] == ("ask", None)
    assert found["permissions.rules"] == ([{"tool": "Bash", "decision": "ask"}], [])


SECRET = "http://ada:secret@mill/flour"
SHOWN = "http://***@mill/flour"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (SHOWN, SECRET),
        ([SHOWN, "x"], [SECRET, "x"]),
        ({"a": [{"b": SHOWN}], "n": 1}, {"a": [{"b": SECRET}], "n": 1}),
        ("http://bob:new@mill/flour", "http://bob:new@mill/flour"),
        (None, None),
        (True, True),
    ],
)
def test_what_was_masked_is_written_back_as_it_was(given: Any, written: Any) -> None:
    assert unmasked(given, hidden([{"x": [SECRET, 1]}, "http://mill/flour", None])) == written


@pytest.mark.parametrize("given", ["http://***@evil/flour", ["x", {"a": "http://***@mill/"}], f"{SHOWN} "])
def test_a_name_and_a_password_go_to_no_other_address(given: Any) -> None:
    with pytest.raises(Masked):
        unmasked(given, hidden([SECRET]))


def test_where_it_could_be_either_of_two_it_is_neither() -> None:
    with pytest.raises(Masked):
        unmasked(SHOWN, hidden([SECRET, "http://ada:other@mill/flour"]))
