"""Every way to end, alone and as the bystander of a sibling's restart (G10)."""

from typing import Literal

import pytest
import trio
from trio.testing import MockClock

from bus import Mesh, State
from bus.run.running import RunningActor
from tests.bus.family import Stage, nothing, running

End = Literal["stopped", "crashed", "outage"]
ENDS: tuple[End, ...] = ("stopped", "crashed", "outage")
COMES_BACK: dict[End, bool] = {"stopped": False, "crashed": True, "outage": True}
SPENDS: dict[End, int] = {"stopped": 0, "crashed": 1, "outage": 0}
"""What the end of a child that comes back takes from the budget."""


def end(mesh: Mesh, stage: Stage, name: str, how: End) -> None:
    if how == "crashed":
        stage.crash(name)
    elif how == "outage":
        stage.outage(name)
    else:
        cell = mesh.bus.routes.named(name)
        assert isinstance(cell, RunningActor)
        cell.request_stop()  # not by its supervisor, which would know


def state(mesh: Mesh, name: str) -> State:
    return next(child.health.state for child in mesh.console.health().children if child.name == name)


def spent(mesh: Mesh) -> int:
    return len(mesh.root.budget.crashes)


@pytest.mark.parametrize("how", ENDS)
async def test_a_child_alone(autojump_clock: MockClock, how: End) -> None:
    stage = Stage()
    async with running(stage.child("a"), stage.child("z")) as mesh:
        stage.told()
        end(mesh, stage, "a", how)
        await trio.sleep(10)
        if COMES_BACK[how]:
            assert stage.told() == ["0 stop a", "0.2 start a", "0.2 up a"]
            assert state(mesh, "a") is State.READY
            assert spent(mesh) == SPENDS[how]
        else:
            assert stage.told() == ["0 stop a"]
            assert state(mesh, "a") is (State.STOPPED if how == "stopped" else State.FAILED)
            assert spent(mesh) == 0


async def test_a_bystander_that_is_well(autojump_clock: MockClock) -> None:
    stage = Stage()
    async with running(stage.child("a"), stage.child("b"), strategy="rest_for_one") as mesh:
        stage.told()
        stage.crash("a")
        await trio.sleep(10)
        assert stage.told("stop", "up") == ["0 stop a", "0 stop b", "0.2 up a", "0.2 up b"]
        assert state(mesh, "b") is State.READY
        assert spent(mesh) == 1


@pytest.mark.parametrize("first", ["a", "b"])
@pytest.mark.parametrize("how", ENDS)
async def test_a_bystander_that_ends_in_the_same_instant(
    autojump_clock: MockClock, how: End, first: str
) -> None:
    stage = Stage()
    async with running(stage.child("a"), stage.child("b"), strategy="rest_for_one") as mesh:
        stage.told()
        if first == "b":
            end(mesh, stage, "b", how)
        stage.crash("a")
        if first == "a":
            end(mesh, stage, "b", how)
        await trio.sleep(10)
        diary = stage.told("stop", "up")
        assert sorted(diary[:2]) == ["0 stop a", "0 stop b"]
        # Which of the two ends the supervisor sees first is chance; how it ends is not, save for a stop: one that
        # comes while the group stops anyway is part of that.
        ups = [line for line in diary if " up " in line]
        assert ups[0].endswith("up a")
        if COMES_BACK[how]:
            assert [line[-1] for line in ups] == ["a", "b"]
            assert state(mesh, "b") is State.READY
        elif len(ups) == 2:
            assert how == "stopped"
            assert state(mesh, "b") is State.READY
        else:
            assert state(mesh, "b") is not State.READY
            assert len(ups) == 1
        assert 1 <= spent(mesh) <= 2


@pytest.mark.parametrize("how", ENDS)
async def test_a_bystander_that_has_ended_before(autojump_clock: MockClock, how: End) -> None:
    stage = Stage()
    stage.script("start", "b", nothing)
    children = stage.child("a"), stage.child("b")
    async with running(*children, strategy="rest_for_one") as mesh:
        end(mesh, stage, "b", how)
        await trio.sleep(10)
        stage.told()
        stage.crash("a")
        await trio.sleep(10)
        ups = [line[-1] for line in stage.told("up")]
        assert ups == (["a", "b"] if COMES_BACK[how] else ["a"])
