"""Agent, session, tools and model behind a gateway, as tests want them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import trio

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tools import messages as tools
from actors.vocabulary import Attachment, Usage
from bus import Actor, Bus, concurrent
from tests.actors.gateway.values import ENDED, STARTED, a_session, a_turn, an_ended_turn


class World:
    """What the fake subsystems know and were asked; tests change it as they go."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.uploads = home.parent / "uploads"
        self.bus: Bus
        self.sessions: dict[str, session.Session] = {"s1": a_session()}
        self.turns: dict[str, session.Turn] = {}
        self.steps: dict[str, tuple[session.StepInfo, ...]] = {}
        self.told: dict[str, tuple[session.ToldText, ...]] = {}
        self.messages: dict[str, list[session.Message]] = {}
        self.events: dict[str, list[agent.TurnEvent]] = {}
        self.running: dict[str, str] = {}
        self.forgotten = 0
        """Events up to this number are no longer kept."""
        self.accepted: list[session.Incoming] = []
        self.selected: list[agent.SelectModel] = []
        self.cancelled: list[str] = []
        self.failure: Exception | None = None
        """Raised by every Accept, Run, Revise and Choose, when set."""
        self.fate: Any = "started"
        self.on_accept: Callable[[agent.Accept, str], Any] | None = None
        self.asked_to_run: list[session.Incoming] = []
        self.revised: list[agent.Revise] = []
        self.chosen: list[agent.Choose] = []
        self.answer = agent.Answer(
            turn="t1", answered_by=an_ended_turn("t1"), text="Hello, Ada", attachments=(), notice=None
        )
        """What every Run is answered with."""
        self.transcriber: str | None = None
        self.heard: list[tuple[llm.Transcribe, bytes]] = []
        """Recordings that were to be put into words."""
        self.stored: list[str] = []
        self.placed: list[tools.PlaceFiles] = []
        self.written: list[tools.WriteText] = []
        self.sent: set[tuple[str, str]] = set()
        """Users, and files that came with an answer to them."""
        self.gate = trio.Event()
        self.gate.set()
        """Accept and Run wait for it."""
        self.followed = 0
        """How often somebody asked to follow a conversation."""
        self.asked: list[Any] = []

    async def happen(
        self, kind: type[agent.TurnEvent], /, turn: str = "t1", conversation: str = "s1", **fields: Any
    ) -> None:
        """Publish the next event of a conversation."""
        events = self.events.setdefault(conversation, [])
        n = events[-1].n + 1 if events else 1
        event = kind(session=conversation, n=n, turn=turn, **fields)
        events.append(event)
        if isinstance(event, agent.TurnStarted):
            self.running[conversation] = turn
        if isinstance(event, agent.TurnEnded | agent.TurnFailed):
            self.running.pop(conversation, None)
        await self.bus.publish(event)

    async def say(self, *texts: str, turn: str = "t1", conversation: str = "s1") -> None:
        """Stream text."""
        for text in texts:
            await self.happen(agent.TextDelta, turn, conversation, text=text)

    async def run(self, *texts: str, turn: str = "t1", conversation: str = "s1") -> None:
        """A whole plain turn."""
        await self.happen(agent.TurnStarted, turn, conversation, text="hello", **STARTED)
        await self.say(*texts, turn=turn, conversation=conversation)
        await self.happen(agent.TurnEnded, turn, conversation, text="".join(texts), **ENDED)


