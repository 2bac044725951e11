"""The hooks of one event are called, one after the other, each with what the one before it has left."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast, final

import attrs
import trio

from actors.hooks import output
from actors.hooks.answers import CommandFailed
from actors.hooks.breaker import Breaker, Count
from actors.hooks.eligibility import Machine, missing
from actors.hooks.merging import Said, joined, ran, said
from actors.hooks.messages import DECIDING, Outcome, Result, Run
from actors.hooks.output import NOTHING, BadOutput, Output
from actors.hooks.registry import Answer, Callback, Group

Kept = Callable[[Run, Count | None], Awaitable[None]]
"""Is told what came of a call, and how the hook fares now where that has changed."""


@final
@attrs.frozen(kw_only=True)
class Hearing:
    """What one group has answered."""

    outputs: tuple[Output, ...] = ()
    fault: str = ""
    """What was wrong with the last of it that failed; empty where none has."""
    timed_out: bool = False
    stderr: str = ""


@final
@attrs.define(kw_only=True, eq=False)
class Caller:
    """Calls hooks. Whatever they do ends none of those who have them called."""

    now: Callable[[], datetime]
    breaker: Breaker
    machine: Machine
    timeout: Callable[[], float]
    """Seconds that one may take which says nothing else."""
    kept: Kept

    async def call(
        self, groups: Sequence[Group], told: Mapping[str, Any], *, counted: bool = True
    ) -> Outcome:
        """Call them; what they say together.

        Args:
          groups: those whose matcher fits, in order.
          told: the event as JSON has it, with ``hook_event_name``.
          counted: whether what comes of it is kept; False for a try, in which a hook that rests is called too.
        """
        outcome, form = Outcome(), dict(told)
        for group in groups:
            run, word = await self._one(group, form, counted=counted)
            outcome = ran(joined(outcome, _called(group), word), run)
            if word.input is not None and "tool_input" in form:
                form["tool_input"] = word.input
            if word.result is not None:
                form["tool_response"] = word.result
        return outcome

    async def _one(self, group: Group, form: Mapping[str, Any], *, counted: bool) -> tuple[Run, Said]:
        began, at = trio.current_time(), self.now()
        run = Run(
            hook=group.name or "",
            event=group.event,
            tool=str(form.get("tool_name", "")),
            session=str(form.get("session_id", "")),
            at=at,
            seconds=0.0,
            result="ok",
        )
        if (lacks := missing(group.requires, self.machine)) is not None:
            return attrs.evolve(run, result="skipped", detail=lacks), Said()
        if counted and not self.breaker.admits(group.name, at):
            return attrs.evolve(run, result="tripped", detail=_RESTS), _unheard(group, _RESTS)
        heard = await self._heard(group, form)
        heard, word = _word(group, heard, form)
        result = _result(heard, word)
        hidden = any(each.suppress_output for each in heard.outputs)
        run = attrs.evolve(
            run,
            seconds=trio.current_time() - began,
            result=result,
            detail=heard.fault or ("" if hidden else word.reason),
            stderr="" if hidden else heard.stderr,
        )
        if counted:
            await self.kept(run, self._counted(group, failed=bool(heard.fault)))
        return run, word

    def _counted(self, group: Group, *, failed: bool) -> Count | None:
        if not group.name:
            return None
        if failed:
            return self.breaker.failed(group.name, self.now())
        return Count(failures=0) if self.breaker.succeeded(group.name) else None

    async def _heard(self, group: Group, form: Mapping[str, Any]) -> Hearing:
        """Call all functions of a group: one that fails keeps none from being called."""
        heard = Hearing()
        seconds = group.timeout or self.timeout()
        for callback in group.callbacks:
            with trio.move_on_after(seconds) as scope:
                heard = await _asked(callback, form, heard)
            if scope.cancelled_caught:
                heard = attrs.evolve(heard, fault=f"it took longer than {seconds:g} s", timed_out=True)
        return heard


_RESTS: Final = "it has failed too often and rests"


async def _asked(callback: Callback, form: Mapping[str, Any], heard: Hearing) -> Hearing:
    try:
        answer = _read(await callback(form, form.get("tool_use_id")))
    except CommandFailed as error:
        return attrs.evolve(heard, fault=str(error), stderr=error.stderr)
    except Exception as error:  # noqa: BLE001 - hooks are foreign code: whatever they raise ends nothing
        return attrs.evolve(heard, fault=str(error) or type(error).__name__)
    return attrs.evolve(heard, outputs=(*heard.outputs, answer.output), stderr=answer.stderr or heard.stderr)


def _read(answer: Output | Answer | Mapping[str, Any] | None) -> Answer:
    """Raises BadOutput."""
    if isinstance(answer, Answer):
        return answer
    if isinstance(answer, Output):
        return Answer(output=answer)
    return Answer(output=NOTHING if answer is None else output.read(answer))


def _word(group: Group, heard: Hearing, form: Mapping[str, Any]) -> tuple[Hearing, Said]:
    """What the answers of a group come to; one that does not fit what it was told is a fault."""
    together = Outcome()
    for each in heard.outputs:
        try:
            together = joined(together, _called(group), said(group.event, each, form))
        except BadOutput as error:
            heard = attrs.evolve(heard, fault=str(error))
    if heard.fault:
        together = joined(together, _called(group), _unheard(group, heard.fault))
    return heard, Said(
        decision=together.decision,
        reason=together.reason,
        input=together.input,
        stop=together.stop,
        context=together.context,
        permissions=together.permissions,
        result=together.result,
    )


def _unheard(group: Group, why: str) -> Said:
    """What it comes to that a hook cannot be heard: nothing, unless nothing may go on without it."""
    if not group.required or group.event not in DECIDING:
        return Said()
    return Said(decision="deny", reason=f"the hook {_called(group)} is required, and {why}")


def _result(heard: Hearing, word: Said) -> Result:
    if heard.fault:
        return "timeout" if heard.timed_out else "failed"
    if word.decision != "none":
        return cast("Result", word.decision)
    return "async" if any(each.is_async for each in heard.outputs) else "ok"


def _called(group: Group) -> str:
    return group.name or "of the program"
