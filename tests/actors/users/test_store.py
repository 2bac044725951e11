"""The store of people, called without actor or bus."""

import pathlib
from collections.abc import Generator
from typing import Any

import pytest

from actors.users import accounts, audit, bootstrap, devices, hashing, keys, lookup, rights, telegram
from actors.users import messages as users
from tests.actors.users.store import FIRST, NOW, OPERATOR, Store

MINUTE = 60_000_000
DAY = 86_400_000_000


@pytest.fixture
def store(tmp_path: pathlib.Path) -> Generator[Store]:
    store = Store(tmp_path)
    store.add("ada")
    yield store
    store.close()


def sign_in(store: Store, user: str = "ada", **fields: Any) -> users.CreatedDevice:
    made = store.fresh()
    request = users.NewDevice(user=user, label="Firefox", **fields)
    return store.run(devices.sign_in, request, (f"cookie {made}", f"page {made}"), made, store.now)[0]


def log(store: Store) -> list[tuple[str, str, str]]:
    """Who did what to whom, newest first."""
    found = store.run(audit.entries, users.ListAudit(**OPERATOR))
    return [(each.user, each.event, each.subject) for each in found]


# --- accounts -----------------------------------------------------------------------------------------------


def test_a_first_start_without_a_key_makes_the_admin_alone(tmp_path: pathlib.Path) -> None:
    store = Store(tmp_path, key=None)
    assert not store.run(bootstrap.is_empty)
    assert store.run(keys.of_user, users.ListKeys(user="admin")) == ()
    store.close()


def test_accounts_are_listed_and_found(store: Store) -> None:
    assert [each.id for each in store.run(accounts.all_of, users.ListUsers(**OPERATOR))] == ["admin", "ada"]
    assert store.run(accounts.get, users.GetUser(id="ada", user="ada")).id == "ada"
    assert store.run(accounts.get, users.GetUser(id="ADA", **OPERATOR)).id == "ada"
    with pytest.raises(users.NotAllowed):
        store.run(accounts.get, users.GetUser(id="admin", user="ada"))
    with pytest.raises(users.NotAllowed):
        store.run(accounts.all_of, users.ListUsers(user="ada"))


def test_what_an_earlier_user_left_is_taken_over_on_purpose_alone(store: Store) -> None:
    asked = users.AddUser(id="bob", **OPERATOR)
    with pytest.raises(users.LeftBehind):
        store.run(accounts.add, asked, "made-up", store.now, left=True)
    adopted = users.AddUser(id="bob", adopt=True, **OPERATOR)
    assert store.run(accounts.add, adopted, "made-up", store.now, left=True)[0].id == "bob"


def test_there_is_room_for_so_many_keys(store: Store) -> None:
    for _ in range(users.MOST_KEYS):
        store.issue("ada")
    with pytest.raises(users.TooManyKeys):
        store.issue("ada")


@pytest.mark.parametrize("fields", [{"email": "ada"}, {"email": ""}, {"display_name": " \t"}])
def test_what_cannot_be_of_an_account_is_unfit(store: Store, fields: dict[str, Any]) -> None:
    with pytest.raises(users.Unfit):
        store.add("bob", **fields)
    with pytest.raises(users.Unfit):
        store.run(accounts.update, users.UpdateUser(id="ada", **fields, **OPERATOR), NOW)


def test_an_id_is_made_up_checked_and_unique(store: Store) -> None:
    made, told = store.run(accounts.add, users.AddUser(email="b@example.org", **OPERATOR), "made-up", NOW)
    assert (made.id, told) == ("made-up", ())
    for id in ("system", "a b", ""):
        with pytest.raises(users.Unfit):
            store.add(id)
    for fields in ({"id": "ADA"}, {"id": "carl", "email": "B@Example.org"}):
        with pytest.raises(users.Taken):
            store.add(**fields)


def test_what_is_given_changes(store: Store) -> None:
    def update(**fields: Any) -> tuple[users.User, accounts.Told]:
        return store.run(accounts.update, users.UpdateUser(id="ada", **fields, **OPERATOR), NOW)

    found, told = update(email="ada@example.org", display_name="Ada")
    assert (found.email, found.display_name, told) == ("ada@example.org", "Ada", ())
    assert update() == (found, ())
    found, told = update(email=None, filesystem_enabled=True)
    assert (found.email, found.display_name, found.filesystem_enabled) == (None, "Ada", True)
    assert told == (users.AccessChanged(user="ada", credential=None, why="changed"),)


