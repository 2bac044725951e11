"""What the tree learns of a subsystem from its front door, its settings and its actor."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, final

import attrs
import pytest

from actors.context import context_source, from_context
from actors.persona import messages as persona
from actors.session import messages as session
from actors.subsystem import Given, Subsystem
from actors.tooling import tool
from actors.tools import messages as tools
from actors.users import messages as users
from bus import Actor, Child, Request


@tool("First", "The first.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class First(Request[str]):
    pass


@tool("Second", "The second.", effect="pure")
@context_source("Second", stable=True)
@final
@attrs.frozen(kw_only=True)
class Second(Request[str]):
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Silent(Request[str]):
    pass


@final
@attrs.frozen(kw_only=True)
class Settings:
    size: int = 1


class Plain(Actor):
    def __init__(self, given: Given) -> None:
        self.settings = given.settings(Settings)
        self.path = given.database("plain")


@pytest.fixture
def given() -> Given:
    current = {Settings: Settings(size=2)}
    return Given(data=Path("/d"), home=Path("/h"), environment={}, settings_of=current.__getitem__)


def test_what_the_front_door_offers_is_found_in_the_order_in_which_it_stands_there() -> None:
    here = Subsystem("here", Plain, front=sys.modules[__name__])

    assert list(here.tools()) == [First, Second]
    assert [source.name for source in here.context()] == ["Second"]


def test_what_a_front_door_has_from_others_is_not_its_own() -> None:
    borrowed = ModuleType("borrowed")
    borrowed.__dict__.update(First=First, Second=Second)

    assert list(Subsystem("borrowed", Plain, front=borrowed).tools()) == []


def test_a_front_door_may_be_a_package_or_missing() -> None:
    assert "Accept" in {kind.__name__ for kind in Subsystem("session", Plain, front=session)._classes()}
    assert list(Subsystem("none", Plain).tools()) == []


def test_of_the_real_ones_everything_is_found() -> None:
    assert [kind.__name__ for kind in Subsystem("tools", Plain, front=tools).tools()] == [
        "Edit",
        "FileDelete",
        "FileWrite",
        "Write",
        "EnvGet",
        "FileList",
        "Glob",
        "Grep",
        "Attach",
        "FileRead",
        "Read",
    ]
    assert len(list(Subsystem("persona", Plain, front=persona).context())) == 3


def test_an_actor_alone_is_one_child_and_gets_what_every_subsystem_is_given(given: Given) -> None:
    (child,) = Subsystem("plain", Plain).children(given)

    assert child.name == "plain"
    make: Any = child.factory
    actor = make()
    assert isinstance(actor, Plain)
    assert (actor.settings(), actor.path) == (Settings(size=2), Path("/d/db/plain.db"))


def test_a_function_gives_children_of_any_kind(given: Given) -> None:
    def children(given: Given) -> Iterator[Child]:
        yield Child("one", partial(Plain, given))
        yield Child("two", partial(Plain, given))

    assert [child.name for child in Subsystem("both", children).children(given)] == ["one", "two"]


def test_secrets_of_the_environment_are_not_shown(given: Given) -> None:
    assert "hush" not in repr(attrs.evolve(given, environment={"KEY": "hush"}))


def test_nothing_keeps_settings_from_being_used_unless_it_is_said(given: Given) -> None:
    assert list(Subsystem("plain", Plain).check(Settings(), given)) == []


def in_a_list(given: Given) -> list[Child]:
    return [Child("plain", partial(Plain, given))]


@pytest.mark.parametrize("actors", [Plain, in_a_list])
def test_an_actor_with_a_database_has_time_to_open_it(given: Given, actors: Any) -> None:
    (quick,) = Subsystem("plain", actors).children(given)
    (patient,) = Subsystem("plain", actors, migrations=Path("/m")).children(given)
    assert (quick.limits.start_within, patient.limits.start_within) == (10.0, 3600.0)
    assert attrs.evolve(patient, limits=quick.limits).name == quick.name


def test_endpoints_are_listed_as_they_are_written_each_request_as_often_as_it_is_offered() -> None:
    found = [f"{each.method} {each.path}" for each in Subsystem("users", Plain, front=users).endpoints()]
    at = found.index("POST /api/auth/keys")
    assert found[at + 1] == "POST /api/settings/auth/users/{id}/api-keys"
    assert len(found) == len(set(found))
