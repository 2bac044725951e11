"""Does what commands say: a part of the actor that receives."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.notify import messages as notify
from actors.session import messages as session
from actors.skills import messages as skills
from actors.telegram import choices, commands, inbox
from actors.telegram.client import Client
from actors.telegram.commands import Command, Standing
from actors.telegram.content import Content
from actors.telegram.inbox import Waiting
from actors.telegram.keeping import Keeping
from actors.telegram.questions import Questions
from actors.telegram.update import Bot, Post, Sender
from actors.vocabulary import Principal
from bus import BusError, Data

CHANNEL: Final = "telegram"
CLOSED: Final = "Closed by /new."
"""What the summary of a conversation says that was ended so."""
TURNS: Final = 100
"""The last turns of a conversation, among which are all that are open."""


@attrs.frozen(kw_only=True)
class Heard(Data):
    """What somebody has said who may speak."""

    row: Waiting
    members: tuple[int, ...]
    """Numbers of the messages that it is made of."""
    post: Post
    sender: Sender
    contents: tuple[Content, ...]
    who: Principal
    bot: Bot

    @property
    def at(self) -> datetime:
        """When it was written."""
        return datetime.fromtimestamp(self.post.at, UTC)


class Doer(ABC):
    """Carries out commands. Each may be carried out again after a crash, to the same end.

    Args:
      keeper: the actor, in whose database updates are kept.
      agent_name: what the agent is called.
    """

    def __init__(self, keeper: Keeping, agent_name: Callable[[], str]) -> None:
        self.bus = keeper.bus
        self._read = keeper.read
        self._write = keeper.write
        self._agent_name = agent_name
        self._questions = Questions(self.bus, self._read, self._write, self._client)

    @abstractmethod
    def _client(self) -> Client | None:
        """By which Telegram is reached; None while it is not."""

    async def _send(self, user: str, recipient: str, key: str, text: str, **answered: str) -> None:
        """Have a chat told something that is no answer of the agent, once."""
        about = {"success": None, "session": None, "source": CHANNEL}
        body = {"title": "", "text": text, **about, **answered}
        push = session.Push(user=user, channel=CHANNEL, recipient=recipient, key=key, body=body)
        await self.bus.ask(push)

    async def _obey(self, heard: Heard, command: Command) -> str:
        """Do it. What the person hears, as Markdown."""
        plain = {
            "new": self._new,
            "stop": self._stop,
            "undo": self._undo,
            "status": self._status,
            "approvals": self._approvals,
        }
        if (do := plain.get(command.name)) is not None:
            return await do(heard)
        match command.name:
            case "model":
                return await self._model(heard, command.rest)
            case "mute":
                return await self._mute(heard, command.rest)
            case "help":
                return commands.help_text(await self._skills(heard.who))
            case _:
                return commands.greeting(self._agent_name(), heard.sender)

    async def _approvals(self, heard: Heard) -> str:
        return await self._questions.list_in(heard.who.user, heard.post.key, heard.row.key)

    async def _current(self, heard: Heard) -> session.Session | None:
        user, key = heard.who.user, heard.post.key
        return await self.bus.ask(session.Current(user=user, channel=CHANNEL, key=key))

    async def _turns(self, heard: Heard, current: session.Session) -> tuple[session.Turn, ...]:
        """The last turns of a conversation, the oldest first."""
        user = heard.who.user
        return await self.bus.ask(session.ListTurns(session=current.id, user=user, limit=TURNS))

    async def _cancel(self, turn: session.Turn, user: str) -> None:
        await self.bus.ask(agent.Cancel(session=turn.session, user=user, turn=turn.id))

    # --- conversations ------------------------------------------------------------------------------------

    async def _new(self, heard: Heard) -> str:
        current = await self._current(heard)
        if current is not None:
            for turn in reversed(
                await self._turns(heard, current)
            ):  # none is begun because another has ended
                if turn.state in {"accepted", "running"}:
                    await self._cancel(turn, heard.who.user)
            await self.bus.ask(session.Close(session=current.id, user=heard.who.user, summary=CLOSED))
        return "Your next message begins a new conversation."

    async def _stop(self, heard: Heard) -> str:
        target = await self._aimed(heard) or await self._aim(heard, await self._next_to_stop(heard))
        if target is None:
            return "I am not at anything right now."
        await self._cancel(target, heard.who.user)
        return "Stopped."

    async def _next_to_stop(self, heard: Heard) -> session.Turn | None:
        """The turn that runs, or else the one that would run next."""
        current = await self._current(heard)
        turns = () if current is None else await self._turns(heard, current)
        running = [turn for turn in turns if turn.state == "running"]
        return next((turn for turn in (*running, *turns) if turn.state in {"running", "accepted"}), None)

    async def _undo(self, heard: Heard) -> str:
        target = await self._aimed(heard) or await self._aim(heard, await self._last_said(heard))
        if target is None:
            return "There is nothing to take back."
        if target.state in {"accepted", "running"}:
            await self._cancel(target, heard.who.user)
        if target.state == "merged":
            return "That is a part of what I am doing already: /stop ends it."
        if target.state in {"done", "failed"}:
            return "That was answered already, and an answer cannot be taken back: /new begins anew."
        return (
            "Stopped: I had begun with it." if target.started_at else "Taken back: I have not looked at it."
        )

    async def _last_said(self, heard: Heard) -> session.Turn | None:
        """The last message of this person here that was not taken back before."""
        current = await self._current(heard)
        turns = () if current is None else await self._turns(heard, current)
        own = (each for each in reversed(turns) if each.source == CHANNEL and each.outcome != "cancelled")
        return next((each for each in own if not each.cancel_requested), None)

    async def _aimed(self, heard: Heard) -> session.Turn | None:
        """The turn that was to be stopped when this command was carried out before."""
        if heard.row.target is None:
            return None
        return await self.bus.ask(session.GetTurn(turn=heard.row.target, user=heard.who.user))

    async def _aim(self, heard: Heard, turn: session.Turn | None) -> session.Turn | None:
        """Remember which turn is to be stopped, before it is."""
        if turn is not None:
            await self._write(inbox.aim, heard.row.n, turn.id)
        return turn

    # --- how things are -----------------------------------------------------------------------------------

    async def _status(self, heard: Heard) -> str:
        current = await self._current(heard)
        turns = () if current is None else await self._turns(heard, current)
        running = next((turn for turn in turns if turn.state == "running"), None)
        undelivered = await self.bus.ask(
            session.ListOutbox(which="undelivered", limit=1000, user=heard.who.user, role="user")
        )
        standing = Standing(
            model=await self._chosen(heard) or await self._usual_model(),
            running_since=None if running is None else running.started_at,
            waiting=sum(turn.state == "accepted" for turn in turns),
            undelivered=sum(each.channel == CHANNEL for each in undelivered),
            begun_at=None if current is None else current.created_at,
            messages=0 if current is None else current.message_count,
        )
        return commands.status(standing, self.bus.clock.now())

    async def _usual_model(self) -> str | None:
        try:
            return (await self.bus.ask(llm.Models())).default
        except BusError:
            return None

    async def _model(self, heard: Heard, wanted: str) -> str:
        catalogue = await self.bus.ask(llm.Models())
        if not wanted:
            return commands.models(catalogue, await self._chosen(heard))
        if wanted.lower() == "default":
            await self._choose(heard, None)
            return f"From your next message on `{catalogue.default}` answers here, as everywhere."
        chosen = commands.model_named(wanted, catalogue)
        if chosen is None:
            return f"There is no one model of that name.\n\n{commands.models(catalogue, None)}"
        await self._choose(heard, chosen)
        return f"From your next message on `{chosen}` answers here."

    async def _chosen(self, heard: Heard) -> str | None:
        """The model that was chosen here; None: nobody has."""
        user, key = heard.who.user, heard.post.key
        if (waiting := await self._read(choices.model, user, key)) is not None:
            return waiting
        last = await self._last(heard)
        return None if last is None else last.model

    async def _choose(self, heard: Heard, model: str | None) -> None:
        """Have the conversation use a model, or the one that begins where there was none yet."""
        user, key, last = heard.who.user, heard.post.key, await self._last(heard)
        if last is not None:
            await self.bus.ask(agent.SelectModel(session=last.id, user=user, model=model, effort=last.effort))
        await self._write(choices.choose_model, user, key, model, is_taken=last is not None)

    async def _last(self, heard: Heard) -> session.Session | None:
        """The conversation, or the one whose model the next one goes on with."""
        user, key = heard.who.user, heard.post.key
        return await self.bus.ask(session.Current(user=user, channel=CHANNEL, key=key, or_last=True))

    async def _mute(self, heard: Heard, words: str) -> str:
        user = heard.who.user
        if words.lower() in {"off", "no"}:
            await self.bus.ask(notify.PutPreferences(muted=False, user=user))
            return "Notifications come again."
        span = commands.span(words)
        if span is None:
            return (
                "Say for how long, such as /mute 30m, /mute 8h or /mute 2d; /mute alone is until /mute off."
            )
        if span == timedelta():
            await self.bus.ask(notify.PutPreferences(muted=True, user=user))
            return "No notifications until /mute off. I still answer what you write."
        until = heard.at + span
        await self.bus.ask(notify.PutPreferences(muted=True, muted_until=until, user=user))
        return f"No notifications until {until:%Y-%m-%d %H:%M} UTC. I still answer what you write."

    async def _skills(self, who: Principal) -> tuple[str, ...]:
        """Names of the skills that somebody may call up; none while nobody can say."""
        try:
            found = await self.bus.ask(skills.ListSkills(user=who.user, role=who.role))
        except BusError:
            return ()
        return tuple(each.name for each in found if each.visible)
