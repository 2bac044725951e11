"""A turn and its messages as lines with bars: when each began, how long it waited and how long it took."""

from collections.abc import Iterator, Mapping, Sequence
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
    if turn["told"]:
        said = " · ".join(f"{each['source']} {text.size(each['size'])}" for each in turn["told"])
        say(cut(paint(f"  told: {said}", "dim"), screen_width() or WIDE))
    steps = turn["steps"]
    if steps:
        scale = Scale(max(_step_end(step) for step in steps))
        print_table(TURN, [_step(step, scale) for step in steps])


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


def _step_end(step: Mapping[str, Any]) -> float:
    end: float = step["start"] if step["end"] is None else step["end"]
    return end


def _step(step: Mapping[str, Any], scale: Scale) -> list[Cell]:
    word, colour = STEPS[step["kind"]]
    usage: Mapping[str, Any] = step["usage"] or {}
    start, end = step["start"], _step_end(step)
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


def print_messages(spans: Sequence[Mapping[str, Any]]) -> None:
    """Print messages, each below the one whose handling sent it."""
    if not spans:
        return
    scale = Scale(max(map(_end, spans)))
    print_table(MESSAGES, [_message(span, lead, scale) for span, lead in _nested(spans)])


def _nested(spans: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every message with the lines that lead to it."""
    known = {span["seq"] for span in spans}
    caused: dict[int, list[Mapping[str, Any]]] = {}
    for span in spans:
        caused.setdefault(span["cause"] if span["cause"] in known else 0, []).append(span)

    def below(cause: int, lines: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        here = caused.get(cause, [])
        for span in here:
            last, top = span is here[-1], not lines and len(here) == 1
            yield span, lines if top else lines + ("└ " if last else "├ ")
            yield from below(span["seq"], " " if top else lines + ("  " if last else "│ "))

    return below(0, "")


def _end(span: Mapping[str, Any]) -> float:
    return float(span["start"] + span["wait"] + (span["took"] or 0.0))


def _message(span: Mapping[str, Any], lead: str, scale: Scale) -> list[Cell]:
    runs = span["took"] is None
    outcome = "runs" if runs else span["outcome"]
    bad = outcome not in {"ok", "", "runs"}
    said = span["detail"]
    return [
        (f"+{span['start']:.3f}", "dim"),
        (text.span(span["wait"]) if span["wait"] else "", "dim"),
        "…" if runs else text.span(span["took"]),
        (scale.bar(span["start"], scale.seconds if runs else _end(span)), "red" if bad else "green"),
        lead + text.kind(span["type"]),
        (text.name(span["to"]), "dim"),
        (f"{outcome} {said}".strip(), "red" if bad else "dim") if outcome != "ok" or said else "",
    ]
