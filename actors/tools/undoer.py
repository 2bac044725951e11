"""Putting back what turns have changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, final

import attrs

from actors.session import messages as session
from actors.storage import micros
from actors.tools import contents, looking, messages, restoring, store, undoing
from actors.tools.contents import Content
from actors.tools.keeping import KeepingActor
from actors.tools.paths import GoOn, Home
from actors.tools.states import Change, Look, State
from actors.tools.undoing import Before, Refusal, Step
from bus import Data, concurrent, crash_point

SHOWN: Final = 1000
"""Files that an answer names."""
SAID: Final = 200
"""Characters of a message."""
BATCH: Final = 50
"""Files that are put back at once."""
OPEN: Final = ("accepted", "running")


@final
@attrs.frozen(kw_only=True)
class _Case(Data):
    """What is to be undone."""

    turns: tuple[str, ...]
    """The turn and those of its subagents."""
    ended: int
    """Nanoseconds since 1970."""
    beyond: tuple[str, ...] = ()


@final
@attrs.frozen(kw_only=True)
class _Found(Data):
    """What is known and there."""

    changes: Mapping[str, Sequence[Change]]
    known: Mapping[str, frozenset[State]]
    before: Before | None
    others: Mapping[str, str]
    now: Mapping[str, tuple[State, Look | None]]
    notes: tuple[str, ...]


class UndoingActor(KeepingActor):
    """Puts back what turns have changed."""

    @messages.Undo.handler
    @concurrent(16, isolated=True)
    async def undo(self, request: messages.Undo) -> messages.Undone:
        async with self._keeping:
            case = await self._case(request.turn, request.user)
            home = self._home.of(request.user)
            found = await self._found(case, home)
            decided = [
                undoing.decide(
                    path,
                    *found.now[path],
                    found.changes.get(path, ()),
                    found.before,
                    known=found.known.get(path, frozenset()),
                    other=found.others.get(path),
                    force=request.force,
                )
                for path in found.now
            ]
            steps = undoing.ordered([each for each in decided if isinstance(each, Step)])
            refused = [each for each in decided if isinstance(each, Refusal)]
            undo = None
            if not request.dry_run:
                undo, failed = await self._put_back(request, home, steps, found.now)
                refused += failed
            lost = {each.path for each in refused}
            done = [step for step in steps if step.path not in lost]
            return _answer(request.turn, undo, done, refused, (*case.beyond, *found.notes))

    @messages.ListUndoable.handler
    @concurrent(4)
    async def list_undoable(self, request: messages.ListUndoable) -> tuple[messages.Undoable, ...]:
        asked = session.ListTurns(session=request.session, user=request.user, limit=request.limit)
        return tuple(
            [
                await self._undoable(turn)
                for turn in reversed(await self.bus.ask(asked))
                if turn.merged_into is None
            ]
        )

    async def _undoable(self, turn: session.Turn) -> messages.Undoable:
        turns = await self._with_subagents(turn.id, turn.user)
        changes = await self._read(store.changes_of, turns)
        return messages.Undoable(
            turn=turn.id,
            said=turn.text[:SAID],
            at=turn.accepted_at,
            is_over=turn.state not in OPEN,
            files=len({change.path for change in changes}),
            commands=bool(await self._read(store.snapshots_of, turns)),
            undone=await self._read(store.last_undo, turn.id, turn.user),
        )

    # --- what there is to know ----------------------------------------------------------------------------

    async def _case(self, turn: str, user: str) -> _Case:
        """Raises session.UnknownTurn, also for one of another user; TurnIsRunning."""
        if await self._read(store.undo_of, turn, user):
            return _Case(turns=(turn,), ended=0)
        found = await self.bus.ask(session.GetTurn(turn=turn, user=user))
        if found.merged_into is not None:
            return await self._case(found.merged_into, user)
        if found.state in OPEN:
            raise messages.TurnIsRunning(turn=turn)
        turns = await self._with_subagents(turn, user)
        steps = [
            step for each in turns for step in await self.bus.ask(session.GetSteps(turn=each, user=user))
        ]
        beyond = tuple(undoing.beyond(steps))
        return _Case(turns=turns, ended=_nanos(found.finished_at), beyond=beyond)

    async def _with_subagents(self, turn: str, user: str) -> tuple[str, ...]:
        found: list[str] = []
        todo = [turn]
        while todo:
            each = todo.pop()
            found.append(each)
            todo += [one.turn for one in await self.bus.ask(session.Subagents(turn=each, user=user))]
        return tuple(found)

    async def _found(self, case: _Case, home: Home) -> _Found:
        family = await self._read(store.family, case.turns)
        changes = await self._read(store.changes_of, case.turns)
        own = changes if family == {*case.turns} else await self._read(store.changes_of, family)
        known = {
            path: frozenset(state for each in some for state in (each.before, each.after))
            for path, some in undoing.grouped(own).items()
        }
        before, looks, notes = await self._before(case, home)
        paths = {change.path for change in changes}
        if before is not None:
            paths |= undoing.suspects(before, looks)
        paths = {path for path in paths if home.shows(tuple(path.split("/")))}
        first = min([change.id for change in changes] + ([] if before is None else [before.place]), default=0)
        others = await self._read(store.others, sorted(paths), sorted(family), first)
        now = await self._run(partial(looking.now, home, sorted(paths)), ".")
        return _Found(
            changes=undoing.grouped(changes), known=known, before=before, others=others, now=now, notes=notes
        )

    async def _before(
        self, case: _Case, home: Home
    ) -> tuple[Before | None, Mapping[str, Look], tuple[str, ...]]:
        """All of home before the first command, and how it looks now."""
        snapshots = await self._read(store.snapshots_of, case.turns)
        if not snapshots:
            return None, {}, ()
        first = snapshots[0]
        manifest = await self._read(store.manifest, first.id)
        rules = self._settings().checkpoints
        look = partial(looking.survey, home, rules.skip_folders, rules.max_files)
        seen = await self._run(look, ".")
        others = await self._read(store.overlapping, case.turns, first.at, case.ended // 1000)
        before = Before(
            manifest=manifest, place=first.place, ended=case.ended, partial=first.partial or seen.partial
        )
        notes = [undoing.OVERLAPPED] if others else []
        unkept = undoing.unkept(manifest, rules.max_files if first.partial else None)
        notes += [f"{undoing.NOT_KEPT_BEFORE} {sentence}" for sentence in unkept]
        return before, seen.found, tuple(notes)

    # --- putting back -------------------------------------------------------------------------------------

    async def _put_back(
        self,
        request: messages.Undo,
        home: Home,
        steps: Sequence[Step],
        now: Mapping[str, tuple[State, Look | None]],
    ) -> tuple[str | None, list[Refusal]]:
        """Note what is there, and make of it what was there before. The id of the undo, and what could not be done.

        Where nothing is to be done, that is the one which did it, if one did.
        """
        if not steps and await self._read(store.begun_undo, request.turn, request.user) is None:
            return await self._read(store.last_undo, request.turn, request.user), []
        new = f"undo-{self.bus.ids.uuid()}"
        undo = await self._write(store.begin_undo, new, request.turn, request.user, self._now())
        failed: list[Refusal] = []
        for first in range(0, len(steps), BATCH):
            some = steps[first : first + BATCH]
            noted = await self._run(partial(self._about_to, home, some), ".")
            await self._write(store.note_all, undo, noted, self._now())
            for step in some:
                digest = step.target.digest
                data = None if digest is None else await self._read(contents.data, digest)
                work = partial(self._restore, home, step, now[step.path][1], data, undo)
                try:
                    await self._run(work, step.path)
                except messages.FileError as error:
                    failed.append(Refusal(path=step.path, why=str(error)))
                crash_point("undo", "one_put_back")
        await self._write(store.end_undo, undo)
        return undo, failed

    def _about_to(
        self, home: Home, steps: Iterable[Step], go_on: GoOn
    ) -> list[tuple[Change, Content | None]]:
        """What is there, kept, with what is going to be."""
        keep = self._keep(home, go_on)
        return [
            (Change(path=step.path, before=state, after=step.target), content)
            for step in steps
            for state, content in (keep.at(step.path),)
        ]

    def _restore(
        self, home: Home, step: Step, look: Look | None, data: bytes | None, key: str, go_on: GoOn
    ) -> None:
        if data is None and step.target.kind == "file" and step.target.digest is not None:
            with self._contents.open(step.target.digest) as file:
                restoring.restore(home, step, look, file, key, go_on)
        else:
            restoring.restore(home, step, look, data, key, go_on)


def _nanos(at: datetime | None) -> int:
    return 0 if at is None else micros(at) * 1000


def _answer(
    turn: str, undo: str | None, done: Iterable[Step], refused: Iterable[Refusal], beyond: tuple[str, ...]
) -> messages.Undone:
    files = sorted(
        (
            messages.PutBack(path=step.path, done="deleted" if step.target.kind == "absent" else "restored")
            for step in done
        ),
        key=lambda each: each.path,
    )
    kept = sorted(
        (messages.NotPutBack(path=each.path, why=each.why, forcible=each.forcible) for each in refused),
        key=lambda each: each.path,
    )
    return messages.Undone(
        turn=turn,
        undo=undo,
        files=tuple(files[:SHOWN]),
        refused=tuple(kept[:SHOWN]),
        total=len(files) + len(kept),
        beyond=beyond,
    )
