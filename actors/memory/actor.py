"""The actors that keep notes: one for each user, and one for what is the agent's."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import final

import attrs

from actors.context import Section
from actors.memory import context, daily, edits, files, index, messages, revisions
from actors.memory.files import Seen
from actors.memory.keeping import NoteKeeper
from actors.memory.meaning import MeaningfulKeeper
from actors.memory.messages import AdminsOnly, BadName, Origin, TooLarge, UnknownFile, Written
from actors.memory.names import SOUL, Name, checked
from actors.memory.prompt import Prompt
from actors.memory.searchable import Generation
from actors.memory.settings import Settings
from actors.session.messages import ForgetTold
from actors.vocabulary import BadUserId, Role, user_id
from bus import concurrent

AT_ONCE = 64
"""Messages of one kind at once, for one user. They wait for the disk, and for one another where they change a note."""


ROOM_OF_TOOL = 4000
"""Bytes of passages that a model gets to see of one search."""


@final
class AgentNotesActor(NoteKeeper):
    """Keeps the agent's own notes, and their history. That only an admin changes them, who asks here has seen to."""

    def __init__(self, data: Path, generation: Generation) -> None:
        super().__init__(data / "db" / "memory.db", data)
        self._generation = generation

    @messages.ChangeAgents.handler
    @concurrent(AT_ONCE, isolated=True)
    async def change(self, request: messages.ChangeAgents) -> Written:
        asked = request.change
        name = checked(asked.name)
        make = edits.of_change(asked, name, edits.Caps())
        return await self._change(name, make, action=asked.mode, origin=asked.origin, key=asked.key)

    @messages.NoticeAgents.handler
    async def notice(self, command: messages.NoticeAgents) -> None:
        await self._notice(checked(command.name))

    @messages.AgentsHistory.handler
    @concurrent(AT_ONCE, isolated=True)
    async def history(self, request: messages.AgentsHistory) -> tuple[messages.Revision, ...]:
        return await self._history(checked(request.name), request.limit)

    @messages.AgentsRevision.handler
    @concurrent(AT_ONCE, isolated=True)
    async def revision(self, request: messages.AgentsRevision) -> messages.RevisionText:
        return await self._revision(checked(request.name), request.seq)

    @messages.AgentsTrace.handler
    @concurrent(AT_ONCE, isolated=True)
    async def trace(self, request: messages.AgentsTrace) -> messages.Revision:
        return await self._trace(checked(request.name), request.line)

    @messages.RevertAgents.handler
    @concurrent(AT_ONCE, isolated=True)
    async def revert(self, request: messages.RevertAgents) -> Written:
        return await self._revert(checked(request.name), request.seq, request.origin)

    @messages.PurgeAgents.handler
    @concurrent(AT_ONCE, isolated=True)
    async def purge(self, request: messages.PurgeAgents) -> messages.Purged:
        return await self._purge(checked(request.name), request.origin)

    async def _tell(self, name: Name, action: messages.Action) -> None:
        self._generation.number += 1
        await self.bus.publish(messages.MemoryChanged(user="", name=name.text))


