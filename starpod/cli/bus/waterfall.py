"""A turn and its messages as lines with bars: when each began, how long it waited and how long it took."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, final

import attrs

from starpod.cli.bus import text
from starpod.cli.output import Colour, cut, paint, say
from starpod.cli.table import Cell, Column, print_table, screen_width

BAR: Final = 24
"""Columns of a bar."""
WIDE: Final = 200
"""Columns of a line where there is no terminal to say."""
STEPS: Final[Mapping[str, tuple[str, Colour]]] = {
    "user": ("message", "dim"),
    "assistant": ("answer", "cyan"),
    "tool": ("tool", "blue"),
    "notice": ("notice", "yellow"),
}


@final
@attrs.frozen
class Scale:
    """Seconds to columns."""

    seconds: float

    def bar(self, start: float, end: float) -> str:
        """A bar from `start` to `end`, at least one column."""
        per = self.seconds / BAR if self.seconds > 0 else 1.0
        first = max(0, min(int(start / per), BAR - 1))
        last = max(first + 1, min(round(end / per), BAR))
        return " " * first + "━" * (last - first) + " " * (BAR - last)


# --- a stored turn ----------------------------------------------------------------------------------------

TURN: Final = (
    Column("AT", right=True),
    Column("TOOK", right=True),
    Column(""),
    Column("STEP"),
    Column("TOKENS", right=True, spare=1),
    Column("COST", right=True, spare=2),
    Column("WHAT", shrinks=True),
)


def print_turn(turn: Mapping[str, Any]) -> None:
    """Print a turn: what it came to, then its steps."""
    say(
        f"{paint('turn ' + turn['id'][:8], 'bold')}  {_state(turn)}  {paint(text.clock(turn['accepted_at']), 'dim')}"
    )
    say(cut(f"  {text.flat(turn['text'])}", screen_width() or WIDE))
    say(paint(f"  {_sums(turn)}", "dim"))
    if turn["merged_into"]:
        say(paint(f"  became part of turn {turn['merged_into'][:8]}", "yellow"))
    steps = list(_spans(turn["steps"]))
    if steps:
        scale = Scale(max(end for _, _, end in steps))
        print_table(TURN, [_step(step, start, end, scale) for step, start, end in steps])


def _state(turn: Mapping[str, Any]) -> str:
    word = turn["state"] if turn["outcome"] in {None, "success"} else f"{turn['state']} ({turn['outcome']})"
    return paint(word, text.OUTCOMES.get(turn["state"], "bold"))


def _sums(turn: Mapping[str, Any]) -> str:
    figures, usage = turn["figures"], turn["figures"]["usage"]
    parts = [f"session {turn['session'][:8]}", f"from {turn['source']}"]
    if figures["elapsed"] is not None:
        parts.append(text.span(figures["elapsed"]))
    if usage["model"]:
        parts.append(usage["model"])
    if figures["completions"]:
        parts.append(f"{text.tokens(_input(usage))} in, {text.tokens(usage['output_tokens'])} out")
    if usage["cost_usd"] is not None:
        parts.append(text.cost(usage["cost_usd"]))
    if turn["attempt"] > 1:
        parts.append(f"attempt {turn['attempt']}")
    return " · ".join(parts)


def _input(usage: Mapping[str, Any]) -> int:
    """Tokens that went in, cached ones too."""
    return int(usage["input_tokens"] + usage["cache_read_tokens"] + usage["cache_write_tokens"])


def _spans(steps: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], float, float]]:
    """Steps with begin and end. An answer is stored when it is whole: it began when what was before it ended."""
    free = 0.0
    for step in steps:
        end = step["start"] if step["end"] is None else step["end"]
        start = step["start"] if step["kind"] == "tool" else min(free, step["start"])
        free = max(free, end)
        yield step, start, end


def _step(step: Mapping[str, Any], start: float, end: float, scale: Scale) -> list[Cell]:
    word, colour = STEPS[step["kind"]]
    usage: Mapping[str, Any] = step.get("usage", {})
    used = f"{text.tokens(_input(usage))} → {text.tokens(usage['output_tokens'])}" if usage else ""
    failed = step["is_error"] or step["state"] == "intent"
    took = "" if step["kind"] in {"user", "notice"} else text.span(end - start)
    return [
        (f"+{start:.3f}", "dim"),
        "…" if step["end"] is None else took,
        (scale.bar(start, end), "red" if failed else colour),
        (step["tool"] or word, "red" if failed else colour),
        (used, "dim"),
        (text.cost(usage.get("cost_usd")), "dim"),
        text.flat(step["text"]),
    ]


# --- messages ---------------------------------------------------------------------------------------------

MESSAGES: Final = (
    Column("AT", right=True),
    Column("WAIT", right=True, spare=1),
    Column("TOOK", right=True),
    Column(""),
    Column("MESSAGE", shrinks=True),
    Column("TO", spare=2),
    Column(""),
)


def print_messages(roots: list[Mapping[str, Any]]) -> None:
    """Print messages nested by cause."""
    spans = list(_flat(roots))
    if not spans:
        return
    scale = Scale(max(_end(span) for span, _ in spans))
    print_table(MESSAGES, [_message(span, lead, scale) for span, lead in spans])


def _flat(spans: list[Mapping[str, Any]], below: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every message with the lines that lead to it."""
    for span in spans:
        last, top = span is spans[-1], not below and len(spans) == 1
        yield span, below if top else below + ("└ " if last else "├ ")
        yield from _flat(span["children"], " " if top else below + ("  " if last else "│ "))


def _end(span: Mapping[str, Any]) -> float:
    end: float = span["start"] + span.get("wait", 0.0) + span.get("took", 0.0)
    return end


def _message(span: Mapping[str, Any], lead: str, scale: Scale) -> list[Cell]:
    outcome = "runs" if span.get("running") else span.get("outcome", "")
    bad = outcome not in {"ok", "", "runs"}
    end = scale.seconds if span.get("running") else _end(span)
    said = span.get("detail") or ""
    return [
        (f"+{span['start']:.3f}", "dim"),
        (text.span(span["wait"]) if span.get("wait") else "", "dim"),
        text.span(span["took"]) if "took" in span else "…" if span.get("running") else "",
        (scale.bar(span["start"], end), "red" if bad else "green"),
        lead + text.kind(span["type"]),
        (text.name(span.get("to", "")), "dim"),
        (f"{outcome} {said}".strip(), "red" if bad else "dim") if outcome != "ok" or said else "",
    ]
