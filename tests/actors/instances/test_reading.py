"""What backends answer, of either shape."""

from typing import Any

import pytest

from actors.instances import reading
from actors.instances.messages import Instance, NotOne, RemoteAgent
from actors.instances.reading import Unreadable

PLAIN: dict[str, Any] = {
    "id": "ab12", "name": "mine", "status": "running", "region": "eu", "created_at": 1700000000,
    "updated_at": 1700000001.5, "health": None,
}  # fmt: skip
LATE: dict[str, Any] = {
    "id": "cd34", "status": "PROVISIONING", "agent_id": "a1", "organization_id": "o", "gcp_instance_name": "vm-1",
    "zone": "z", "machine_type": "small", "ip_address": "10.0.0.1", "starpod_api_key": "sp_live_secret",
    "created_at": "2023-11-14T22:13:20Z", "web_url": "https://x.example", "error_message": "",
}  # fmt: skip
HEALTH = {"cpu_percent": 1, "memory_mb": 2.5, "disk_mb": True, "last_heartbeat": 1700000000, "uptime_secs": 9}


def test_the_first_shape() -> None:
    found = reading.instance(PLAIN)
    assert (found.id, found.name, found.status, found.region) == ("ab12", "mine", "running", "eu")
    assert (found.created_at, found.updated_at) == (1700000000.0, 1700000001.5)


def test_the_later_shape_without_its_key() -> None:
    found = reading.instance(LATE)
    assert (found.status, found.said, found.region, found.name) == (
        "provisioning",
        "PROVISIONING",
        "z",
        "vm-1",
    )
    assert (found.created_at, found.updated_at, found.error) == (1700000000.0, None, None)
    assert "sp_live_secret" not in repr(found)


def test_a_status_that_nobody_knows_spoils_no_list() -> None:
    first, second = reading.instances([{**PLAIN, "status": "hibernating"}, {**PLAIN, "status": "unknown"}])
    assert (first.status, first.said, second.status) == ("unknown", "hibernating", "unknown")


def test_health_comes_along_or_alone() -> None:
    found = reading.instance({**PLAIN, "health": HEALTH}).health
    assert found is not None
    assert (found.cpu_percent, found.memory_mb, found.disk_mb) == (1.0, 2.5, 0.0)
    with pytest.raises(Unreadable, match="last_heartbeat"):
        reading.health({})


@pytest.mark.parametrize(
    "bad", [None, [], {}, {"id": "", "status": "x"}, {"id": "a"}, {"id": "a" * 201, "status": "x"}]
)
def test_what_is_no_instance(bad: object) -> None:
    with pytest.raises(Unreadable):
        reading.instance(bad)


def test_what_is_no_list_or_no_text() -> None:
    assert reading.instances([]) == ()
    with pytest.raises(Unreadable, match="not a list"):
        reading.instances({})
    assert reading.text({"id": "x"}, "id") == "x"
    with pytest.raises(Unreadable, match="id is missing"):
        reading.text({"id": 1}, "id")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0.0), (True, None), (None, None), ("soon", None), ("2023-11-14T22:13:20", 1700000000.0),
     ("2023-11-14T23:13:20+01:00", 1700000000.0), (-1, 0.0), (1e300, 253370764800.0),
     (2**62, 253370764800.0), ("0001-01-01T00:00:00+14:00", 0.0), ("9999-12-31T23:59:59-14:00", 253370764800.0)],
)  # fmt: skip
def test_moments(value: object, expected: float | None) -> None:
    assert reading.moment(value) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31mred\x1b[0m", "ared"), ("\x1b]0;title\x07x", "x"), ("\x1b]8;;u\x1b\\l", "l"), ("a\tb\r\n", "a\tb"),
     ("\x9b31m", "31m"), ("\u202eabc", "abc"), ("\x1bcreset", "reset"), ("end\x1b", "end")],
)  # fmt: skip
def test_nothing_that_a_terminal_obeys(text: str, shown: str) -> None:
    assert reading.plain(text) == shown


def _named(id: str, name: str | None = None) -> Instance:
    return Instance(id=id, name=name, status="running", said="running")


def test_an_instance_is_meant_by_its_id_its_name_or_a_beginning() -> None:
    among = [_named("abc"), _named("abcd", "mine"), _named("xyz", "twin"), _named("xzz", "twin")]
    assert reading.meant("abc", among).id == "abc"
    assert reading.meant("mine", among).id == "abcd"
    assert reading.meant("xy", among).id == "xyz"
    for called in ("ab", "", "nobody", "twin"):
        with pytest.raises(NotOne) as error:
            reading.meant(called, among)
        assert ("say more" in str(error.value)) == (called == "ab")


def test_an_agent_is_called_by_its_name_else_by_its_id() -> None:
    assert reading.agent({"id": "g", "name": "b\x1b[2Jot", "gcs_path": None}) == RemoteAgent(
        id="g", name="bot"
    )
    assert reading.agent({"id": "g"}).name == "g"
    with pytest.raises(Unreadable):
        reading.agent({"name": "bot"})
