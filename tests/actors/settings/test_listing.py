from pathlib import Path

from actors.llm.settings import ProviderSettings, Settings
from actors.settings.listing import deciding, entries, masked
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
