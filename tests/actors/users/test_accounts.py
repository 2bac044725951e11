"""Accounts: who there is, and who may change that."""

from typing import Any

import pytest

from actors.endpoints import BadMessage, endpoint_of
from actors.users import messages as users
from actors.vocabulary import Principal
from bus import ActorError
from tests.actors.users.conftest import ASKS, People

READS: dict[str, Any] = {"user": "admin", "proof": "operator"}
OPERATOR = Principal(user="admin", role="admin", proof="operator")


@pytest.fixture
async def people(people: People) -> People:
    await people.start()
    return people


def read(kind: type[Any], **fields: Any) -> Any:
    return endpoint_of(kind).message(fields, OPERATOR, "192.0.2.7")


async def test_people_are_listed_oldest_first_with_those_that_are_not_let_in(people: People) -> None:
    await people.add("ada")
    await people.add("bob")
    await people.ask(users.Deactivate(id="ada", **ASKS))
    listed = await people.ask(users.ListUsers(user="admin"))
    assert [(each.id, each.is_active) for each in listed] == [("admin", True), ("ada", False), ("bob", True)]
    assert listed[0].display_name == "Admin"
    assert listed[0].filesystem_enabled


async def test_without_an_id_one_is_made_up(people: People) -> None:
    made = await people.ask(users.AddUser(display_name="Ada", **ASKS))
    assert len(made.id) == 36
    assert made.role == "user"
    assert not made.filesystem_enabled


async def test_ids_and_addresses_are_unique_without_regard_to_case(people: People) -> None:
    await people.ask(users.AddUser(id="Ada", email="ada@example.org", **ASKS))
    taken: list[dict[str, Any]] = [{"id": "aDA"}, {"id": "bob", "email": "ADA@example.org"}]
    for fields in taken:
        with pytest.raises(users.Taken, match="is taken"):
            await people.ask(users.AddUser(**fields, **ASKS))
    await people.add("carl")
    await people.add("dora")
    with pytest.raises(users.Taken):
        await people.ask(users.UpdateUser(id="carl", email="Ada@Example.org", **ASKS))
    assert (await people.ask(users.GetUser(id="ADA", **READS))).id == "Ada"


async def test_an_id_whose_owner_has_left_something_is_given_again_only_to_the_same_person(
    people: People,
) -> None:
    people.left.add("ada")
    for id in ("ada", "Ada"):
        with pytest.raises(users.LeftBehind, match=r"starpod user add (ada|Ada) --adopt"):
            await people.add(id)
    with pytest.raises(users.NotAllowed):
        await people.ask(users.AddUser(id="ada", user="ada"))
    assert await people.audit() == [("", "key.created", "admin"), ("", "bootstrap", "admin")]
    assert (await people.ask(users.AddUser(id="ada", adopt=True, **ASKS))).id == "ada"
    with pytest.raises(users.Taken):
        await people.ask(users.AddUser(id="ada", adopt=True, **ASKS))
    assert "left by an earlier" in (await people.ask(users.ListAudit(user="admin")))[0].detail


@pytest.mark.parametrize(
    "id",
    [
        "",
        "../x",
        "a/b",
        "%2e%2e",
        "a\0",
        "ada\n",
        "аda",
        "x" * 65,
        "x" * 10_000,
        "Cron",
        "system",
        ".",
        "-",
        "-ada",
        "--help",
    ],
)
async def test_an_id_that_could_not_name_a_folder_is_refused(people: People, id: str) -> None:
    with pytest.raises(users.Unfit, match="cannot be the id of a user"):
        await people.add(id)


@pytest.mark.parametrize(
    "fields",
    [
        {"email": ""},
        {"email": "ada"},
        {"email": "a@b\nc"},
        {"email": "a b@c"},
        {"email": "@"},
        {"email": "ada@"},
        {"email": "@example.org"},
        {"email": "a@b@c"},
        {"email": "ada@example.org\u202e"},
        {"display_name": ""},
        {"display_name": "\u3000"},
        {"display_name": "a\nb"},
        {"display_name": "Ada\u202egnp.exe"},
        {"display_name": "Ada\u200b"},
        {"display_name": "\ud800"},
    ],
)
async def test_what_cannot_be_of_an_account_is_refused(people: People, fields: dict[str, Any]) -> None:
    await people.add("ada")
    with pytest.raises(users.Unfit, match="expected"):
        await people.ask(users.AddUser(**fields, **ASKS))
    with pytest.raises(users.Unfit, match="expected"):
        await people.ask(users.UpdateUser(id="ada", **fields, **ASKS))