class FakeAgent(Actor):
    def __init__(self, world: World) -> None:
        self.world = world

    async def start(self) -> None:
        self.world.bus = self.bus

    @agent.Accept.handler
    async def accept(self, request: agent.Accept) -> agent.Accepted:
        await self.world.gate.wait()
        if self.world.failure is not None:
            raise self.world.failure
        incoming = request.incoming
        conversation = incoming.session or incoming.key or "s1"
        earlier = [
            number
            for number, before in enumerate(self.world.accepted, 1)
            if incoming.client_message_id and before.client_message_id == incoming.client_message_id
        ]
        if not earlier:
            self.world.accepted.append(incoming)
        turn = f"t{earlier[0] if earlier else len(self.world.accepted)}"
        events = self.world.events.get(conversation)
        after = events[-1].n if events else 0
        if not earlier and self.world.on_accept is not None:
            self.spawn(self.world.on_accept, request, turn)
        fate: Any = self.world.fate
        if earlier and turn in self.world.turns:
            fate = self.world.turns[turn].state
        return agent.Accepted(
            session=conversation, turn=turn, duplicate=bool(earlier), created=False, fate=fate, after=after
        )

    @agent.Revise.handler
    async def revise(self, request: agent.Revise) -> agent.Accepted:
        self.world.revised.append(request)
        if self.world.failure is not None:
            raise self.world.failure
        return agent.Accepted(
            session="s1", turn="t9", duplicate=False, created=False, fate="started", after=0
        )

    @agent.Choose.handler
    async def choose(self, request: agent.Choose) -> session.Chosen:
        self.world.chosen.append(request)
        if self.world.failure is not None:
            raise self.world.failure
        return session.Chosen(session="s1", turn="t2")

    @agent.Run.handler
    @concurrent(64)
    async def run(self, request: agent.Run) -> agent.Answer:
        self.world.asked_to_run.append(request.incoming)
        await self.world.gate.wait()
        if self.world.failure is not None:
            raise self.world.failure
        return self.world.answer

    @agent.Follow.handler
    async def follow(self, request: agent.Follow) -> agent.Backlog:
        if request.session not in self.world.sessions:
            raise session.UnknownSession(session=request.session)
        self.world.followed += 1
        events = self.world.events.get(request.session, [])
        kept = [event for event in events if event.n > max(request.after, self.world.forgotten)]
        return agent.Backlog(
            events=tuple(kept),
            last=events[-1].n if events else 0,
            complete=request.after >= self.world.forgotten,
            running=self.world.running.get(request.session),
        )

    @agent.SelectModel.handler
    async def select_model(self, request: agent.SelectModel) -> session.Session:
        if request.model == "a/gone":
            raise llm.ModelNotAllowed(model=request.model, allowed=())
        self.world.selected.append(request)
        return self.world.sessions[request.session]

    @agent.Cancel.handler
    async def cancel(self, request: agent.Cancel) -> agent.Cancelled:
        self.world.cancelled.append(request.session)
        return agent.Cancelled(turn=self.world.running.get(request.session))


class FakeSession(Actor):
    def __init__(self, world: World) -> None:
        self.world = world

    def _find(self, id: str, user: str | None) -> session.Session:
        found = self.world.sessions.get(id)
        if found is None or user not in {None, found.user}:
            raise session.UnknownSession(session=id)
        return found

    @session.Get.handler
    async def get(self, request: session.Get) -> session.Session:
        return self._find(request.session, request.user)

    @session.List.handler
    async def list(self, request: session.List) -> tuple[session.Session, ...]:
        self.world.asked.append(request)
        return tuple(self.world.sessions.values())

    @session.Messages.handler
    async def messages(self, request: session.Messages) -> tuple[session.Message, ...]:
        self.world.asked.append(request)
        self._find(request.session, request.user)
        after = -1 if request.after is None else request.after
        found = [each for each in self.world.messages.get(request.session, ()) if each.id > after]
        return tuple(found[: request.limit] if request.after is not None else found)

    @session.MarkRead.handler
    async def read(self, request: session.MarkRead) -> session.Marked:
        found = attrs.evolve(self._find(request.session, request.user), is_read=request.is_read)
        self.world.sessions[found.id] = found
        return session.Marked()

    @session.Rename.handler
    async def rename(self, request: session.Rename) -> session.Session:
        if not (title := request.title.strip()):
            raise session.EmptyTitle
        found = attrs.evolve(self._find(request.session, request.user), title=title)
        self.world.sessions[found.id] = found
        await self.bus.publish(session.SessionChanged(session=found.id, user=found.user))
        return found

    @session.Current.handler
    async def current(self, request: session.Current) -> session.Session | None:
        found = (each for each in self.world.sessions.values() if each.key == request.key)
        return next(found, None)

    @session.GetTurn.handler
    async def turn(self, request: session.GetTurn) -> session.Turn:
        found = self.world.turns.get(request.turn, a_turn(request.turn, state="running"))
        if found.user != request.user:
            raise session.UnknownTurn(turn=request.turn)
        return found

    @session.ListTurns.handler
    async def list_turns(self, request: session.ListTurns) -> tuple[session.Turn, ...]:
        self.world.asked.append(request)
        self._find(request.session, request.user)
        turns = self.world.turns
        return tuple(turns[id] for id in turns if request.first in {None, id})

    @session.WasSent.handler
    async def was_sent(self, request: session.WasSent) -> bool:
        return (request.user, request.path) in self.world.sent

    @session.GetSteps.handler
    async def get_steps(self, request: session.GetSteps) -> tuple[session.StepInfo, ...]:
        return self.world.steps.get(request.turn, ())

    @session.GetTold.handler
    async def get_told(self, request: session.GetTold) -> tuple[session.ToldText, ...]:
        return self.world.told.get(request.turn, ())