def test_who_is_let_in(store: Store) -> None:
    deactivate, activate = users.Deactivate(id="ada", **OPERATOR), users.Activate(id="ada", **OPERATOR)
    out, told = store.run(accounts.deactivate, deactivate, NOW)
    assert not out.is_active
    assert told == (users.AccessChanged(user="ada", credential=None, why="ended"),)
    assert store.run(accounts.deactivate, deactivate, NOW) == (out, ())
    with pytest.raises(users.UnknownUser):
        store.run(accounts.active, "ada")
    back, told = store.run(accounts.activate, activate, NOW)
    assert told == (users.AccessChanged(user="ada", credential=None, why="changed"),)
    assert store.run(accounts.activate, activate, NOW) == (back, ())
    assert back.is_active


def test_one_does_not_act_against_ones_own_account_nor_the_last_admin(store: Store) -> None:
    own: dict[str, Any] = {"id": "admin", "user": "admin"}
    with pytest.raises(users.OwnAccount):
        store.run(accounts.deactivate, users.Deactivate(**own), NOW)
    with pytest.raises(users.OwnAccount):
        store.run(accounts.update, users.UpdateUser(role="user", **own), NOW)
    with pytest.raises(users.LastAdmin):
        store.run(accounts.deactivate, users.Deactivate(id="admin", **OPERATOR), NOW)
    with pytest.raises(users.UnknownUser):
        store.run(accounts.activate, users.Activate(id="nobody", **OPERATOR), NOW)


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys_are_issued_listed_and_revoked(store: Store) -> None:
    made = store.issue("ada", days=1, label=" lap\n\x1b[31mtop ")
    assert made.meta.label == "lap[31mtop", "what a terminal would do something with is left out"
    own, _ = store.run(keys.issue, users.NewKey(user="ada"), "sp_live_" + "1" * 40, "own", NOW + 1)
    assert store.run(keys.of_user, users.ListKeys(user="ada")) == (own.meta, made.meta)
    assert store.run(keys.of_user, users.ListKeys(id="ada", user="admin")) == (own.meta, made.meta)
    for request in (users.NewKey(id="admin", user="ada"), users.ListKeys(id="admin", user="ada")):
        with pytest.raises(users.NotAllowed):
            if isinstance(request, users.NewKey):
                store.run(keys.issue, request, "x", "x", NOW)
            else:
                store.run(keys.of_user, request)
    with pytest.raises(users.UnknownKey):
        store.run(keys.revoke, users.RevokeKey(id="nothing", **OPERATOR), NOW)
    with pytest.raises(users.UnknownKey):
        store.run(keys.revoke, users.RevokeKey(id="id-1", user="ada"), NOW)
    void, told = store.run(keys.revoke, users.RevokeKey(id="own", user="ada"), NOW)
    assert void.revoked_at is not None
    assert told == (users.AccessChanged(user="ada", credential="own", why="ended"),)
    assert store.run(keys.revoke, users.RevokeKey(id="own", **OPERATOR), NOW) == (void, ())
    assert log(store)[0] == ("ada", "key.revoked", "ada")


def test_a_key_is_known_while_it_is_good(store: Store) -> None:
    made = store.issue("ada", days=1)
    found = store.run(lookup.generated, made.key, NOW)
    assert found is not None
    identity, unnoted = found
    assert unnoted
    assert (identity.principal.user, identity.expires_at) == ("ada", made.meta.expires_at)
    store.run(lookup.touch, identity.principal, "192.0.2.1", NOW)
    assert store.run(lookup.generated, made.key, NOW + MINUTE - 1) == (identity, False)
    assert store.run(lookup.generated, made.key, NOW + MINUTE) == (identity, True)
    assert store.run(lookup.generated, made.key, NOW + DAY) is None
    assert store.run(lookup.generated, FIRST[:-1] + "0", NOW) is None


def test_somebody_could_sign_in_while_an_active_user_has_a_good_key(tmp_path: pathlib.Path) -> None:
    store = Store(tmp_path, key=None)

    def good() -> bool:
        return store.run(keys.any_good, store.now)

    assert not good()
    store.add("ada")
    made = store.issue("ada", days=1)
    assert good()
    store.now += 2 * DAY
    assert not good()
    made = store.issue("ada")
    assert good()
    store.run(accounts.deactivate, users.Deactivate(id="ada", **OPERATOR), store.now)
    assert not good()
    store.run(accounts.activate, users.Activate(id="ada", **OPERATOR), store.now)
    assert good()
    store.run(keys.revoke, users.RevokeKey(id=made.meta.id, **OPERATOR), store.now)
    assert not good()
    store.close()


def test_what_expires_is_told_once(store: Store) -> None:
    key, device = store.issue("ada", days=1), sign_in(store)
    assert store.run(lookup.next_expiry) == NOW + DAY
    assert store.run(lookup.expire, NOW + DAY - 1) == ()
    told = store.run(lookup.expire, NOW + 40 * DAY)
    assert {each.credential for each in told} == {key.meta.id, device.device.id}
    assert store.run(lookup.expire, NOW + 40 * DAY) == ()
    assert store.run(lookup.next_expiry) is None
    assert [event for _, event, _ in log(store)[:2]] == ["device.expired", "key.expired"]