@pytest.mark.parametrize(
    "fields", [{"email": f"{'x' * 300}@example.org"}, {"display_name": "x" * 101}, {"role": "root"}]
)
def test_a_client_is_told_what_is_too_long_or_no_role(fields: dict[str, Any]) -> None:
    for kind in (users.AddUser, users.UpdateUser):
        with pytest.raises(BadMessage, match="expected"):
            read(kind, id="ada", **fields)


async def test_only_what_is_given_changes_and_null_clears(people: People) -> None:
    await people.ask(users.AddUser(id="ada", email="ada@example.org", display_name="Ada", **ASKS))
    changed = await people.ask(read(users.UpdateUser, id="ada", display_name=None))
    assert (changed.email, changed.display_name) == ("ada@example.org", None)
    changed = await people.ask(read(users.UpdateUser, id="ada", filesystem_enabled=True))
    assert (changed.email, changed.filesystem_enabled, changed.role) == ("ada@example.org", True, "user")
    changed = await people.ask(read(users.UpdateUser, id="ada", email=None, role="admin"))
    assert (changed.email, changed.role) == (None, "admin")


async def test_a_change_that_changes_nothing_leaves_no_trace(people: People) -> None:
    await people.add("ada")
    before = await people.audit()
    await people.ask(users.UpdateUser(id="ada", role="user", **ASKS))
    await people.ask(users.Activate(id="ada", **ASKS))
    assert await people.audit() == before
    assert people.told() == []


async def test_rights_that_change_are_told_and_names_are_not(people: People) -> None:
    await people.add("ada")
    await people.ask(users.UpdateUser(id="ada", display_name="Ada", **ASKS))
    assert people.told() == []
    await people.ask(users.UpdateUser(id="ada", role="admin", **ASKS))
    await people.ask(users.UpdateUser(id="ada", filesystem_enabled=True, **ASKS))
    await people.ask(users.Deactivate(id="ada", **ASKS))
    # Who remembers that a key of hers proves nobody is told as well.
    await people.ask(users.Activate(id="ada", **ASKS))
    assert people.told() == [("ada", None, why) for why in ("changed", "changed", "ended", "changed")]


async def test_who_is_not_let_in_comes_back_with_their_keys_but_no_device(people: People) -> None:
    await people.add("ada")
    key = (await people.key_of("ada")).key
    device = await people.ask(users.NewDevice(user="ada", label="Firefox"))
    shown = {"cookie": device.cookie, "page": device.page}
    await people.ask(users.Deactivate(id="ada", **ASKS))
    assert not await people.knows(key)
    assert not await people.knows(**shown)
    with pytest.raises(users.UnknownUser):
        await people.ask(users.NewDevice(user="ada", label="Firefox"))
    with pytest.raises(users.UnknownUser):
        await people.ask(users.NewKey(user="ada"))
    await people.ask(users.Activate(id="ada", **ASKS))
    assert await people.knows(key)
    assert not await people.knows(**shown)


async def test_nobody_demotes_or_deactivates_themselves(people: People) -> None:
    await people.add("ada", "admin")
    await people.key_of("ada")
    with pytest.raises(users.OwnAccount, match="cannot be demoted"):
        await people.ask(users.UpdateUser(id="ADA", role="user", user="ada"))
    with pytest.raises(users.OwnAccount, match="cannot be deactivated"):
        await people.ask(users.Deactivate(id="ada", user="ada"))


async def test_the_last_admin_with_a_good_key_stays(people: People, autojump_clock: object) -> None:
    await people.add("ada", "admin")
    for request in (
        users.Deactivate(id="admin", **ASKS),
        users.UpdateUser(id="admin", role="user", **ASKS),
        users.RevokeKey(id=(await people.ask(users.ListKeys(user="admin")))[0].id, user="admin"),
    ):
        with pytest.raises(users.LastAdmin):
            await people.ask(request)
    assert people.told() == []
    await people.key_of("ada", days=1)
    await people.ask(users.Deactivate(id="admin", **ASKS))
    with pytest.raises(users.LastAdmin):
        await people.ask(users.UpdateUser(id="ada", role="user", **ASKS))


