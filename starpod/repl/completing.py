"""What could be meant by what was typed so far: orders, conversations, models, files."""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from starpod.cli.output import one_line, printable
from starpod.repl.lines import ORDERS

MOST: Final = 200
"""Things that are offered at once."""
META: Final = 50
"""Columns of what is said about one of them."""
EFFORTS: Final = ("low", "medium", "high", "default")

Json = dict[str, Any]


@final
class Known:
    """What the agent has told, for what is offered; empty until then."""

    def __init__(self) -> None:
        self.sessions: Sequence[Json] = ()
        self.models: Sequence[str] = ()
        self.skills: Sequence[Json] = ()
        self.files: Callable[[], Iterable[str]] = tuple
        """Names of the files that were handed over."""


@final
class LineCompleter(Completer):
    """Runs in a thread: it may look at the disk, and at nothing that takes longer."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What fits to the text before the cursor."""
        yield from itertools.islice(self._all(document.text_before_cursor), MOST)

    def _all(self, before: str) -> Iterator[Completion]:
        name, blank, given = before.partition(" ")
        if before.startswith("/") and "\n" not in before:
            if not blank:
                yield from self._orders(name[1:])
                return
            yield from self._arguments(name[1:], given)
        word = before.rsplit(maxsplit=1)[-1] if before and not before[-1].isspace() else ""
        if word.startswith("@"):
            yield from _files(word[1:])

    def _orders(self, begun: str) -> Iterator[Completion]:
        offered = [(name, what) for name, (_, what) in ORDERS.items()]
        offered += [(each["name"], each["description"]) for each in self._known.skills]
        for name, what in offered:
            if name.startswith(begun) and name != begun:
                yield _offer(name, begun, meta=what)

    def _arguments(self, name: str, given: str) -> Iterator[Completion]:
        match name:
            case "resume":
                yield from self._conversations(given)
            case "model":
                yield from _words([*self._known.models, "default"], given)
            case "effort":
                yield from _words(EFFORTS, given)
            case "attach":
                yield from _files(given)
            case "save":
                yield from _words(self._known.files(), given)
            case _:
                pass

    def _conversations(self, given: str) -> Iterator[Completion]:
        wanted = given.lower()
        for session in self._known.sessions:
            title = session["title"] or "(untitled)"
            if session["id"].startswith(wanted) or wanted in title.lower():
                id = session["id"][:8]
                yield Completion(
                    id,
                    start_position=-len(given),
                    display=id,
                    display_meta=one_line(title, META),
                )


def _words(words: Iterable[str], given: str) -> Iterator[Completion]:
    for word in words:
        if given.lower() in word.lower() and word != given:
            yield _offer(word, given)


def _offer(text: str, begun: str, *, meta: str = "") -> Completion:
    return Completion(
        text, start_position=-len(begun), display=printable(text), display_meta=one_line(meta, META)
    )


def _files(begun: str) -> Iterator[Completion]:
    """Files and folders that begin so, those that are hidden only where a dot was typed."""
    folder, _, name = begun.rpartition("/")
    start = Path(f"{folder}/" if begun.startswith("/") and not folder else folder or ".").expanduser()
    try:
        with os.scandir(start) as found:
            entries = sorted(
                (entry.name, entry.is_dir())
                for entry in found
                if entry.name.startswith(name) and (name.startswith(".") or not entry.name.startswith("."))
            )
    except OSError:
        return
    for entry, is_folder in entries:
        text = f"{entry}/" if is_folder else entry
        if printable(text) == text and "\n" not in text:
            yield Completion(text, start_position=-len(name), display=text)
