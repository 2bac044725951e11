"""The settings actor: owns the files, says what is in force, changes it."""

import errno
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, cast, final

import attrs
import trio

from actors import atomic
from actors.settings import messages, text
from actors.settings.current import Current
from actors.settings.document import Allow, Loaded, Scheme, Source, load
from actors.settings.edit import Unwritable, edited
from actors.settings.listing import Masked, deciding, entries, hidden, masked, unmasked
from actors.settings.problems import ConfigError, Problem, placed
from actors.settings.schema import schema
from actors.users import messages as users
from actors.vocabulary import may
from bus import Data, DeliveryError, NodeHealth, State
from bus.console import Operator, fields_of

_LOG: Final = logging.getLogger(__name__)
LOOK: Final = 1.0
"""Seconds between two looks at the files. What has changed is read once two looks found it the same, so that whoever
writes in several steps is waited for."""
MASKED: Final = "*** stands for a name and a password, which go with no other address: enter them anew"
_NOT_RUNNING: Final = frozenset({State.BACKOFF, State.STOPPED, State.FAILED})


@final
@attrs.frozen(kw_only=True)
class Reader(Data):
    """Who the settings of one class are for."""

    name: str
    """Of the subsystem."""
    kind: type[Any]
    keys: Mapping[str, str]
    """Key in the files of fields whose key is not their name."""
    restart: tuple[str, ...] = ()
    """Children of the tree that start anew to take a change; none where a change is taken at once."""
    fixed: frozenset[str] = frozenset()
    """Keys that count only once the whole agent is started anew."""
    guarded: tuple[str, ...] = ()
    """Keys that only the operator may change; ``*`` stands for a name."""

    def takes(self, key: str) -> messages.Takes:
        if key in self.fixed:
            return "next_start"
        return "restart" if self.restart else "at_once"

    def guards(self, key: str) -> bool:
        return any(fnmatchcase(key, each) for each in self.guarded)


