"""What a measurement yields, and how a set of them is shown and compared."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, final

import attrs


@final
@attrs.frozen(kw_only=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    """What the design allows; None where it says nothing."""
    more_is_better: bool = False
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether the budget is missed."""
        if self.budget is None:
            return False
        return self.value < self.budget if self.more_is_better else self.value > self.budget


def median(values: Iterable[float]) -> float:
    return quantile(values, 0.5)


def quantile(values: Iterable[float], q: float) -> float:
    """The value below which a share `q` of all lies."""
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "trio": metadata.version("trio"),
        "load": round(os.getloadavg()[0], 2),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def show(value: float) -> str:
    """A number with three significant digits or all of its whole part."""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = ["| what | measured | budget | |", "| --- | ---: | ---: | --- |"]
    for figure in figures:
        budget = "" if figure.budget is None else f"{show(figure.budget)} {figure.unit}"
        mark = "missed" if figure.missed else ""
        note = ", ".join(part for part in (mark, figure.note) if part)
        rows.append(f"| {figure.name} | {show(figure.value)} {figure.unit} | {budget} | {note} |")
    return "\n".join(rows)


def save(path: Path, figures: Sequence[Figure]) -> None:
    """Write figures and machine as JSON."""
    content = {"machine": machine(), "figures": [attrs.asdict(figure) for figure in figures]}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Figure]:
    """Read figures back, by name."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {fields["name"]: Figure(**fields) for fields in content["figures"]}


def compare(before: dict[str, Figure], after: dict[str, Figure], tolerance: float = 0.1) -> str:
    """A table of two results; changes for the worse beyond `tolerance` (a share) are marked."""
    rows = ["| what | before | after | change | |", "| --- | ---: | ---: | ---: | --- |"]
    for name, new in after.items():
        old = before.get(name)
        if old is None or not old.value:
            rows.append(f"| {name} | | {show(new.value)} {new.unit} | new | |")
            continue
        change = new.value / old.value - 1
        worse = -change if new.more_is_better else change
        mark = "slower" if worse > tolerance else "faster" if worse < -tolerance else ""
        rows.append(
            f"| {name} | {show(old.value)} {old.unit} | {show(new.value)} {new.unit} | {change:+.0%} | {mark} |"
        )
    return "\n".join(rows)
