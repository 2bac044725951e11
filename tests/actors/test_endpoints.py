from typing import Annotated, Any, final

import attrs
import pytest

from actors.context import from_context
from actors.endpoints import (
    BadMessage,
    Endpoint,
    EndpointDefinitionError,
    endpoint,
    endpoint_of,
    endpoints_of,
    parse_object,
    read,
)
from actors.shapes import described
from actors.vocabulary import Principal
from bus import Request


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "malformed JSON"),
        ("{", "malformed JSON"),
        ("[1]", "not a JSON object"),
        ('{"a": NaN}', "malformed JSON"),
        ("[" * 100_000, "malformed JSON"),
        ('{"a": ' + "9" * 5000 + "}", "malformed JSON"),
        (b"\xff\xfe{}", "malformed JSON"),
        (b'{"a": "\xff"}', "malformed JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(raw: str | bytes, says: str) -> None:
    with pytest.raises(BadMessage, match=says):
        parse_object(raw)


@attrs.frozen(kw_only=True)
class Wanted:
    name: str
    limit: Annotated[int, described(ge=1)] = 10


def test_what_is_read_has_its_defaults() -> None:
    assert read(Wanted, {"name": "x", "limit": None}) == Wanted(name="x")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadMessage) as caught:
        read(Wanted, {"limit": 0})
    assert str(caught.value) == (
        "name: expected a string, got nothing; limit: expected a whole number of at least 1, got 0"
    )


def test_what_is_not_known_is_passed_over() -> None:
    assert read(Wanted, {"name": "x", "colour": "red"}) == Wanted(name="x")


def test_a_mistake_may_be_of_one_field() -> None:
    assert str(BadMessage("no", "a")) == "a: no"
    assert str(BadMessage("no")) == "no"


@endpoint("GET", "/api/shelves/{shelf}")
@final
@attrs.frozen(kw_only=True)
class ListBooks(Request[str]):
    shelf: str
    owner: Annotated[str, from_context("user")]
    may: Annotated[str, from_context("role")]
    user: str
    proof: str = ""


ADA = Principal(user="ada", role="user", proof="key")


def test_who_asks_is_never_what_a_client_says() -> None:
    fields = {"shelf": "s", "owner": "eve", "may": "admin", "user": "eve", "proof": "operator"}

    assert endpoint_of(ListBooks).message(fields, ADA) == ListBooks(
        shelf="s", owner="ada", may="user", user="ada", proof="key"
    )


@final
@attrs.frozen(kw_only=True)
class OfATurn(Request[str]):
    turn: Annotated[str, from_context("turn")]


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        (OfATurn, {}, "OfATurn.turn comes from a turn"),
        (ListBooks, {"access": "public"}, "is of a user"),
        (ListBooks, {"path": "/{room}"}, "has no field room"),
        (ListBooks, {"own": "room"}, "has no field room"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_where_it_is_written(
    kind: type[Request[Any]], more: dict[str, Any], why: str
) -> None:
    with pytest.raises(EndpointDefinitionError, match=why):
        given: dict[str, Any] = {"method": "GET", "path": "/", "access": "user", "kind": kind, **more}
        Endpoint(**given)


@endpoint("GET", "/api/weather", access="public")
@final
@attrs.frozen(kw_only=True)
class GetWeather(Request[str]):
    place: str
    days: int = 1


def test_what_is_public_is_read_without_anybody() -> None:
    offered = endpoint_of(GetWeather)

    fields = offered.gathered([("place", "Graz"), ("days", "3")])

    assert offered.message(fields, None) == GetWeather(place="Graz", days=3)
    assert offered.message(fields, ADA) == GetWeather(place="Graz", days=3)


@endpoint("GET", "/api/own/{thing}")
@endpoint("GET", "/api/all/{thing}", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetThing(Request[str]):
    thing: str
    user: str
    proof: str = ""
    credential: str = ""
    address: str = ""


@endpoint("GET", "/api/shelf", own="owner")
@endpoint("GET", "/api/shelves", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetShelf(Request[str]):
    owner: str = "everybody"
    user: str


def test_a_path_may_be_about_ones_own() -> None:
    own, anybodys = endpoints_of(GetShelf)
    assert own.message({"owner": "eve"}, ADA) == GetShelf(owner="ada", user="ada")
    assert anybodys.message({"owner": "eve"}, ADA) == GetShelf(owner="eve", user="ada")
    assert anybodys.message({}, ADA) == GetShelf(user="ada")


def test_a_request_may_be_offered_twice() -> None:
    assert [(each.path, each.access) for each in endpoints_of(GetThing)] == [
        ("/api/own/{thing}", "user"),
        ("/api/all/{thing}", "admin"),
    ]


def test_who_asks_how_that_is_known_and_from_where_come_from_us() -> None:
    asked = Principal(user="ada", role="user", proof="key", credential="key-1")
    claimed = {"user": "eve", "proof": "operator", "credential": "x", "address": "::1"}
    found = endpoint_of(GetThing).message({"thing": "t", **claimed}, asked, "192.0.2.1")
    assert found == GetThing(thing="t", user="ada", proof="key", credential="key-1", address="192.0.2.1")