ADMINS_ONLY: list[tuple[Any, dict[str, Any]]] = [
    (users.AddUser, {"id": "eve"}),
    (users.ListUsers, {}),
    (users.GetUser, {"id": "admin"}),
    (users.UpdateUser, {"id": "ada", "role": "admin"}),
    (users.Deactivate, {"id": "admin"}),
    (users.Activate, {"id": "ada"}),
    (users.NewKey, {"id": "admin"}),
    (users.ListKeys, {"id": "admin"}),
    (users.LinkTelegram, {"id": "ada", "telegram_id": 1}),
    (users.UnlinkTelegram, {"id": "ada"}),
    (users.GetTelegram, {"id": "admin"}),
    (users.ListAudit, {}),
]


@pytest.mark.parametrize(("kind", "fields"), ADMINS_ONLY)
async def test_only_an_active_admin_may(people: People, kind: Any, fields: dict[str, Any]) -> None:
    await people.add("ada")
    await people.add("bob", "admin")
    await people.ask(users.Deactivate(id="bob", **ASKS))
    for who in ("ada", "bob", "nobody", ""):
        for proof in ("key", "page", "telegram", "scheduler"):
            with pytest.raises(users.NotAllowed):
                await people.ask(kind(user=who, proof=proof, **fields))


async def test_one_sees_the_account_of_ones_own(people: People) -> None:
    await people.add("ada")
    assert (await people.ask(users.GetUser(id="ada", user="ada"))).id == "ada"
    assert await people.ask(users.GetTelegram(id="ada", user="ada")) is None


@pytest.mark.parametrize(
    "request_of",
    [
        users.GetUser,
        users.UpdateUser,
        users.Deactivate,
        users.Activate,
        users.NewKey,
        users.ListKeys,
        users.UnlinkTelegram,
        users.GetTelegram,
    ],
)
async def test_somebody_who_is_not_there_is_unknown(people: People, request_of: Any) -> None:
    for id in ("nobody", "../x", "\ud800", "x" * 10_000):
        with pytest.raises(users.UnknownUser):
            await people.ask(request_of(id=id, user="admin", proof="operator"))


async def test_every_change_has_its_row_and_no_key_is_in_it(people: People) -> None:
    await people.ask(users.AddUser(id="ada", display_name="Ada", **ASKS))
    made = await people.key_of("ada")
    await people.ask(users.RevokeKey(id=made.meta.id, user="ada", address="198.51.100.9"))
    device = await people.ask(users.NewDevice(user="ada", label="Firefox"))
    await people.ask(users.SignOut(id=device.device.id, user="ada"))
    await people.ask(users.LinkTelegram(id="ada", telegram_id=7, username="@Ada", **ASKS))
    await people.ask(users.UnlinkTelegram(id="ada", **ASKS))
    await people.ask(users.UpdateUser(id="ada", email="ada@example.org", **ASKS))
    await people.ask(users.Deactivate(id="ada", **ASKS))
    await people.ask(users.Activate(id="ada", **ASKS))
    await people.mesh.bus.tell(users.NoteRefused(address="203.0.113.5", what="wrong key", count=20))
    entries = await people.ask(users.ListAudit(**READS))
    assert [each.event for each in reversed(entries)] == [
        "bootstrap",
        "key.created",
        "user.added",
        "key.created",
        "key.revoked",
        "device.signed_in",
        "device.signed_out",
        "telegram.linked",
        "telegram.unlinked",
        "user.changed",
        "user.deactivated",
        "user.activated",
        "refused",
    ]
    assert (entries[0].address, entries[0].detail) == ("203.0.113.5", "20 × wrong key")
    assert {each.address for each in entries if each.event == "key.revoked"} == {"198.51.100.9"}
    for secret in (made.key, made.key[8:], device.cookie, device.page):
        assert secret not in repr(entries)
        assert secret.encode() not in b"".join(file.read_bytes() for file in people.path.parent.iterdir())


async def test_the_log_is_read_page_by_page(people: People) -> None:
    for n in range(5):
        await people.add(f"user-{n}")
    first = await people.ask(users.ListAudit(limit=3, **READS))
    second = await people.ask(users.ListAudit(limit=3, before=first[-1].id, **READS))
    assert [each.subject for each in first + second] == [
        *("user-4", "user-3", "user-2"),
        *("user-1", "user-0", "admin"),
    ]


async def test_errors_are_sentences(people: People) -> None:
    errors: list[ActorError] = [
        users.UnknownUser(id="x"),
        users.UnknownKey(id="x"),
        users.UnknownDevice(id="x"),
        users.NotAllowed(),
        users.StorageFailed(reason="the disk is full"),
    ]
    assert [str(each) for each in errors] == [
        "there is no user 'x'",
        "there is no key 'x'",
        "there is no device 'x'",
        "this needs somebody whose role is admin",
        "the disk is full",
    ]
