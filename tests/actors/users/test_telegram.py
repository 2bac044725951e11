"""Telegram accounts that speak for a user."""

import pytest

from actors.endpoints import BadMessage, endpoint_of
from actors.users import messages as users
from actors.vocabulary import Principal
from tests.actors.users.conftest import ASKS, People


@pytest.fixture
async def people(people: People) -> People:
    await people.start()
    await people.add("ada")
    await people.add("bob")
    return people


async def link(people: People, id: str, number: int | None = None, name: str | None = None) -> None:
    await people.ask(users.LinkTelegram(id=id, telegram_id=number, username=name, **ASKS))


async def who(people: People, number: int, name: str | None = None) -> str | None:
    try:
        found = await people.ask(users.IdentifyTelegram(telegram_id=number, username=name))
    except users.NotKnown:
        return None
    assert found.principal.proof == "telegram"
    return found.principal.user


async def test_an_account_is_known_by_its_number(people: People) -> None:
    await link(people, "ada", 7, "@Ada_L")
    assert await who(people, 7) == "ada"
    assert await who(people, 7, "another name") == "ada"
    assert await who(people, 8) is None
    found = await people.ask(users.GetTelegram(id="ada", user="ada"))
    assert found is not None
    assert (found.telegram_id, found.username) == (7, "ada_l")


async def test_a_name_gets_its_number_from_who_comes_first_and_means_nobody_else_then(people: People) -> None:
    await link(people, "ada", name="@Ada")
    assert await who(people, 7, "ADA") == "ada"
    assert await who(people, 8, "ada") is None
    assert await who(people, 7) == "ada"


async def test_a_name_that_was_taken_over_is_not_the_user(people: People) -> None:
    await link(people, "ada", 7, "ada")
    assert await who(people, 666, "ada") is None


async def test_the_number_counts_more_than_the_name(people: People) -> None:
    await link(people, "ada", 7)
    await link(people, "bob", name="bob")
    assert await who(people, 7, "bob") == "ada"


async def test_an_account_moves_and_a_user_has_one(people: People) -> None:
    await link(people, "ada", 7, "ada")
    await link(people, "bob", 7)
    assert await who(people, 7) == "bob"
    assert await people.ask(users.GetTelegram(id="ada", user="ada")) is None
    await link(people, "bob", 9)
    assert await who(people, 7) is None
    assert await who(people, 9) == "bob"
    assert people.told() == [("ada", "telegram", "ended"), ("bob", "telegram", "ended")]


async def test_who_is_not_let_in_writes_from_nowhere(people: People) -> None:
    await link(people, "ada", 7)
    await people.ask(users.Deactivate(id="ada", **ASKS))
    assert await who(people, 7) is None


async def test_unlinking_ends_it_and_again_changes_nothing(people: People) -> None:
    await link(people, "ada", 7)
    await people.ask(users.UnlinkTelegram(id="ada", **ASKS))
    await people.ask(users.UnlinkTelegram(id="ada", **ASKS))
    assert await who(people, 7) is None
    assert people.told() == [("ada", "telegram", "ended")]


@pytest.mark.parametrize("fields", [{}, {"username": " @ "}, {"telegram_id": 0}, {"telegram_id": 2**60}])
def test_a_link_is_to_something(fields: dict[str, object]) -> None:
    principal = Principal(user="admin", role="admin", proof="operator")
    with pytest.raises(BadMessage):
        endpoint_of(users.LinkTelegram).message({"id": "ada", **fields}, principal)


@pytest.mark.parametrize("name", ["ada lovelace", "ada\u202e", "a\nda", "a\0da", "адa", "ada-l", "@@ada"])
async def test_what_no_account_is_called_is_refused(people: People, name: str) -> None:
    operator = Principal(user="admin", role="admin", proof="operator")
    with pytest.raises(BadMessage, match="as Telegram has them"):
        endpoint_of(users.LinkTelegram).message(
            {"id": "ada", "telegram_id": 7, "username": name}, operator, ""
        )
    assert await who(people, 7) is None
