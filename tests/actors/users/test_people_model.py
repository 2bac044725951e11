"""The store of people against a model of it in plain Python: who is known by what, who may what, at any time."""

import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.users import accounts, bootstrap, devices, keys, lookup
from actors.users import messages as users
from actors.vocabulary import Role
from tests.actors.users.store import FIRST, Store

IDS = ("admin", "ada", "bob")
DAY = 86_400_000_000
names = st.sampled_from(IDS)
askers = st.sampled_from((*IDS, "operator"))


@attrs.define
class Credential:
    """A key, or the cookie of a device, as the model knows it."""

    id: str
    user: str
    shown: tuple[str, str | None]
    expires: int | None
    revoked: bool = False


class PeopleModel(RuleBasedStateMachine):
    """One database file, with what should be in it beside."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(pathlib.Path(self.folder.name))
        self.roles: dict[str, Role] = {}
        self.inactive: set[str] = set()
        self.keys: list[Credential] = []
        self.devices: list[Credential] = []
        self.changes = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    # --- doing it in the store and, if it was done, in the model --------------------------------------------

    def attempt(self, fn: Callable[..., Any], *args: Any) -> Any:
        """One transaction, as the actor runs it; the error where it is refused."""
        try:
            value = self.store.run(fn, *args)
        except (users.Unknown, users.NotAllowed, users.OwnAccount, users.LastAdmin, users.Taken) as error:
            return error
        self.changes += 1
        return value

    def who(self, asker: str) -> dict[str, Any]:
        return {"user": "admin", "proof": "operator"} if asker == "operator" else {"user": asker}

    def may(self, asker: str) -> bool:
        return asker == "operator" or (self.roles.get(asker) == "admin" and asker not in self.inactive)

    def good(self, each: Credential) -> bool:
        in_time = each.expires is None or each.expires > self.store.now
        return in_time and not each.revoked and each.user not in self.inactive

    def standing(self) -> int:
        """2: an active admin has a good key; 1: there is an active admin; 0: there is none."""
        admins = {each for each, role in self.roles.items() if role == "admin"} - self.inactive
        return (1 + any(self.good(each) and each.user in admins for each in self.keys)) if admins else 0

    def would_leave(self, change: Callable[[], None]) -> bool:
        """Whether a change of the model, which is taken back, would take the last admin away."""
        before = self.standing()
        kept = dict(self.roles), set(self.inactive), [each.revoked for each in self.keys]
        change()
        after = self.standing()
        self.roles, self.inactive = kept[0], kept[1]
        for each, revoked in zip(self.keys, kept[2], strict=True):
            each.revoked = revoked
        return after < before

    # --- rules ----------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        assert not bootstrap.first_admin(self.store.connection, FIRST, "another", self.store.now)
        self.roles["admin"] = "admin"
        self.keys.append(Credential("id-1", "admin", (FIRST, None), None))

    @rule(id=names, asker=askers, role=st.sampled_from(("admin", "user")))
    def add(self, id: str, asker: str, role: Role) -> None:
        found = self.attempt(
            accounts.add, users.AddUser(id=id, role=role, **self.who(asker)), "x", self.store.now
        )
        if not self.may(asker):
            assert isinstance(found, users.NotAllowed)
        elif id in self.roles:
            assert isinstance(found, users.Taken)
        else:
            assert found[0].id == id
            self.roles[id] = role

    @rule(id=names, asker=askers, role=st.sampled_from(("admin", "user")))
    def change_role(self, id: str, asker: str, role: Role) -> None:
        found = self.attempt(
            accounts.update, users.UpdateUser(id=id, role=role, **self.who(asker)), self.store.now
        )
        demoted = self.roles.get(id) == "admin" and role == "user"
        if not self.may(asker):
            assert isinstance(found, users.NotAllowed)
        elif id not in self.roles:
            assert isinstance(found, users.UnknownUser)
        elif demoted and asker == id:
            assert isinstance(found, users.OwnAccount)
        elif self.would_leave(lambda: self.roles.update({id: role})):
            assert isinstance(found, users.LastAdmin)
        else:
            told = [users.AccessChanged(user=id, credential=None, why="changed")]
            assert list(found[1]) == (told if self.roles[id] != role else [])
            self.roles[id] = role

    @rule(id=names, asker=askers)
    def deactivate(self, id: str, asker: str) -> None:
        found = self.attempt(accounts.deactivate, users.Deactivate(id=id, **self.who(asker)), self.store.now)
        if not self.may(asker):
            assert isinstance(found, users.NotAllowed)
        elif id not in self.roles:
            assert isinstance(found, users.UnknownUser)
        elif id in self.inactive:
            assert found[1] == ()
        elif asker == id:
            assert isinstance(found, users.OwnAccount)
        elif self.would_leave(lambda: self.inactive.add(id)):
            assert isinstance(found, users.LastAdmin)
        else:
            self.inactive.add(id)
            for each in self.devices:
                each.revoked = each.revoked or each.user == id

    @rule(id=names)
    def activate(self, id: str) -> None:
        found = self.attempt(accounts.activate, users.Activate(id=id, **self.who("operator")), self.store.now)
        assert isinstance(found, users.UnknownUser) is (id not in self.roles)
        self.inactive.discard(id)

    @rule(id=names, asker=askers, days=st.sampled_from((None, 1, 3)))
    def make_key(self, id: str, asker: str, days: int | None) -> None:
        made = self.store.fresh()
        key = f"sp_live_{int(made[3:]):040x}"
        request = users.NewKey(id=id, expires_in_days=days, **self.who(asker))
        found = self.attempt(keys.issue, request, key, made, self.store.now)
        own = id == request.user
        if not own and not self.may(asker):
            assert isinstance(found, users.NotAllowed)
        elif id not in self.roles or (own and id in self.inactive):
            assert isinstance(found, users.UnknownUser)
        else:
            expires = None if days is None else self.store.now + days * DAY
            self.keys.append(Credential(made, id, (key, None), expires))

    @rule(data=st.data(), asker=askers)
    def revoke_key(self, data: st.DataObject, asker: str) -> None:
        each = data.draw(st.sampled_from(self.keys))
        found = self.attempt(keys.revoke, users.RevokeKey(id=each.id, **self.who(asker)), self.store.now)
        if each.user != asker and not self.may(asker):
            assert isinstance(found, users.UnknownKey)
        elif each.revoked:
            assert found[1] == ()
        elif self.would_leave(lambda: setattr(each, "revoked", True)):
            assert isinstance(found, users.LastAdmin)
        else:
            assert found[1] == (users.AccessChanged(user=each.user, credential=each.id, why="ended"),)
            each.revoked = True

    @rule(id=names)
    def sign_in(self, id: str) -> None:
        made = self.store.fresh()
        halves = (f"cookie of {made}", f"page of {made}")
        request = users.NewDevice(user=id, label="Firefox")
        found = self.attempt(devices.sign_in, request, halves, made, self.store.now)
        if id not in self.roles or id in self.inactive:
            assert isinstance(found, users.UnknownUser)
        else:
            self.devices.append(Credential(made, id, halves, self.store.now + devices.GOOD_FOR))

    @precondition(lambda self: self.devices)
    @rule(data=st.data(), asker=names)
    def sign_out(self, data: st.DataObject, asker: str) -> None:
        each = data.draw(st.sampled_from(self.devices))
        found = self.attempt(devices.sign_out, users.SignOut(id=each.id, user=asker), self.store.now)
        if each.user != asker:
            assert isinstance(found, users.UnknownDevice)
        else:
            each.revoked = True

    @rule(hours=st.sampled_from((1, 24, 24 * 31)))
    def pass_time(self, hours: int) -> None:
        before = {each.id for each in (*self.keys, *self.devices) if not each.revoked and self.pending(each)}
        self.store.now += hours * 3_600_000_000
        told = self.attempt(lookup.expire, self.store.now)
        over = {each.id for each in (*self.keys, *self.devices) if not each.revoked and self.pending(each)}
        assert {each.credential for each in told} == before - over

    def pending(self, each: Credential) -> bool:
        return each.expires is None or each.expires > self.store.now

    @rule()
    def die_and_start_again(self) -> None:
        """What is committed is there at the next start; what is not, is not."""
        self.store.reopen()

    # --- what holds at any time -------------------------------------------------------------------------------

    @invariant()
    def everybody_is_known_by_what_is_good_and_nothing_else(self) -> None:
        for each in self.keys:
            self.check(each, lookup.generated(self.store.connection, each.shown[0], self.store.now), "key")
        for each in self.devices:
            cookie, page = each.shown
            self.check(each, lookup.device(self.store.connection, cookie, page or "", self.store.now), "page")

    def check(self, each: Credential, found: lookup.Found | None, proof: str) -> None:
        if not self.good(each):
            assert found is None
            return
        assert found is not None
        known = found[0].principal
        assert (known.user, known.role, known.proof) == (each.user, self.roles[each.user], proof)
        assert known.credential == each.id

    @invariant()
    def there_is_an_admin(self) -> None:
        if self.roles:
            assert self.standing()

    @invariant()
    def every_change_is_in_the_log(self) -> None:
        count = self.store.connection.execute("SELECT count(*) FROM audit").fetchone()[0]
        assert count <= users.MOST_ROWS
        if self.changes:
            assert count


TestPeopleModel = pytest.mark.timeout(600)(PeopleModel.TestCase)
TestPeopleModel.settings = settings(stateful_step_count=30)
