"""Deals with what has come, chat by chat: the part of the actor between the inbox and the agent."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, final

import attrs
import trio

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.storage import micros
from actors.telegram import access, choices, commands, content, inbox, pairing, speech
from actors.telegram import update as updates
from actors.telegram.client import Client
from actors.telegram.doing import CHANNEL, Doer, Heard
from actors.telegram.fetching import Fetcher, NotTaken
from actors.telegram.inbox import Waiting
from actors.telegram.keeping import Keeping
from actors.telegram.liveness import Goal
from actors.telegram.messages import TelegramFailed
from actors.telegram.settings import Telegram
from actors.telegram.speech import Spoken
from actors.telegram.update import Bot, Post, Press, Sender
from actors.users import messages as users
from actors.vocabulary import Attachment, Principal
from bus import BusError, Data

AT_ONCE: Final = 64
"""Chats."""
QUIET: Final = 1.0
"""Seconds without another message of an album after which it is complete."""
AGAIN: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between attempts to deal with something while the agent cannot."""
NOBODY: Final = "there is no bot at the moment"
FAULT: Final = "Something here went wrong with your message, and it was set aside."
_LOG: Final = logging.getLogger("starpod.telegram")


@final
@attrs.frozen
class Reached(Data):
    """Who we are now, and how Telegram is reached."""

    goal: Goal
    bot: Bot
    client: Client


