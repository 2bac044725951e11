"""A conversation as it is told at a terminal: what stays on it, and what is still being written. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Protocol, final

from actors.visible import visible
from starpod.cli.figures import cost_of, preview, rest_of, size_of, tokens_of
from starpod.cli.output import Colour, cut, one_line, paint, printable
from starpod.repl.blocks import settled

Json = dict[str, Any]

DIFF_LINES: Final = 12
"""Of a change of a file."""
OUTPUT_LINES: Final = 4
"""Of a command that runs."""
RESULT_LINES: Final = 3
"""Of what a tool answers."""
PROMPT: Final = "❯ "
INDENT: Final = "  "
_BECAME: Final = {
    "followup": "joins the running turn at its next step",
    "queued": "waits for its turn",
}
_OF_A_TURN: Final = frozenset({"completion_start", "text_delta", "tool_use"})
_ENDED: Final = {"cancelled": "stopped"}


class Paper(Protocol):
    """Where it is told."""

    @property
    def columns(self) -> int:
        """Of the terminal, now."""
        ...

    def write(self, line: str) -> None:
        """Add a line that stays; it holds nothing that a terminal would obey but colours."""

    def draw(self, markdown: str) -> list[str]:
        """The lines of a Markdown text."""
        ...


@final
class Teller:
    """Tells the events of one conversation."""

    def __init__(self, paper: Paper, place: Callable[[str], str | None]) -> None:
        """`place` says where a file of the agent's home is on this machine; None where it is out of reach."""
        self._paper = paper
        self._place = place
        self.turn: str | None = None
        """The turn that runs."""
        self.since: str | None = None
        """When it was begun."""
        self.doing = ""
        """What it does now."""
        self.files: list[Json] = []
        """Those that the agent has handed over here, the latest last."""
        self.said: set[str] = set()
        """Ids of the messages that were typed here, and are on the paper already."""
        self._tail = ""
        """What the model writes, from its last block on."""
        self._whole = ""
        """All of what the running completion has said."""
        self._iteration = 0
        self._output: list[str] = []
        """Last lines of the command that runs."""

    @property
    def live(self) -> str:
        """Markdown that is still being written."""
        return self._tail

    @property
    def output(self) -> list[str]:
        """What the command that runs has printed of late."""
        return self._output[-OUTPUT_LINES:]

    # --- lines ------------------------------------------------------------------------------------------

    def aside(self, text: str, colour: Colour = "dim") -> None:
        """A line about the conversation, cut at the edge."""
        room = max(self._paper.columns - len(INDENT) - 1, 8)
        self._paper.write(f"{INDENT}{paint(one_line(text, room), colour)}")

    def lines(self, texts: Iterable[str], colour: Colour | None = None) -> None:
        """Whole lines, none of them cut."""
        for text in texts:
            shown = printable(text)
            self._paper.write(f"{INDENT}{shown if colour is None else paint(shown, colour)}")

    def person(self, text: str, by: str = "") -> None:
        """What a person has said."""
        self._paper.write("")
        first, *rest = printable(text).split("\n")
        for at, line in enumerate([first, *rest]):
            head = paint(PROMPT, "cyan") if at == 0 else INDENT
            self._paper.write(f"{head}{paint(line, 'bold') if line else ''}")
        if by:
            self.aside(by)

    def model(self, text: str) -> None:
        """A part of an answer."""
        lines = self._paper.draw(text)
        if lines:
            self._paper.write("")
        for line in lines:
            self._paper.write(line)

    # --- events -----------------------------------------------------------------------------------------

    def show(self, event: Json) -> None:  # noqa: C901, PLR0912 - a table of what there is
        """Tell what has happened. What is unknown is left out."""
        if event["type"] in _OF_A_TURN and self.turn is None:
            self.turn = event["turn_id"]  # its start was told before we listened
        match event["type"]:
            case "stream_start":
                self._start(event)
            case "completion_start":
                self._begin(event["iteration"])
            case "thinking_delta":
                self.doing = "thinks"
            case "text_delta":
                self._add(event["text"])
            case "tool_use":
                self._use(event)
            case "tool_output":
                self._printed(event["text"])
            case "tool_result":
                self._result(event)
            case "approval_given":
                verdict, colour = _verdict(event["allowed"])
                self.aside(f"{verdict} by {event['by']}", colour)
            case "attachment":
                self._handed(event)
            case "followup":
                self._followed(event)
            case "notice":
                self.settle()
                self.aside(event["text"], "yellow")
            case "path":
                self.aside("another version of a message was chosen elsewhere: /resume shows it", "yellow")
            case "notification":
                self._notified(event)
            case "stream_end":
                self._end(event)
            case _:
                pass

    def accepted(self, event: Json) -> None:
        """What is to become of a message that was typed here."""
        if not event["duplicate"] and (text := _BECAME.get(event["fate"])):
            self.aside(f"↳ {text}")

    def answered(self, rows: Iterable[Json], figures: Json) -> None:
        """Tell a turn that ended while nobody listened, from what is stored of it; a part may be on the paper."""
        spoken = [row["content"] for row in rows if row["role"] == "assistant"]
        last = spoken[-1] if spoken else ""
        rest = rest_of(last, self._whole)
        if self._whole and rest is None:
            self.settle()
            self.aside("the answer was interrupted; this is the whole of it", "yellow")
            rest = last
        self._add(last if rest is None else rest)
        self.settle()
        for row in rows:
            if row["role"] == "notice":
                self.aside(row["content"], "yellow")
        self._close(figures.get("outcome") or "", figures["usage"], figures["elapsed"])
        self._over()

    def forget(self) -> None:
        """Begin anew, with another conversation."""
        self._over()
        self.files.clear()

    def _start(self, event: Json) -> None:
        if event["turn_id"] == self.turn or event["attempt"] > 1:
            self.settle()
            self.aside("the agent was restarted and goes on", "yellow")
        elif event["client_message_id"] not in self.said:
            by = "" if event["source"] == "cli" else f"by way of {event['source']}"
            self.person(event["text"], by)
        self.turn, self.since, self.doing = event["turn_id"], event["at"], "begins"

    def _begin(self, iteration: int) -> None:
        """A completion that begins once more says again what it had begun to say."""
        self.settle()
        if self._whole and iteration <= self._iteration:
            self.aside("the answer was interrupted and begins again", "yellow")
        self._iteration, self._whole, self.doing = iteration, "", "asks the model"

    def _add(self, text: str) -> None:
        self._whole += text
        self.doing = "writes"
        self._tail += printable(text.replace("\r", ""))
        if "\n" in text and (stays := settled(self._tail)):
            self.model(self._tail[:stays])
            self._tail = self._tail[stays:]

    def settle(self) -> None:
        """Nothing more is added to what was written."""
        text, self._tail = self._tail, ""
        if text.strip():
            self.model(text)

    def _use(self, event: Json) -> None:
        self.settle()
        self._whole, self._output = "", []
        self.doing = f"runs {event['name']}"
        self._paper.write("")
        self.aside(f"⚙ {event['name']} {visible(preview(event['input']))}", "cyan")

    def _printed(self, text: str) -> None:
        self._output = [*self._output, *printable(text).splitlines()][-OUTPUT_LINES:]

    def _result(self, event: Json) -> None:
        self._output = []
        failed: bool = event["is_error"]
        lines = [line for line in event["content"].splitlines() if line.strip()]
        self.aside(" ".join(["✗" if failed else "✓", *lines[:1]]), "red" if failed else "green")
        for line in lines[1:RESULT_LINES]:
            self.aside(f"  {line}")
        if len(lines) > RESULT_LINES:
            self.aside(f"  ({len(lines) - RESULT_LINES} more lines)")
        if event.get("diff"):
            self._changed(event["diff"].splitlines())
        self.doing = "goes on"

    def _changed(self, lines: list[str]) -> None:
        room = max(self._paper.columns - 6, 8)
        for line in lines[:DIFF_LINES]:
            shown = cut(printable(line).expandtabs(4), room)
            colour: Colour = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            self._paper.write(f"    {paint(shown, colour)}")
        if len(lines) > DIFF_LINES:
            self._paper.write(f"    {paint(f'({len(lines) - DIFF_LINES} more lines)', 'dim')}")

    def _handed(self, event: Json) -> None:
        self.settle()
        self.files.append(event)
        where = self._place(event["path"]) or event["path"]
        self.lines([f"⇩ {event['file_name']} ({size_of(event['size'])})  {where}"], "blue")

    def _followed(self, event: Json) -> None:
        own = event["client_message_id"] in self.said
        if event["fate"] == "merged":
            self.settle()
            if not own:
                self.person(event["text"])
            self.aside("↳ part of the running turn now")

    def _notified(self, event: Json) -> None:
        colour: Colour = "red" if event["success"] is False else "blue"
        self.aside(f"◆ {event['job_name']}: {event['result_preview']}", colour)

    def _end(self, event: Json) -> None:
        self.settle()
        if event["is_error"]:
            self.lines([f"✗ {event['error']}"], "red")
        elif event["notice"]:
            self.lines([f"⚠ {event['notice']}"], "yellow")
        self._close(event["outcome"], event["usage"], event["elapsed"])
        if event["turn_id"] == self.turn:
            self._over()

    def _close(self, outcome: str, usage: Json, elapsed: float | None) -> None:
        took = "" if elapsed is None else f"{elapsed:.1f} s"
        parts = (_ENDED.get(outcome, ""), usage["model"], took, tokens_of(usage), cost_of(usage))
        self._paper.write("")
        self.lines([" · ".join(filter(None, parts))], "dim")

    def _over(self) -> None:
        self.turn = self.since = None
        self.doing = self._tail = self._whole = ""
        self._iteration, self._output = 0, []


def _verdict(allowed: bool) -> tuple[str, Colour]:  # noqa: FBT001 - a field of an event
    return ("allowed", "green") if allowed else ("not allowed", "red")


def stored(teller: Teller, rows: Iterable[Json]) -> None:
    """Tell what was said before, as lists of stored messages have it: people and the model, tools in a line."""
    for row in rows:
        match row["role"]:
            case "user":
                teller.person(row["content"])
            case "assistant":
                teller.model(row["content"])
            case "notice":
                teller.aside(row["content"], "yellow")
            case _:
                pass


def told_line(session: Json, columns: int, now: datetime) -> str:
    """One conversation of a list."""
    title = session["title"] or session["summary"] or "(untitled)"
    state = "● " if session["running"] else ""
    tail = f"{session['id'][:8]}  {ago(session['last_message_at'], now)}"
    room = max(columns - len(tail) - 10, 12)
    return f"{state}{one_line(title, room)}  {paint(tail, 'dim')}"


def ago(moment: str, now: datetime) -> str:
    """How long something is past, roughly."""
    seconds = max((now - datetime.fromisoformat(moment)).total_seconds(), 0)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "now"