def test_hashes(store: Store) -> None:
    assert hashing.is_generated(FIRST)
    assert not hashing.is_generated(FIRST.upper())
    assert hashing.matches(FIRST, hashing.digest(FIRST))
    hashed = hashing.slow_hash("a word")
    assert hashing.slow_matches("a word", hashed)
    assert not hashing.slow_matches("another", hashed)
    assert not hashing.slow_matches("a word", "nonsense")


def test_the_key_of_the_environment_is_replaced(store: Store) -> None:
    def replace(key: str | None, hashed: str) -> accounts.Told:
        return store.run(bootstrap.replace_chosen, key, hashed, store.fresh(), NOW)

    def whose(hashed: str) -> str | None:
        found = store.run(lookup.chosen, hashed, NOW)
        return found and found[0].principal.credential

    assert replace("one", "$argon2id$one") == ()
    first = whose("$argon2id$one")
    (ended,) = replace("two", "$argon2id$two")
    assert (ended.user, ended.credential) == ("admin", first)
    assert len(replace(None, "")) == 1
    assert whose("$argon2id$one") is whose("$argon2id$two") is None
    assert replace("one", "$argon2id$one") == ()
    assert whose("$argon2id$one") == first
    assert len(replace(FIRST, hashing.digest(FIRST))) == 1
    assert [each.label for each in store.run(keys.of_user, users.ListKeys(user="admin"))] == [
        *["from STARPOD_API_KEY"] * 2,
        "made at the first start",
    ]
    assert [(hashed, by) for _, hashed, by in store.run(keys.chosen)] == [
        ("$argon2id$two", ""),
        ("$argon2id$one", ""),
    ]
    assert replace("sp_live_" + "2" * 40, hashing.digest("sp_live_" + "2" * 40)) == ()
    assert store.run(keys.chosen)[0][0].prefix == "22222222"


# --- devices ------------------------------------------------------------------------------------------------


def test_a_device_is_known_by_both_halves(store: Store) -> None:
    made = sign_in(store)
    found = store.run(lookup.device, made.cookie, made.page, NOW + MINUTE)
    assert found is not None
    identity, unnoted = found
    assert unnoted
    store.run(lookup.touch, identity.principal, "192.0.2.1", NOW + MINUTE)
    (seen,) = store.run(devices.of_user, users.ListDevices(user="ada"))
    assert seen.address == "192.0.2.1"
    for cookie, page in ((made.cookie, "x"), ("x", made.page), (made.page, made.cookie)):
        assert store.run(lookup.device, cookie, page, NOW) is None


def test_a_device_ends_with_the_key_that_it_was_signed_in_with(store: Store) -> None:
    lasting, short = store.issue("ada").meta, store.issue("ada", days=1).meta
    made, brief = sign_in(store, key=lasting.id), sign_in(store, key=short.id)
    assert brief.device.expires_at == short.expires_at
    _, told = store.run(keys.revoke, users.RevokeKey(id=lasting.id, user="ada"), NOW)
    assert [each.credential for each in told] == [lasting.id, made.device.id]
    assert store.run(lookup.device, made.cookie, made.page, NOW) is None
    with pytest.raises(users.NotKnown):
        sign_in(store, key=lasting.id)


def test_a_device_is_signed_out(store: Store) -> None:
    made = sign_in(store)
    request = users.SignOut(id=made.device.id, user="ada")
    out, told = store.run(devices.sign_out, request, NOW)
    assert told == (users.AccessChanged(user="ada", credential=made.device.id, why="ended"),)
    assert store.run(devices.sign_out, request, NOW) == (out, ())
    with pytest.raises(users.UnknownDevice):
        store.run(devices.sign_out, users.SignOut(id=made.device.id, user="admin"), NOW)


def test_the_oldest_of_many_devices_goes(store: Store) -> None:
    first = sign_in(store)
    for _ in range(devices.MOST):
        sign_in(store)
    listed = store.run(devices.of_user, users.ListDevices(user="ada"))
    assert len(listed) == devices.MOST
    assert first.device.id not in {each.id for each in listed}


# --- Telegram -----------------------------------------------------------------------------------------------


