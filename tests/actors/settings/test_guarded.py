"""What is guarded is changed by whoever may, and what is changed is in the audit log."""

from typing import Any

import attrs
import pytest

from actors.settings import messages
from actors.settings.messages import Refused, Saved
from actors.vocabulary import Proof
from tests.actors.settings.place import Oven, Place


async def test_who_changes_what_is_in_the_audit_log_without_values(place: Place) -> None:
    changes = {"oven": {"flour": "x", "heat": 9}, "tills": None}
    operator = messages.Put(changes=changes, user="ada", address="192.0.2.7", proof="operator")
    await place.mesh.bus.ask(operator)
    await place.refused(tills=0)
    with pytest.raises(messages.Guarded):
        await place.put(oven__flour="y")
    assert await place.noted() == [("ada", "operator", "settings.changed", "oven.flour, oven.heat, tills")]


async def test_nothing_is_changed_that_the_audit_log_cannot_have(place: Place) -> None:
    place.people.path.rename(place.people.path.with_name("away"))
    with pytest.raises(messages.NotWritten, match="not even who changes them"):
        await place.put(tills=3)
    assert not place.local.exists()


async def test_what_is_guarded_is_refused_before_anything_else_is_looked_at(place: Place) -> None:
    guarded = messages.Put(changes={"oven.flour": "x", "oven.heat": 1000})
    with pytest.raises(messages.Guarded):
        await place.mesh.bus.ask(guarded)
    with pytest.raises(Refused, match="no gas"):
        await place.mesh.bus.ask(attrs.evolve(guarded, proof="operator"))


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"oven.flour": "x"}, "operator"),
        ({"oven": {"flour": "x"}}, "confirmed"),
        ({"oven": {"flour": "x", "heat": 9}}, "operator"),
    ],
)
async def test_what_is_guarded_is_changed_by_the_operator_and_by_a_confirmed_page_alone(
    place: Place, changes: dict[str, Any], good: Proof
) -> None:
    others: tuple[Proof, ...] = ("key", "page", "telegram", "scheduler")
    for proof in others:
        with pytest.raises(
            messages.Guarded, match=r"^oven\.flour: this decides what the agent may do, or wher"
        ):
            await place.mesh.bus.ask(messages.Put(changes=changes, proof=proof))
    assert not place.local.exists()

    await place.mesh.bus.ask(messages.Put(changes=changes, proof=good))
    assert place.current.of(Oven).flour == "x"


async def test_what_is_guarded_is_given_back_to_the_blueprint_by_the_operator_alone(place: Place) -> None:
    await place.mesh.bus.ask(messages.Put(changes={"oven.flour": "x"}, proof="operator"))

    back: tuple[dict[str, Any], ...] = ({"oven": None}, {"oven.flour": None}, {"oven": {}})
    for changes in back:
        with pytest.raises(messages.Guarded):
            await place.mesh.bus.ask(messages.Put(changes=changes))
    assert await place.put(oven__heat=9) == Saved(sections=("oven",))


async def test_what_is_guarded_and_was_changed_by_hand_keeps_nobody_from_another_change(place: Place) -> None:
    place.local.write_text('[oven]\nflour = "x"\n')

    assert await place.put(tills=3) == Saved(sections=("shop", "oven"))

    assert place.current.of(Oven).flour == "x"
