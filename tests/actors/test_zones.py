from zoneinfo import ZoneInfoNotFoundError

import pytest

from actors.zones import UnknownZone, host_zone, name_of, zone_of


def test_a_zone_by_its_name() -> None:
    assert zone_of("Europe/Rome").key == "Europe/Rome"


@pytest.mark.parametrize(
    "name",
    [
        *("", "Mars/Base", "../etc", "/etc/localtime", "Europe", "a" * 999, "\0", "\ud800"),
        *("localtime", "posixrules", "right/Europe/Rome", "Factory"),  # of some machines, and of no browser
    ],
)
def test_what_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone, match="there is no time zone"):
        zone_of(name)


def test_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Rome")
    monkeypatch.setattr("tzlocal.unix._cache_tz_name", None)
    assert host_zone() == name_of(None) == "Europe/Rome"
    assert name_of(zone_of("Asia/Tokyo")) == "Asia/Tokyo"


@pytest.mark.parametrize("name", [None, "local", "/etc/localtime"])
def test_a_machine_that_cannot_say_is_in_utc(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: name)
    assert host_zone() == "UTC"


def test_a_machine_that_says_two_things_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    def contradicts() -> str:
        raise ZoneInfoNotFoundError("two")

    monkeypatch.setattr("tzlocal.get_localzone_name", contradicts)
    assert host_zone() == "UTC"