def test_a_telegram_account_speaks_for_one_user(store: Store) -> None:
    def link(id: str, **fields: Any) -> accounts.Told:
        return store.run(telegram.link, users.LinkTelegram(id=id, **fields, **OPERATOR), NOW)[1]

    def who(number: int, name: str | None = None) -> str | None:
        try:
            identity = store.run(
                telegram.recognise, users.IdentifyTelegram(telegram_id=number, username=name)
            )
        except users.NotKnown:
            return None
        return identity.principal.user

    assert link("ada", username="@Ada") == ()
    assert (who(7, "ada"), who(8, "ada"), who(7)) == ("ada", None, "ada")
    assert [each.user for each in link("admin", telegram_id=7)] == ["ada"]
    found = store.run(telegram.get, users.GetTelegram(id="admin", **OPERATOR))
    assert found is not None
    assert (found.telegram_id, found.username) == (7, None)
    assert store.run(telegram.get, users.GetTelegram(id="ada", user="ada")) is None
    with pytest.raises(users.NotAllowed):
        store.run(telegram.get, users.GetTelegram(id="admin", user="ada"))
    unlink = users.UnlinkTelegram(id="admin", **OPERATOR)
    assert [each.user for each in store.run(telegram.unlink, unlink, NOW)[1]] == ["admin"]
    assert store.run(telegram.unlink, unlink, NOW) == (None, ())


def test_an_account_that_is_allowed_speaks_for_the_only_user_who_is_let_in(store: Store) -> None:
    def who(number: int, *, allowed: bool = True) -> str | None:
        asked = users.IdentifyTelegram(telegram_id=number, allowed=allowed)
        try:
            return store.run(telegram.recognise, asked).principal.user
        except users.NotKnown:
            return None

    assert who(8) is None, "there are several"
    store.run(telegram.link, users.LinkTelegram(id="ada", telegram_id=7, **OPERATOR), NOW)
    store.run(accounts.deactivate, users.Deactivate(id="ada", **OPERATOR), NOW)
    assert (who(8), who(8, allowed=False)) == ("admin", None)
    assert who(7) is None, "whoever is not let in does not come in as somebody else"


# --- the log ------------------------------------------------------------------------------------------------


def test_the_log_tells_who_did_what_and_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.run(audit.refused, users.NoteRefused(address="::1", what="wrong key", count=3, user="ada"), NOW)
    assert log(store)[:2] == [("", "refused", "ada"), ("admin", "user.added", "ada")]
    monkeypatch.setattr(audit, "MOST_ROWS", 2)
    store.issue("ada")
    assert [event for _, event, _ in log(store)] == ["key.created", "refused"]
    page = users.ListAudit(before=store.run(audit.entries, users.ListAudit(**OPERATOR))[0].id, **OPERATOR)
    assert len(store.run(audit.entries, page)) == 1
    with pytest.raises(users.NotAllowed):
        store.run(audit.entries, users.ListAudit(user="ada"))


def test_who_tries_to_get_in_cannot_push_out_what_was_changed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_REFUSED", 2)
    for n in range(5):
        store.run(audit.refused, users.NoteRefused(address=f"::{n}", what="wrong key", count=1), NOW)
    assert [event for _, event, _ in log(store)] == [
        *("refused", "refused"),
        *("user.added", "key.created", "bootstrap"),
    ]
    assert store.run(audit.entries, users.ListAudit(limit=1, **OPERATOR))[0].address == "::4"


def test_a_change_of_many_things_is_in_the_log_whole(store: Store) -> None:
    names = tuple(f"providers.number_{n}.base_url" for n in range(20))
    note = users.NoteChange(event="settings.changed", what=names, user="ada", proof="key", address="::1")
    store.run(audit.note, note, NOW)
    found = [each for each in store.run(audit.entries, users.ListAudit(**OPERATOR)) if each.user == "ada"]
    assert {each.event for each in found} == {"settings.changed"}
    assert all(len(each.detail) <= audit.LONGEST for each in found)
    assert sorted(", ".join(each.detail for each in found).split(", ")) == sorted(names)


def test_only_an_active_admin_or_the_operator_may(store: Store) -> None:
    for request, may in (
        (users.ListUsers(user="admin"), True),
        (users.ListUsers(user="ada"), False),
        (users.ListUsers(user="nobody", proof="operator"), True),
    ):
        assert store.run(rights.is_admin, request) is may


def test_errors_are_sentences() -> None:
    for error, text in (
        (users.UnknownUser(id="x"), "there is no user 'x'"),
        (users.Taken(field="id", value="x"), "the id 'x' is taken"),
        (users.Unfit(why="because"), "because"),
        (users.NotKnown(what="missing"), "Missing API key"),
        (users.OwnAccount(what="demoted"), "your own account cannot be demoted; another admin can do that"),
        (users.NotAllowed(), "this needs somebody whose role is admin"),
        (users.StorageFailed(reason="the disk is full"), "the disk is full"),
    ):
        assert str(error) == text
    assert "no active admin" in str(users.LastAdmin())