class Receiver(Doer):
    """Takes what waits in the inbox to the agent, in order in each chat.

    Args:
      keeper: the actor, whose database has the inbox.
      agent_name: what the agent is called.
      settings: those in force.
      uploads: the folder where files wait until they are stored.
    """

    def __init__(
        self, keeper: Keeping, agent_name: Callable[[], str], settings: Callable[[], Telegram], uploads: Path
    ) -> None:
        super().__init__(keeper, agent_name)
        self.spawn = keeper.spawn
        self._settings = settings
        self._fetcher = Fetcher(self.bus, uploads)
        self._reached: Reached | None = None
        self._busy: set[int] = set()
        """Chats that a task is at."""
        self._news = trio.Event()
        self._fetched: dict[tuple[str, int], Attachment | str] = {}
        """Files of messages that are still being dealt with, or why one was left out, by the message and its number."""
        self._words: dict[tuple[str, int], Spoken] = {}
        """What is said in those of them that are spoken, likewise."""

    def _client(self) -> Client | None:
        return None if self._reached is None else self._reached.client

    async def _deal(self) -> None:
        """Have each chat in which something waits be dealt with, once it is known who we are."""
        while True:
            self._news = trio.Event()
            free = AT_ONCE - len(self._busy)
            if self._reached is not None and free > 0:
                for chat in await self._read(inbox.chats, frozenset(self._busy), free):
                    self._busy.add(chat)
                    self.spawn(self._chat, chat)
            await self._news.wait()

    async def _chat(self, chat: int) -> None:
        """Deal with what waits in a chat."""
        try:
            failures = 0
            while (head := await self._read(inbox.first, chat)) is not None:
                with self.bus.fresh("telegram"), self.bus.baggage(origin=f"telegram:update:{head.update_id}"):
                    is_dealt = await self._dealt(chat, head)
                failures = 0 if is_dealt else failures + 1
                if failures:
                    await trio.sleep(AGAIN[min(failures, len(AGAIN)) - 1])
        except TelegramFailed as error:
            _LOG.warning("what waits in a chat cannot be read: %s", error)
            await trio.sleep(AGAIN[-1])
        finally:
            self._busy.discard(chat)
            self._news.set()

    async def _dealt(self, chat: int, head: Waiting) -> bool:
        """Deal with one message; False where it has to wait for something that cannot be had."""
        try:
            await self._one(chat, head)
        except BusError as error:
            if error.passes:
                _LOG.info("%s waits: %s", head.key, error)
                return False
            _LOG.warning("%s is set aside: %s", head.key, error)
        except Exception:  # noqa: BLE001 - a fault in what only this update has come to
            _LOG.exception("%s is set aside", head.key)
        else:
            return True
        await self._finish((head.n,), head.key)
        return True

    async def _finish(self, members: tuple[int, ...], key: str, turn: str | None = None) -> None:
        await self._write(inbox.finish, members, turn)
        self._fetched = {known: file for known, file in self._fetched.items() if known[0] != key}
        self._words = {known: said for known, said in self._words.items() if known[0] != key}

    # --- one message --------------------------------------------------------------------------------------

    async def _one(self, chat: int, head: Waiting) -> None:
        """Deal with what is next in a chat: a button, a message, or all of an album. Raises BusError."""
        if (press := updates.press(head.body)) is not None:
            await self._pressed(head, press)
            return
        rows = (head, *await self._album(chat, head))
        members, reached = tuple(row.n for row in rows), self._reached
        posts = [post for row in rows if (post := updates.read(row.body))]
        if reached is None:
            raise TelegramFailed(NOBODY)
        await self._follow_group(posts)
        meant = any(access.addressed(post, reached.bot) for post in posts)
        sender = posts[0].sender if posts else None
        if not meant or sender is None:
            await self._finish(members, head.key)
            return
        who = await self._identify(sender)
        if who is None:
            await self._turn_away(head, members, posts[0], sender)
            return
        heard = Heard(
            row=head,
            members=members,
            post=posts[0],
            sender=sender,
            contents=tuple(content.read(post.message, reached.bot) for post in posts),
            who=who,
            bot=reached.bot,
        )
        if (why := await self._heard(heard)) is not None:
            await self._say(heard, why, "refused")
            await self._finish(members, head.key)

    async def _pressed(self, head: Waiting, press: Press) -> None:
        """Do what a button says. Whoever is not known, or writes in the name of a group, can say nothing by one."""
        if self._reached is None:
            raise TelegramFailed(NOBODY)
        sender = press.post.sender
        who = None if sender is None else await self._identify(sender)
        if who is None:
            await self._questions.acknowledge(press, "I do not know you.")
        else:
            await self._questions.press(press, head.key, who.user)
        await self._finish((head.n,), head.key)

    async def _identify(self, sender: Sender) -> Principal | None:
        """For whom an account speaks; None for a stranger."""
        allowed = access.listed(sender, self._settings().allowed_users)
        asked = users.IdentifyTelegram(telegram_id=sender.id, username=sender.username, allowed=allowed)
        try:
            return (await self.bus.ask(asked)).principal
        except users.NotKnown:
            return None

    async def _heard(self, heard: Heard) -> str | None:
        """Deal with a message; why it can never be dealt with. Raises BusError for what is over some time."""
        try:
            await self._hear(heard)
        except BusError as error:
            if error.passes:
                raise
            return f"Your message could not be taken: {commands.plain(str(error))}"
        except Exception:  # noqa: BLE001 - a fault in what only this message has come to
            _LOG.exception("%s is set aside", heard.row.key)
            return FAULT
        return None

    async def _album(self, chat: int, head: Waiting) -> tuple[Waiting, ...]:
        """The other messages of an album, once no more of them come."""
        if head.group_id is None:
            return ()
        others = await self._read(inbox.others, chat, head)
        if head.is_album:
            return others
        while 0 < (wait := self._quiet_in((head, *others))) <= QUIET:
            await trio.sleep(wait)
            others = await self._read(inbox.others, chat, head)
        await self._write(inbox.settle, head.n, [each.n for each in others])
        return others

    def _quiet_in(self, rows: tuple[Waiting, ...]) -> float:
        passed = micros(self.bus.clock.now()) - max(row.at for row in rows)
        return QUIET - passed / 1_000_000

    async def _follow_group(self, posts: list[Post]) -> None:
        """What was chosen in a group stays when it gets another number."""
        for post in posts:
            to = updates.number(post.message.get("migrate_to_chat_id"))
            old = updates.number(post.message.get("migrate_from_chat_id"))
            if to is not None:
                await self._write(choices.move, post.chat, to)
            elif old is not None:
                await self._write(choices.move, old, post.chat)

    async def _turn_away(self, head: Waiting, members: tuple[int, ...], post: Post, sender: Sender) -> None:
        """Tell somebody unknown how to be let in, once an hour in each chat. What they said is not kept."""
        now = micros(self.bus.clock.now())
        if not post.edited and not await self._read(choices.was_said, post.chat, "stranger", now):
            code = None
            if not post.in_group:
                fresh = pairing.code_of(bytes.fromhex(self.bus.ids.token(pairing.LENGTH)))
                code = await self._write(pairing.ask, sender, post.chat, fresh, now)
            text = commands.refusal(self._agent_name(), sender, code, in_group=post.in_group)
            await self._push("", post, f"{head.key}:stranger", text, head.key)
            await self._write(choices.note_said, post.chat, "stranger", now)
        await self._finish(members, head.key)

    # --- from somebody who may speak ----------------------------------------------------------------------

    async def _hear(self, heard: Heard) -> None:
        if heard.post.edited:
            await self._amend(heard)
            return
        if await self._is_late(heard):
            return
        first = heard.contents[0]
        command = None if first.files or first.theirs else commands.parse(first.said, heard.bot)
        if command is not None and command.is_ours:
            await self._say(heard, await self._obey(heard, command), "answer")
            await self._finish(heard.members, heard.row.key)
            return
        if command is not None:
            said = commands.called_up(command, await self._skills(heard.who))
            heard = attrs.evolve(heard, contents=(attrs.evolve(first, said=said), *heard.contents[1:]))
        await self._take(heard)

    async def _amend(self, heard: Heard) -> None:
        """Put other words in place of those of a message that waits. What the agent has begun with stays as it was."""
        turn = await self._read(inbox.turn_of, heard.post.chat, heard.post.message_id)
        text = content.composed(heard.contents)
        # A new caption is not to take the place of what was said.
        speaks = any(file.spoken for each in heard.contents for file in each.files)
        if turn is not None and text and not speaks:
            try:
                await self.bus.ask(agent.Amend(turn=turn, user=heard.who.user, text=text))
            except session.UnknownTurn as error:
                _LOG.info("%s changes nothing: %s", heard.row.key, error)
        await self._finish(heard.members, heard.row.key)

    async def _is_late(self, heard: Heard) -> bool:
        """Whether a message is too old to be taken up; then its sender hears so, once for all that waited."""
        now = self.bus.clock.now()
        if now - heard.at <= timedelta(minutes=self._settings().max_age_minutes):
            return False
        if not await self._read(choices.was_said, heard.post.chat, "late", micros(now)):
            await self._say(heard, commands.too_late(now - heard.at), "late")
            await self._write(choices.note_said, heard.post.chat, "late", micros(now))
        await self._finish(heard.members, heard.row.key)
        return True

    async def _take(self, heard: Heard) -> None:
        """Hand a message to the agent, with its files; say what could not be taken of it."""
        attachments, left_out = await self._files(heard)
        heard, unheard = await self._put_into_words(heard)
        left_out += unheard
        left_out += [f"I cannot read {each.unsupported}." for each in heard.contents if each.unsupported]
        has_words = any(each.said or each.shared for each in heard.contents)
        if (
            left_out
        ):  # before: whoever is killed in between finds the files perhaps, and nobody would be told then
            text = "\n".join(f"- {commands.plain(each)}" for each in left_out)
            await self._say(heard, text.removeprefix("- ") if len(left_out) == 1 else text, "left_out")
        turn = None
        if has_words or attachments:
            try:
                turn = await self._accept(heard, content.composed(heard.contents), attachments)
            except agent.PromptRefused as refused:
                await self._say(heard, commands.plain(str(refused)), "refused")
        await self._finish(heard.members, heard.row.key, turn)

    async def _files(self, heard: Heard) -> tuple[tuple[Attachment, ...], list[str]]:
        """The files of a message, and why one of them is left out."""
        wanted = [file for each in heard.contents for file in each.files]
        for n, file in enumerate(wanted):
            known = (heard.row.key, n)
            if known in self._fetched:
                continue
            reached = self._reached
            if reached is None:
                raise TelegramFailed(NOBODY)
            try:
                self._fetched[known] = await self._fetcher.fetch(reached.client, file, heard.who.user)
            except NotTaken as error:
                self._fetched[known] = str(error)
        found = [self._fetched[heard.row.key, n] for n in range(len(wanted))]
        return (
            tuple(each for each in found if isinstance(each, Attachment)),
            [each for each in found if isinstance(each, str)],
        )

    async def _put_into_words(self, heard: Heard) -> tuple[Heard, list[str]]:
        """A message whose files are here, with what is said in them; and why that is not known of one."""
        contents, unheard = list(heard.contents), list[str]()
        for place, known, voice in self._voices(heard):
            if known not in self._words:
                self._words[known] = await speech.words(self.bus, voice, heard.who.user)
            spoken = self._words[known]
            if spoken.words:
                contents[place] = content.with_words(contents[place], spoken.words)
            elif spoken.why:
                unheard.append(spoken.why)
        return attrs.evolve(heard, contents=tuple(contents)), unheard

    def _voices(self, heard: Heard) -> Iterator[tuple[int, tuple[str, int], Attachment]]:
        """The voice messages in it: of which content, as which file, and where it lies."""
        files = [(place, file) for place, each in enumerate(heard.contents) for file in each.files]
        for n, (place, file) in enumerate(files):
            voice = self._fetched[heard.row.key, n]
            if file.spoken and isinstance(voice, Attachment):
                yield place, (heard.row.key, n), voice

    async def _accept(self, heard: Heard, text: str, attachments: tuple[Attachment, ...]) -> str:
        """Have the agent take a message, once. The turn that it has begun."""
        user, key = heard.who.user, heard.post.key
        chosen = await self._read(choices.model, user, key)
        incoming = session.Incoming(
            text=text,
            user=user,
            role=heard.who.role,
            channel=CHANNEL,
            key=key,
            attachments=attachments,
            source=CHANNEL,
            client_message_id=heard.row.key,
            options=session.TurnOptions(model=chosen),
        )
        try:
            accepted = await self.bus.ask(agent.Accept(incoming=incoming))
            await self._settle(user, key, accepted.session, chosen)
        except llm.ModelNotAllowed:
            if chosen is None:
                raise
        else:
            return accepted.turn
        gone = f"`{chosen}` is not offered any more: the usual model answers here again. See /model."
        await self._say(heard, gone, "model")
        await self._write(choices.choose_model, user, key, None)
        usual = attrs.evolve(incoming, options=session.TurnOptions())
        return (await self.bus.ask(agent.Accept(incoming=usual))).turn

    async def _settle(self, user: str, key: str, conversation: str, chosen: str | None) -> None:
        """What was chosen and no conversation knew of is that of this one."""
        if chosen is None:
            return
        known = await self.bus.ask(session.Get(session=conversation, user=user))
        await self.bus.ask(
            agent.SelectModel(session=conversation, user=user, model=chosen, effort=known.effort)
        )
        await self._write(choices.choose_model, user, key, chosen, is_taken=True)

    # --- answering ----------------------------------------------------------------------------------------

    async def _say(self, heard: Heard, text: str, what: str) -> None:
        """Answer a message ourselves, once."""
        await self._push(heard.who.user, heard.post, f"{heard.row.key}:{what}", text, heard.row.key)

    async def _push(self, user: str, post: Post, key: str, text: str, answered: str) -> None:
        await self._send(user, post.key, key, text, client_message_id=answered)
