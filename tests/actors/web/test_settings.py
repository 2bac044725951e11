from pathlib import Path

import pytest

from actors.settings.binding import Findings, Table
from actors.settings.tomlfile import TomlFile
from actors.web.settings import Engine, Internet, Settings, Web, faults
from actors.web.world import ANYWHERE, Reach, World


def test_as_they_are_they_can_be_used() -> None:
    assert list(faults(Settings())) == []
    assert Settings().internet == Internet(
        enabled=True, timeout_secs=15, max_fetch_bytes=2 * 1024 * 1024, max_text_chars=50_000
    )


@pytest.mark.parametrize("search", ["auto", "searxng", "brave"])
def test_an_address_of_ones_own_may_be_anywhere(search: Engine) -> None:
    for address in ("http://127.0.0.1:8888", "https://search.example/below"):
        assert list(faults(Settings(web=Web(search=search, searxng_url=address)))) == []


def test_who_is_asked_is_one_of_those_that_are_named() -> None:
    file = TomlFile(Path("f"), "", {"web": {"search": "google"}})
    findings = Findings([file])

    Table(file.values, findings).bind(Settings)

    assert [str(each) for each in findings.errors] == [
        "f: web.search: must be one of 'auto', 'brave', 'searxng', 'duckduckgo', found 'google'"
    ]


def test_what_has_no_address_cannot_be_asked() -> None:
    assert list(faults(Settings(web=Web(search="searxng")))) == [
        'web.searxng_url must be set where web.search = "searxng"'
    ]
    assert list(faults(Settings(web=Web(searxng_url="localhost:8888")))) == [
        "web.searxng_url: expected an address that begins with https:// or http://"
    ]


@pytest.mark.parametrize("seconds", [0, 301])
def test_a_page_may_take_a_second_to_five_minutes(seconds: int) -> None:
    with pytest.raises(ValueError, match="timeout_secs"):
        Internet(timeout_secs=seconds)


def test_daemons_ask_the_internet_and_what_their_owner_names() -> None:
    assert World().public == Reach()
    assert not World().public.allowed("127.0.0.1", 80)
    assert ANYWHERE.allowed("127.0.0.1", 80)