class FakeTools(Actor):
    def __init__(self, world: World) -> None:
        self.world = world

    @tools.SaveUpload.handler
    async def save(self, request: tools.SaveUpload) -> tuple[Attachment, ...]:
        for sent in request.files:
            if sent.name.endswith(".exe"):
                raise tools.ExtensionNotAllowed(name=sent.name, extension="exe", allowed=("txt",))
        return tuple(
            self._store(self.world.uploads / request.upload / sent.id, sent, request.user)
            for sent in request.files
        )

    def _store(self, source: Path, sent: tools.SentFile, user: str) -> Attachment:
        data = source.read_bytes()
        self.world.stored.append(sent.name)
        folder = self.world.home / "uploads" / user
        folder.mkdir(parents=True, exist_ok=True)
        (folder / sent.name).write_bytes(data)
        return Attachment(
            name=sent.name,
            media_type=sent.declared or "application/octet-stream",
            path=f"uploads/{user}/{sent.name}",
            size=len(data),
        )

    @tools.PlaceFiles.handler
    async def place(self, request: tools.PlaceFiles) -> tuple[tools.Stored, ...]:
        self.world.placed.append(request)
        folder = self.world.uploads / request.upload
        sizes = [(folder / each.id).stat().st_size for each in request.files]
        return tuple(
            tools.Stored(path=f"{request.path}/{each.name}", etag=str(size))
            for each, size in zip(request.files, sizes, strict=True)
        )

    @tools.WriteText.handler
    async def write(self, request: tools.WriteText) -> tools.Stored:
        self.world.written.append(request)
        return tools.Stored(path=request.path, etag="new")

    @tools.Move.handler
    async def move(self, request: tools.Move) -> tools.Stored:
        if request.etag is not None:
            raise tools.FileIsAnother(path=request.path)
        return tools.Stored(path=request.to, etag="new")

    @tools.GetAttachmentRules.handler
    async def rules(self, request: tools.GetAttachmentRules) -> tools.AttachmentRules:
        return tools.AttachmentRules(enabled=True, max_file_size=1000, allowed_extensions=("txt",))

    @tools.ListTree.handler
    async def tree(self, request: tools.ListTree) -> tools.FileTree:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        found = sorted((self.world.home / request.path).rglob("*"))
        entries = tuple(
            tools.TreeEntry(
                path=each.relative_to(self.world.home).as_posix(),
                name=each.relative_to(self.world.home / request.path).as_posix(),
                is_folder=each.is_dir(),
                size=0 if each.is_dir() else each.stat().st_size,
                modified_at=at,
            )
            for each in found
        )
        return tools.FileTree(name=request.path, at=at, entries=entries)

    @tools.Locate.handler
    async def locate(self, request: tools.Locate) -> tools.Located:
        if request.path.startswith("/"):
            raise tools.InvalidPath(path=request.path, reason="it is absolute")
        path = self.world.home / request.path
        others = request.path.startswith("uploads/") and not request.path.startswith(
            f"uploads/{request.user}/"
        )
        if others or not path.is_file():
            raise tools.FileNotFound(path=request.path)
        stat = path.stat()
        types = {".pdf": "application/pdf", ".png": "image/png", ".html": "text/html"}
        return tools.Located(
            path=request.path,
            absolute=str(path),
            size=stat.st_size,
            media_type=types.get(path.suffix, "text/plain"),
            device=stat.st_dev,
            inode=stat.st_ino,
        )


class FakeModels(Actor):
    def __init__(self, world: World) -> None:
        self.world = world

    @llm.Models.handler
    async def models(self, request: llm.Models) -> llm.Catalogue:
        model = llm.ModelInfo(
            spec="offline/offline",
            context_window=None,
            vision=False,
            input_price=None,
            output_price=None,
            effort=True,
        )
        return llm.Catalogue(
            default=model.spec, models=(model,), compaction=model.spec, transcriber=self.world.transcriber
        )

    @llm.Transcribe.handler
    async def transcribe(self, request: llm.Transcribe) -> llm.Transcript:
        self.world.heard.append((request, (self.world.uploads / request.upload / request.path).read_bytes()))
        if self.world.transcriber is None:
            raise llm.NoTranscriber
        return llm.Transcript(text="Buy bread.", usage=Usage())
