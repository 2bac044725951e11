"""Which skills there are: those that come along, the shared ones, and those of each user; what is read is kept.

Each turn asks which there are, so a look that finds nothing changed reads no file: it compares times and sizes.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, final

import attrs

from actors.skills import folder, names, unseen
from actors.skills.bundle import document_of
from actors.skills.document import Document, parse_file
from actors.skills.folder import Stamp, Unusable
from actors.skills.names import SOURCE
from actors.storage import moment
from actors.vocabulary import RESERVED, user_id
from bus import Data

BUNDLED: Final = "\0"
"""Stands for the owner of what comes with Starpod."""
SHARED: Final = ""
USERS_KEPT: Final = 64
"""Users whose skills are remembered."""


@final
@attrs.frozen(kw_only=True)
class Card(Data):
    """A skill without its instructions."""

    name: str
    owner: str
    """A user, SHARED or BUNDLED."""
    folder: Path
    document: Document
    """Without its body."""
    main: str
    """SHA-256 of its ``SKILL.md``."""
    changed_at: datetime
    is_source: bool
    usable: bool
    """False for one that is only shown, with what is wrong with it."""

    @property
    def description(self) -> str:
        return self.document.description


@final
class Shelf:
    """The skills of one owner. :meth:`look` takes microseconds, :meth:`read` opens files."""

    def __init__(self, root: Path, owner: str) -> None:
        self.root = root
        self.owner = owner
        self.cards: Mapping[str, Card] = {}
        self._known: dict[str, Stamp] = {}
        self._seen: dict[str, Stamp] = {}
        self._sources_known: int | None = None
        self._sources_seen: int | None = None

    def look(self) -> bool:
        """Whether anything was changed since it was read. Raises OSError."""
        self._seen = folder.stamps(self.root)
        self._sources_seen = self._source_time() if self.owner == SHARED else None
        return self._seen != self._known or self._sources_seen != self._sources_known

    def read(self) -> None:
        """Read what the last look found changed."""
        seen, sources_seen = self._seen, self._sources_seen
        sources = sources_in(self.root) if self.owner == SHARED else frozenset[str]()
        cards = dict(self.cards)
        self.cards = {
            name: attrs.evolve(cards[name], is_source=name in sources)
            if name in cards and self._known.get(name) == stamp
            else self._card(name, stamp, is_source=name in sources)
            for name, stamp in seen.items()
        }
        self._known, self._sources_known = seen, sources_seen

    def _card(self, name: str, stamp: Stamp, *, is_source: bool) -> Card:
        document, main, usable = Document(description="", body=""), "", False
        try:
            if stamp.fault is not None:
                raise Unusable(stamp.fault)
            data = folder.read_main(self.root / name)
            main = digest_of(data)
            document = _on_card(
                document_of(data, name, main) if self.owner == BUNDLED else parse_file(data, name)
            )
            names.checked(name)
            usable = True
        except (Unusable, ValueError) as error:
            document = attrs.evolve(document, problems=(str(error), *document.problems))
        return Card(
            name=name,
            owner=self.owner,
            folder=self.root / name,
            document=document,
            main=main,
            changed_at=moment(stamp.mtime // 1000),
            is_source=is_source,
            usable=usable,
        )

    def _source_time(self) -> int | None:
        try:
            return (self.root / SOURCE).stat().st_mtime_ns
        except OSError:
            return None


def _on_card(document: Document) -> Document:
    """Without its body, and without what the model would read and no person sees."""
    codes = unseen.codes(f"{document.description}\n{document.body}")
    problem = f"characters that nobody sees, or that turn text around, are kept from the model: {codes}"
    return attrs.evolve(
        document,
        description=unseen.without(document.description),
        body="",
        problems=(*document.problems, problem) if codes else document.problems,
    )


def sources_in(root: Path) -> frozenset[str]:
    """Names of the skills that come from the blueprint."""
    try:
        return frozenset((root / SOURCE).read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def digest_of(data: bytes) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


@final
class Library:
    """All shelves.

    Args:
      bundled: folder of what comes with Starpod.
      shared: folder of what everybody's agent sees.
      users: folder with one of each user, in which theirs lie in ``skills/``.
    """

    def __init__(self, bundled: Path, shared: Path, users: Path) -> None:
        self._fixed = {SHARED: Shelf(shared, SHARED), BUNDLED: Shelf(bundled, BUNDLED)}
        self._users = users
        self._own: OrderedDict[str, Shelf] = OrderedDict()

    def shelf(self, owner: str) -> Shelf:
        """Where the skills of an owner lie, who need not have any. Raises BadUserId."""
        if owner in self._fixed:
            return self._fixed[owner]
        if owner not in RESERVED:
            user_id(owner)
        shelf = self._own.setdefault(owner, Shelf(self._users / owner / "skills", owner))
        self._own.move_to_end(owner)
        if len(self._own) > USERS_KEPT:
            self._own.popitem(last=False)
        return shelf

    def owners(self) -> list[str]:
        """The users who have a folder for skills."""
        return sorted(at.parent.name for at in self._users.glob("*/skills") if at.is_dir())

    def clear(self) -> None:
        """Throw away what was being made or thrown away when the process ended."""
        folder.clear(self._fixed[SHARED].root)
        for owner in self.owners():
            folder.clear(self.shelf(owner).root)


def visible(layers: Sequence[Mapping[str, Card]], wanted: frozenset[str]) -> dict[str, Card]:
    """By name the skills that an agent sees.

    Args:
      layers: each before those that it goes before.
      wanted: names of the only ones; all when it is empty.
    """
    found: dict[str, Card] = {}
    for cards in layers:
        for name, card in cards.items():
            if card.usable and (not wanted or name in wanted):
                found.setdefault(name, card)
    return dict(sorted(found.items()))