@final
class SettingsActor(Operator):
    """One change at a time: checked as a start would check it, written, put in force, told."""

    def __init__(
        self, sources: tuple[Source, ...], scheme: Scheme, current: Current, readers: tuple[Reader, ...]
    ) -> None:
        """`sources` are the files; the first of them is the one that changes are written to."""
        self._sources = sources
        self._local = sources[0].path
        self._scheme = scheme
        self._current = current
        self._readers = readers
        self._changing = trio.Lock()
        self._seen = self._stamps()
        self._described: tuple[messages.Field, ...] | None = None

    async def start(self) -> None:
        self.spawn(self._catch_up)  # not here: whoever starts us could not start others meanwhile
        self.spawn(self._watch)

    async def _watch(self) -> None:
        """Take what somebody writes into the files while we run."""
        pending = False
        while True:
            await trio.sleep(LOOK)
            if (found := self._stamps()) != self._seen:
                self._seen, pending = found, True
            elif pending:
                pending = False
                await self._catch_up()

    def _stamps(self) -> tuple[object, ...]:
        """What tells the files from what they were. Of a few local files it is known in microseconds."""
        return tuple(_stamp(source.path) for source in self._sources)

    async def _catch_up(self) -> None:
        """Put in force what the files say: the last incarnation may have ended between a change and its effect.

        Files that are wrong by now change nothing, and are no reason to go down.
        """
        async with self._changing:
            try:
                loaded = await trio.to_thread.run_sync(self._load)
            except ConfigError as error:
                _LOG.warning("the settings stay as they were: %s", error)
                self.degraded("the files of settings have mistakes")
            else:
                self.degraded(None)
                await self._put_in_force(loaded.values)

    @messages.Describe.handler
    async def describe_all(self, request: messages.Describe) -> tuple[messages.Field, ...]:
        if self._described is None:
            self._described = await trio.to_thread.run_sync(self._fields)
        return self._described

    @messages.GetState.handler
    async def get_state(self, request: messages.GetState) -> messages.State:
        return await trio.to_thread.run_sync(self._state)

    @messages.Get.handler
    async def get(self, request: messages.Get) -> tuple[messages.Setting, ...]:
        loaded = await trio.to_thread.run_sync(self._loaded_or_none)
        readers = [each for each in self._readers if request.section in {None, each.name}]
        return tuple(setting for reader in readers for setting in self._settings(reader, loaded))

    @messages.Put.handler
    async def put(self, request: messages.Put) -> messages.Saved:
        async with self._changing:
            loaded, old, new = await trio.to_thread.run_sync(partial(self._checked, request))
            before = self._current.all()
            await self._note("settings.changed", request)
            await self._write(new)
            self.degraded(None)
            sections = await self._put_in_force(loaded.values)
            if down := self._down(sections):
                try:
                    await self._write(old)
                finally:
                    await self._put_in_force(before)
                await self._note("settings.restored", request)
                why = "\n".join(down)
                raise messages.Refused(
                    mistakes=(messages.Mistake(key="", text=f"with this it cannot start: {why}"),)
                )
        fixed = frozenset[str]().union(*(reader.fixed for reader in self._readers))
        late = tuple(key for key in request.changes if _within(key, fixed))
        return messages.Saved(sections=sections, next_start=late)

    async def _note(
        self, event: Literal["settings.changed", "settings.restored"], request: messages.Put
    ) -> None:
        """Write down who changes what. Raises NotWritten."""
        note = users.NoteChange(
            event=event,
            what=tuple(_names(request.changes)),
            user=request.user,
            proof=request.proof,
            address=request.address,
        )
        try:
            await self.bus.ask(note)
        except (users.StorageFailed, DeliveryError) as error:
            raise messages.NotWritten(why=f"not even who changes them: {error}") from error

    async def _write(self, content: str | None) -> None:
        """Replace the file of changes; None deletes it. Raises NotWritten."""
        try:
            if content is None:
                await trio.Path(self._local).unlink(missing_ok=True)
            else:
                await trio.to_thread.run_sync(partial(atomic.write, self._local, content, mode=0o600))
        except OSError as error:
            raise messages.NotWritten(why=os.strerror(error.errno or errno.EIO)) from error

    def _down(self, sections: tuple[str, ...]) -> list[str]:
        """What does not run after it was started anew for a change, each with the reason."""
        restarted = {child for each in self._readers if each.name in sections for child in each.restart}
        return [
            f"{node.name}: {node.health.why or node.health.state.value}"
            for node in _nodes(self.console.health())
            if node.name in restarted and node.health.state in _NOT_RUNNING
        ]

    async def _put_in_force(self, values: Mapping[type, object]) -> tuple[str, ...]:
        """The names of those who have other settings now. Each has taken them, or is about to."""
        changed = self._current.replace(values)
        readers = [reader for reader in self._readers if reader.kind in changed]
        for child in (child for reader in readers for child in reader.restart):
            await self.console.restart(child)
        sections = tuple(reader.name for reader in readers)
        if sections:
            await self.bus.publish(messages.SettingsChanged(sections=sections))
        self._current.taken()
        return sections

    # --- in a thread --------------------------------------------------------------------------------------

    def _load(self, texts: Mapping[Path, str] | None = None, allow: Allow | None = None) -> Loaded:
        return load(self._sources, self._scheme, texts, allow=allow)

    def _loaded_or_none(self) -> Loaded | None:
        try:
            return self._load()
        except ConfigError:
            return None

    def _checked(self, request: messages.Put) -> tuple[Loaded, str | None, str]:
        """What the files come to with the changes, old and new content of the one to write.

        Raises Refused, Guarded or Overtaken.
        """
        self._refuse_overtaken(request.was)
        changes = self._unmasked(request.changes)
        allow = None if may(request.proof, "guarded") else self._refuse_guarded
        try:
            old = text.read(self._local) if self._local.exists() else None
            content = edited(old or "", changes)
            loaded = self._load({self._local: content}, allow)
        except Unwritable as error:
            raise messages.Refused(mistakes=(messages.Mistake(key="", text=str(error)),)) from error
        except ConfigError as error:
            mistakes = tuple(self._mistake(each, changes) for each in error.problems)
            raise messages.Refused(mistakes=mistakes) from error
        except (OSError, ValueError) as error:
            why = f"{self._local.name} cannot be read: {error}"
            raise messages.Refused(mistakes=(messages.Mistake(key="", text=why),)) from error
        if strange := tuple(self._strange(loaded, changes)):
            raise messages.Refused(mistakes=strange)
        return loaded, old, content

    def _unmasked(self, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The changes, with what nobody is shown in the place of its mask. Raises Refused for a mask that was moved."""
        loaded = self._loaded_or_none()
        values = loaded.values if loaded else self._current.all()
        known = [
            (key, value)
            for reader in self._readers
            for key, value, _, _ in entries(values[reader.kind], reader.keys)
        ]
        found, mistakes = dict[str, Any](), list[messages.Mistake]()
        for changed, value in changes.items():
            try:
                found[changed] = unmasked(value, hidden(old for key, old in known if _within(key, [changed])))
            except Masked:
                mistakes.append(messages.Mistake(key=changed, text=MASKED))
        if mistakes:
            raise messages.Refused(mistakes=tuple(mistakes))
        return found

    def _refuse_overtaken(self, was: Mapping[str, Any]) -> None:
        """Raises Overtaken for what by the files is not what it was."""
        loaded = self._loaded_or_none() if was else None
        now = self._values(loaded.values if loaded else self._current.all())
        if keys := tuple(key for key, value in was.items() if key in now and now[key] != value):
            raise messages.Overtaken(keys=keys)

    def _values(self, values: Mapping[type, Any]) -> dict[str, Any]:
        """By key, as clients see them."""
        return {
            key: masked(value)
            for reader in self._readers
            for key, value, _, _ in entries(values[reader.kind], reader.keys)
        }

    def _fields(self) -> tuple[messages.Field, ...]:
        return tuple(
            attrs.evolve(
                field, section=reader.name, takes=reader.takes(field.key), guarded=reader.guards(field.key)
            )
            for reader in self._readers
            for field in schema(reader.kind, reader.keys, fields_of)
        )

    def _state(self) -> messages.State:
        values, before = self._values(self._current.all()), self._values(self._current.at_start())
        try:
            loaded, mistakes = self._load(), tuple[messages.Mistake, ...]()
        except ConfigError as error:
            loaded, mistakes = None, tuple(map(_found, error.problems))
        fixed = frozenset[str]().union(*(reader.fixed for reader in self._readers))
        files = {key: deciding(loaded.files, key) for key in values} if loaded else {}
        return messages.State(
            values=values,
            files={key: file for key, file in files.items() if file is not None},
            waiting=tuple(key for key in values if key in fixed and values[key] != before.get(key)),
            mistakes=mistakes,
            ignored=tuple(map(_found, loaded.warnings)) if loaded else (),
        )

    def _refuse_guarded(self, values: Mapping[type, Any]) -> None:
        """Raises Guarded with the keys that are the operator's to change and are not what the files say now.

        Values are compared, and not what was asked for: there are many ways to ask for the same.
        """
        before = self._loaded_or_none()
        old = self._guarded_values(before.values if before else self._current.all())
        new = self._guarded_values(values)
        if guarded := sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)):
            raise messages.Guarded(keys=tuple(guarded))

    def _guarded_values(self, values: Mapping[type, Any]) -> dict[str, Any]:
        """Those that are not what they are by default."""
        return {
            key: value
            for reader in self._readers
            if reader.guarded
            for key, value, default, _ in entries(values[reader.kind], reader.keys)
            if value != default and reader.guards(key)
        }

    def _strange(self, loaded: Loaded, changes: Mapping[str, Any]) -> Iterable[messages.Mistake]:
        """What of `changes` would be ignored, with a warning, by the next start."""
        given = [key for key, value in changes.items() if value is not None]
        for warning in loaded.warnings:
            if warning.file == self._local and any(_within(warning.key, [key]) for key in given):
                yield self._mistake(warning, changes)

    def _mistake(self, problem: Problem, changes: Iterable[str]) -> messages.Mistake:
        """A problem of the files; one that is not of the change itself says in which file it is."""
        words, key = _words(problem), problem.key
        if not key:  # what is wrong between fields is found without regard to where they stand
            key, rest = placed(words)
            if key and _within(key, changes):
                return messages.Mistake(key=key, text=rest)
        where = "" if problem.file == self._local else f"{problem.file.name}: "
        return messages.Mistake(key=problem.key, text=f"{where}{words}")

    def _settings(self, reader: Reader, loaded: Loaded | None) -> Iterator[messages.Setting]:
        for key, value, default, expected in entries(self._current.of(reader.kind), reader.keys):
            yield messages.Setting(
                key=key,
                section=reader.name,
                value=masked(value),
                default=masked(default),
                expected=expected,
                file=deciding(loaded.files, key) if loaded else None,
                takes=reader.takes(key),
            )


def _words(problem: Problem) -> str:
    """What is wrong, without where."""
    found = "" if problem.found is None else f", found {masked(problem.found)}"
    hint = "" if problem.nearest is None else f" (did you mean {problem.nearest}?)"
    wrong = problem.expected.removeprefix("ignored, ").removesuffix(", ignored")  # or it is refused
    return f"{wrong}{found}{hint}"


def _found(problem: Problem) -> messages.Mistake:
    """A problem of the files as they are, with its place in them."""
    place = problem.file.name if problem.line is None else f"{problem.file.name}, line {problem.line}"
    return messages.Mistake(key=problem.key, text=f"{place}: {_words(problem)}")


def _stamp(path: Path) -> object:
    """Size, time and place of a file; None for one that cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _names(changes: Mapping[str, Any]) -> Iterator[str]:
    """Every key that is changed, however it was asked for."""
    for key, value in changes.items():
        if isinstance(value, Mapping) and value:
            yield from (f"{key}.{below}" for below in _names(cast("Mapping[str, Any]", value)))
        else:
            yield key


def _nodes(node: NodeHealth) -> Iterator[NodeHealth]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _within(key: str, above: Iterable[str]) -> bool:
    """Whether one of the keys is `key`, holds it or is held by it."""
    return any(f"{key}.".startswith(f"{each}.") or f"{each}.".startswith(f"{key}.") for each in above)