@final
class MemoryActor(MeaningfulKeeper):
    """Keeps the notes of one user.

    Args:
      settings: of the memory.
      zone: of the dates that people go by; None is the system's.
      generation: of what is the agent's.
      seed: gives a user the notes that everybody begins with. Raises OSError.
      data: the folder of the agent.
      user: whose notes.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        zone: Callable[[], tzinfo | None],
        generation: Generation,
        seed: Callable[[str], None],
        data: Path,
        user: str,
    ) -> None:
        super().__init__(data, user, lambda: settings().memory, generation)
        self._zone = zone
        self._seed = seed
        self._user = user
        self._prompt = Prompt(self._folder)
        self._snapshots = context.Snapshots()

    async def start(self) -> None:
        """Raises BadName for what cannot be a user."""
        try:
            user_id(self._user)
        except BadUserId as error:
            raise BadName(name=self._user, reason=str(error)) from None
        await super().start()

    async def _open(self) -> None:
        await self._apart(self._seed, self._user)
        await super()._open()

    def _caps(self) -> edits.Caps:
        settings = self._settings()
        return edits.Caps(profile=settings.user_md_limit, memory=settings.memory_md_limit)

    # --- looking --------------------------------------------------------------------------------------------

    @messages.Search.handler
    @concurrent(AT_ONCE, isolated=True)
    async def search(self, request: messages.Search) -> tuple[messages.Found, ...]:
        return await self._search(
            request.query, today=self._here().date(), limit=request.limit, room=request.room
        )

    @messages.MemorySearch.handler
    @concurrent(AT_ONCE, isolated=True)
    async def search_as_tool(self, request: messages.MemorySearch) -> messages.Hits:
        today = self._here().date()
        found = await self._search(request.query, today=today, limit=request.limit, room=ROOM_OF_TOOL)
        return messages.Hits(found=found)

    @messages.Reindex.handler
    @concurrent(AT_ONCE, isolated=True)
    async def reindex(self, request: messages.Reindex) -> messages.Indexed:
        count, passages = await self._reindex()
        return messages.Indexed(status="ok", files=count, chunks=passages, problems=self._problems)

    @messages.ListFiles.handler
    @concurrent(AT_ONCE, isolated=True)
    async def list_files(self, request: messages.ListFiles) -> tuple[messages.Entry, ...]:
        is_admin = request.role == "admin"
        return await self._apart(files.listing, self._folder, self._agents, may_change_agents=is_admin)

    @messages.ReadFile.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read_file(self, request: messages.ReadFile) -> messages.FileText:
        content = await self._content(request.name)
        if content is None:
            raise UnknownFile(name=request.name)
        text = edits.lines(_text(content), request.start_line, request.end_line)
        return messages.FileText(name=request.name, text=text, etag=edits.etag(content))

    @messages.MemoryRead.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read_as_tool(self, request: messages.MemoryRead) -> messages.Note:
        text = _text(await self._content(request.file) or b"")
        return messages.Note(name=request.file, text=edits.lines(text, request.start_line, request.end_line))

    async def _content(self, text: str) -> bytes | None:
        name = checked(text)
        folder = self._folder if name.level == "user" else self._agents
        return await self._apart(folder.read, name)

    @messages.Remember.handler
    @concurrent(AT_ONCE, isolated=True)
    async def remember(self, request: messages.Remember) -> Section:
        """The same through a session, as long as it is true; see :mod:`actors.memory.context`."""
        if (told := self._snapshots.of(request.session)) is not None:
            # A few calls of the system: the way to a thread and back takes longer.
            if self._prompt.is_as_known():
                return told
            self._snapshots.changed()
        version = self._snapshots.version
        told = await self._apart(self._prompt.section, self._prompt_caps())
        self._snapshots.keep(request.session, told, version)
        return told

    def _prompt_caps(self) -> context.Caps:
        settings = self._settings()
        return context.Caps(file=settings.bootstrap_file_cap, total=settings.bootstrap_total_cap)

    async def _known(self, seq: int, name: Name, seen: Seen) -> None:
        await super()._known(seq, name, seen)
        if self._prompt.holds(name):
            await self._apart(self._prompt.wrote, name)

    @messages.EmbedRest.handler
    @concurrent(AT_ONCE, isolated=True)
    async def embed_rest(self, request: messages.EmbedRest) -> bool:
        return await self._embed_rest()

    # --- changing -------------------------------------------------------------------------------------------

    @messages.Change.handler
    @concurrent(AT_ONCE, isolated=True)
    async def change(self, request: messages.Change) -> Written:
        name = checked(request.name)
        if _is_agents(name, request.role):
            return await self.bus.ask(messages.ChangeAgents(change=request))
        make = edits.of_change(request, name, self._caps())
        return await self._change(name, make, action=request.mode, origin=request.origin, key=request.key)

    @messages.WriteFile.handler
    @concurrent(AT_ONCE, isolated=True)
    async def write_file(self, request: messages.WriteFile) -> Written:
        if (request.mode == "replace") != (request.passage is not None):
            raise messages.Contradiction(reason="replace and a passage go together")
        written = await self.change(
            messages.Change(
                user=self._user,
                role=request.role,
                name=request.name,
                mode=request.mode,
                content=request.content,
                passage=request.passage,
                etag=request.etag,
                origin=self._by_person(),
            )
        )
        return attrs.evolve(written, notice=edits.notice(checked(request.name), written.size, self._caps()))

    @messages.ForgetFile.handler
    @concurrent(AT_ONCE, isolated=True)
    async def forget_file(self, request: messages.ForgetFile) -> Written:
        return await self.change(
            messages.Change(
                user=self._user,
                role=request.role,
                name=request.name,
                mode="forget",
                passage=request.passage,
                etag=request.etag,
                origin=self._by_person(),
            )
        )

    @messages.MemoryWrite.handler
    @concurrent(AT_ONCE, isolated=True)
    async def write_as_tool(self, request: messages.MemoryWrite) -> Written:
        if request.append and request.replace is not None:
            raise messages.Contradiction(reason="append and replace exclude each other")
        mode: messages.Mode = (
            "append" if request.append else "whole" if request.replace is None else "replace"
        )
        return await self.change(
            messages.Change(
                user=self._user,
                role=request.role,
                name=request.file,
                mode=mode,
                content=request.content,
                passage=request.replace,
                origin=self._by_tool(request.session, request.turn),
                key=request.call,
            )
        )

    @messages.MemoryForget.handler
    @concurrent(AT_ONCE, isolated=True)
    async def forget_as_tool(self, request: messages.MemoryForget) -> Written:
        return await self.change(
            messages.Change(
                user=self._user,
                role=request.role,
                name=request.file,
                mode="forget",
                passage=request.passage,
                origin=self._by_tool(request.session, request.turn),
                key=request.call,
            )
        )

    @messages.AppendDaily.handler
    @concurrent(AT_ONCE, isolated=True)
    async def append_daily(self, request: messages.AppendDaily) -> Written:
        days = daily.days(request.entries, self._now(), self._zone())
        written: Written | None = None
        for n, day in enumerate(days):
            key = request.key if request.key is None or n == 0 else f"{request.key}+{n}"
            written = await self._log(day, request.origin, key)
        if written is None:
            raise messages.Contradiction(reason="there is nothing to add")
        return written

    async def _log(self, day: daily.Day, origin: Origin, key: str | None) -> Written:
        """Add entries to the first log of their day that has room. Raises TooLarge for what fits into none."""
        rest, names = day, day.names()
        while True:
            name = next(names)
            make = edits.of_entries(rest.text, name, origin, rest.added)
            try:
                return await self._change(name, make, action="append", origin=origin, key=key)
            except TooLarge:
                full = await self._apart(self._as_far_as_it_can_be_read, name)
                if full is None:
                    raise
                rest = rest.without(full)

    def _as_far_as_it_can_be_read(self, name: Name) -> bytes | None:
        try:
            return self._folder.read(name)
        except TooLarge:  # by hand
            return b""

    @messages.MemoryAppendDaily.handler
    @concurrent(AT_ONCE, isolated=True)
    async def append_daily_as_tool(self, request: messages.MemoryAppendDaily) -> Written:
        return await self.append_daily(
            messages.AppendDaily(
                user=self._user,
                entries=(messages.DailyEntry(text=request.text),),
                origin=self._by_tool(request.session, request.turn),
                key=request.call,
            )
        )

    def _here(self) -> datetime:
        """The time that people go by."""
        return self._now().astimezone(self._zone())

    def _by_person(self) -> Origin:
        return Origin(user=self._user, door="http")

    def _by_tool(self, session: str, turn: str) -> Origin:
        return Origin(user=self._user, door="tool", session=session, turn=turn)

    async def _tell(self, name: Name, action: messages.Action) -> None:
        if action != "append" and self._prompt.holds(name):
            self._snapshots.changed()
        await self.bus.publish(messages.MemoryChanged(user=self._user, name=name.text))

    async def _tell_found(self, name: Name) -> None:
        if name.level == "agent":
            await self.bus.tell(messages.NoticeAgents(name=name.text))
        else:
            await self._tell(name, "by hand")

    # --- history --------------------------------------------------------------------------------------------

    @messages.History.handler
    @concurrent(AT_ONCE, isolated=True)
    async def history(self, request: messages.History) -> tuple[messages.Revision, ...]:
        if not request.name:
            await self._look()
            return await self._read(revisions.history, None, request.limit)
        name = checked(request.name)
        if _is_agents(name, request.role):
            return await self.bus.ask(messages.AgentsHistory(name=name.text, limit=request.limit))
        return await self._history(name, request.limit)

    @messages.ReadRevision.handler
    @concurrent(AT_ONCE, isolated=True)
    async def read_revision(self, request: messages.ReadRevision) -> messages.RevisionText:
        name = checked(request.name)
        if _is_agents(name, request.role):
            return await self.bus.ask(messages.AgentsRevision(name=name.text, seq=request.seq))
        return await self._revision(name, request.seq)

    @messages.Trace.handler
    @concurrent(AT_ONCE, isolated=True)
    async def trace(self, request: messages.Trace) -> messages.Revision:
        name = checked(request.name)
        if _is_agents(name, request.role):
            return await self.bus.ask(messages.AgentsTrace(name=name.text, line=request.line))
        return await self._trace(name, request.line)

    @messages.Revert.handler
    @concurrent(AT_ONCE, isolated=True)
    async def revert(self, request: messages.Revert) -> Written:
        name, origin = checked(request.name), self._by_person()
        if _is_agents(name, request.role):
            return await self.bus.ask(messages.RevertAgents(name=name.text, seq=request.seq, origin=origin))
        return await self._revert(name, request.seq, origin)

    @messages.Purge.handler
    @concurrent(AT_ONCE, isolated=True)
    async def purge(self, request: messages.Purge) -> messages.Purged:
        name, origin = checked(request.name), self._by_person()
        if _is_agents(name, request.role):
            purged = await self.bus.ask(messages.PurgeAgents(name=name.text, origin=origin))
            for user in await self._apart(files.users, self._agents.root):
                await self.bus.ask(messages.PurgeFromIndex(user=user, name=name.text))
            return purged
        purged = await self._purge(name, origin)
        await self.bus.ask(ForgetTold(user=self._user, source="Memory"))
        return purged

    @messages.PurgeFromIndex.handler
    @concurrent(AT_ONCE, isolated=True)
    async def purge_from_index(self, request: messages.PurgeFromIndex) -> None:
        await self._look(at_once=True)
        await self._write(index.optimise)
        await self._erase(anew=True)
        if request.name == SOUL:
            await self.bus.ask(ForgetTold(user=self._user, source=SOUL))


def _is_agents(name: Name, role: Role) -> bool:
    """Whether a note is the agent's, which only an admin changes and looks behind. Raises AdminsOnly."""
    if name.level == "agent" and role != "admin":
        raise AdminsOnly(name=name.text)
    return name.level == "agent"


def _text(content: bytes) -> str:
    """What people see of a note; what is not UTF-8 in it costs no more than itself."""
    return content.decode("utf-8", "replace")
