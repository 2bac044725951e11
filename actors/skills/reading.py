"""Which skills there are, and what they say: the part of the actor that changes nothing."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import trio

from actors.context import Expansion, Section
from actors.skills import (
    bundle,
    document,
    edits,
    folder,
    messages,
    names,
    rights,
    showing,
    store,
    texts,
    unseen,
)
from actors.skills.folder import MAIN, Unusable
from actors.skills.library import BUNDLED, SHARED, USERS_KEPT, Card, Library, digest_of, visible
from actors.skills.messages import BadSkill, SkillsFailed, UnknownSkill
from actors.skills.settings import Settings
from actors.skills.store import Latest
from actors.storage import LateKeeper, numbered
from actors.subsystem import Given
from actors.vocabulary import Origin, Role
from bus import run_in_thread

T = TypeVar("T")
Known = Mapping[tuple[str, str], Latest]

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class Reader(LateKeeper):
    """Knows which skills there are, and reads them. What is on the disk counts; it is looked at each time."""

    def __init__(self, given: Given) -> None:
        super().__init__(given.database("skills"), numbered(MIGRATIONS), SkillsFailed)
        self._library = Library(bundle.HOME, given.data / "skills", given.data / "users")
        self._settings = given.settings(Settings)
        self._limiter = trio.CapacityLimiter(1)
        self._told: dict[str, tuple[tuple[Card, ...], Settings, Section]] = {}
        """By user what was told last, and of what: to write it again takes longer than to see that it is the same."""

    async def _apart(self, fn: Callable[..., T], *args: Any) -> T:
        """Work with files in a thread. Raises BadSkill, SkillsFailed."""
        try:
            return await run_in_thread(partial(fn, *args), limiter=self._limiter)
        except Unusable as error:
            raise BadSkill(str(error)) from error
        except OSError as error:
            raise SkillsFailed(f"the disk refuses: {error.strerror}") from error

    # --- which there are ------------------------------------------------------------------------------------

    async def _cards(self, owner: str) -> Mapping[str, Card]:
        """The skills of one owner as they are now."""
        shelf = self._library.shelf(owner)
        try:
            changed = shelf.look()
        except OSError as error:
            raise SkillsFailed(f"the folder of skills cannot be read: {error.strerror}") from error
        if changed:
            await self._apart(shelf.read)
        return shelf.cards

    async def _layers(self, user: str | None) -> list[Mapping[str, Card]]:
        """Those that count for a user, each before those that it goes before; the common ones for None."""
        owners = [SHARED] if user is None else [user, SHARED]
        if self._settings().bundled_skills:
            owners.append(BUNDLED)
        return [await self._cards(owner) for owner in owners]

    async def _visible(self, user: str) -> dict[str, Card]:
        return visible(await self._layers(user), frozenset(self._settings().skills))

    async def _seen(self, name: str, user: str) -> Card:
        """A skill that the agent of a user may use. Raises BadSkill, UnknownSkill."""
        found = (await self._visible(user)).get(edits.checked_name(name))
        if found is None:
            raise UnknownSkill(name=name)
        return found

    async def _card(self, name: str, owner: str | None, user: str, role: Role) -> Card:
        """A skill that somebody may look at. Raises BadSkill, UnknownSkill."""
        if owner is None and role != "admin":
            return await self._seen(name, user)
        edits.checked_name(name)
        for cards in await self._layers(user) if owner is None else await self._of(owner, user, role):
            if name in cards:
                return cards[name]
        raise UnknownSkill(name=name)

    async def _of(self, owner: str, user: str, role: Role) -> list[Mapping[str, Card]]:
        """Where to look for what is said to be an owner's."""
        if owner == SHARED:
            return await self._layers(None)
        return [await self._cards(rights.checked_owner(owner))] if role == "admin" or owner == user else []

    @messages.Skills.handler
    async def section(self, request: messages.Skills) -> Section:
        settings = self._settings()
        cards = await self._visible(request.user)
        told = tuple(card for name, card in cards.items() if name != request.called)
        if (kept := self._told.get(request.user)) is None or kept[:2] != (told, settings):
            if len(self._told) >= USERS_KEPT:
                self._told.clear()
            text = texts.section(told, settings.skills_budget, self_improve=settings.self_improve)
            origins = tuple(Origin(kind="skill", name=each.name) for each in texts.named(told, text))
            kept = (told, settings, Section(text=text, origins=origins))
            self._told[request.user] = kept
        return kept[2]

    @messages.SkillList.handler
    async def tool_list(self, request: messages.SkillList) -> tuple[messages.Listed, ...]:
        known = await self._read(store.latest)
        return tuple(
            messages.Listed(
                name=name,
                description=card.description,
                created_at=showing.created(card, known.get((card.owner, name))),
            )
            for name, card in (await self._visible(request.user)).items()
        )

    @messages.ListSkills.handler
    async def list_skills(self, request: messages.ListSkills) -> tuple[messages.Skill, ...]:
        cards = await self._visible(request.user)
        known = await self._read(store.latest)
        broken = [
            card for layer in await self._layers(request.user) for card in layer.values() if not card.usable
        ]
        shown = [*cards.values(), *(card for card in broken if card.owner == request.user)]
        return tuple(self._skill(card, known, request.user, request.role) for card in shown)

    @messages.ListAllSkills.handler
    async def list_all(self, request: messages.ListAllSkills) -> tuple[messages.Skill, ...]:
        known = await self._read(store.latest)
        layers = await self._layers(None)
        owners = await self._apart(lambda: list(self._library.owners()))
        layers += [await self._cards(owner) for owner in owners]
        seen = visible(layers[:2], frozenset())
        cards = [
            card
            for layer in layers
            for card in layer.values()
            if seen.get(card.name) is card or card.owner != BUNDLED
        ]
        cards.sort(key=lambda card: (card.name, card.owner))
        return tuple(self._skill(card, known, request.user, request.role) for card in cards)

    def _skill(self, card: Card, known: Known, user: str, role: Role) -> messages.Skill:
        return messages.Skill(**self._fields(card, known, user, role))

    def _fields(self, card: Card, known: Known, user: str, role: Role) -> dict[str, Any]:
        latest, wanted = known.get((card.owner, card.name)), self._settings().skills
        return showing.fields(card, latest, user=user, role=role, wanted=wanted)

    # --- reading --------------------------------------------------------------------------------------------

    @messages.GetSkill.handler
    async def get(self, request: messages.GetSkill) -> messages.SkillDetail:
        card = await self._card(request.name, request.owner, request.user, request.role)
        return await self._detail(card, request.user, request.role)

    async def _detail(self, card: Card, user: str, role: Role) -> messages.SkillDetail:
        data, files = await self._apart(_whole, card)
        known = await self._read(store.latest)
        return messages.SkillDetail(
            **self._fields(card, known, user, role),
            body=document.parse_file(data, card.name).body,
            raw_content=document.decoded(data),
            digest=digest_of(data),
            resources=files,
        )

    @messages.ReadResource.handler
    async def read_resource(self, request: messages.ReadResource) -> str:
        card = await self._card(request.name, request.owner, request.user, request.role)
        return await self._text(card, request.path)

    @messages.SkillRead.handler
    async def tool_read(self, request: messages.SkillRead) -> str:
        text = unseen.without(await self._text(await self._seen(request.name, request.user), request.path))
        lines = text.split("\n")
        until = None if request.limit is None else request.offset - 1 + request.limit
        return "\n".join(lines[request.offset - 1 : until])

    async def _text(self, card: Card, path: str) -> str:
        """A text file of a skill. Raises UnknownResource, BadSkill."""
        files = await self._apart(folder.resources, card.folder)
        if path not in {MAIN, *(each.path for each in files)}:
            raise messages.UnknownResource(name=card.name, path=path)
        data = await self._apart(folder.read_file, card.folder, path, messages.LARGEST_TEXT)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadSkill(f"{path} is no text: it has {len(data)} bytes") from None

    @messages.SkillActivate.handler
    async def activate(self, request: messages.SkillActivate) -> str:
        return await self._activated(await self._seen(request.name, request.user))

    async def _activated(self, card: Card) -> str:
        data, files = await self._apart(_whole, card)
        body = document.parse_file(data, card.name).body
        return texts.activation(card.name, body, [each.path for each in files])

    @messages.Expand.handler
    async def expand(self, request: messages.Expand) -> Expansion | None:
        found = texts.called(request.text)
        if found is None or not names.is_name(found[0]):
            return None
        name, given = found
        card = (await self._visible(request.user)).get(name)
        if card is None:
            return None
        return Expansion(name=name, text=texts.expansion(name, given, await self._activated(card)))

    @messages.ListFolders.handler
    async def folders(self, request: messages.ListFolders) -> tuple[messages.Folder, ...]:
        cards = await self._visible(request.user)
        return tuple(messages.Folder(name=name, path=str(card.folder)) for name, card in cards.items())


def _whole(card: Card) -> tuple[bytes, tuple[messages.Resource, ...]]:
    return folder.read_main(card.folder), folder.resources(card.folder)
