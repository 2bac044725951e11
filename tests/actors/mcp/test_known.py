import attrs
import pytest

from actors import jsontext
from actors.mcp import known
from actors.mcp.known import Known, shelf
from actors.mcp.messages import Listing, Offer, ServerTool
from actors.mcp.settings import Server

SERVER = Server(command="a", args=("b",))


def tool(name: str, *, reads: bool = False) -> ServerTool:
    return ServerTool(
        name=name, description=f"Does {name}.", schema={"type": "object", "properties": {}}, reads=reads
    )


def listing(*names: str) -> Listing:
    return Listing(tools=tuple(map(tool, names)), resources=True)


def offered(offer: Offer) -> list[str]:
    return [each.offered_as for each in offer.tools]


def test_what_is_known_of_servers_that_are_on_is_offered() -> None:
    servers = {"b": SERVER, "a": SERVER, "off": Server(command="x", enabled=False), "never": SERVER}
    reached = {name: Known(listing=listing("x", "y")) for name in ("a", "b", "off")}

    found = shelf(servers, {**reached, "never": Known()})

    assert offered(found.admins) == ["mcp__a__x", "mcp__a__y", "mcp__b__x", "mcp__b__y"]
    assert (found.admins.resources, found.admins.prompts) == (("a", "b"), ())
    assert found.everyone == Offer()


def test_others_than_admins_have_what_is_for_everyone() -> None:
    servers = {"a": SERVER, "b": attrs.evolve(SERVER, everyone=True)}

    found = shelf(servers, {name: Known(listing=listing("x")) for name in servers})

    assert offered(found.everyone) == ["mcp__b__x"]
    assert found.everyone.resources == ("b",)


def test_the_settings_choose_and_of_two_tools_with_one_name_the_first_counts() -> None:
    twice = Listing(tools=(tool("x"), tool("y"), tool("x", reads=True), tool("z")))

    assert known.chosen(SERVER, twice) == (tool("x"), tool("y"), tool("z"))
    assert known.chosen(attrs.evolve(SERVER, tools=("z", "q")), twice) == (tool("z"),)


def test_what_is_kept_is_read_again_for_the_same_server_alone() -> None:
    text = known.written(SERVER, listing("x", "y"))

    assert known.read(SERVER, text) == listing("x", "y")
    assert known.read(attrs.evolve(SERVER, timeout_secs=3), text) == listing("x", "y")
    assert known.read(attrs.evolve(SERVER, args=("c",)), text) is None


def test_no_secret_is_kept() -> None:
    server = Server(command="a", env={"TOKEN": "sk-secret"})

    assert "sk-secret" not in known.written(server, listing("x"))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"tools": 3},
        {"tools": [{}]},
        {"tools": [{"name": "x", "description": "", "reads": True, "schema": []}]},
        {"tools": [{"name": "x", "description": "", "reads": True, "schema": {"properties": 1}}]},
    ],
)
def test_what_cannot_be_read_counts_as_never_known(change: dict[str, object]) -> None:
    kept = {**jsontext.read_object(known.written(SERVER, listing("x"))), **change}

    assert known.read(SERVER, jsontext.write(kept)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense"])
def test_what_is_no_listing_counts_as_never_known(text: str) -> None:
    assert known.read(SERVER, text) is None
