"""``starpod bus doctor``: whether anything is wrong, and what to do about it."""

import argparse
import os
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from actors import jsontext
from starpod.cli.bus.options import add_json
from starpod.cli.client import Console, Unreachable, print_json
from starpod.cli.output import Colour, paint, say
from starpod.cli.table import screen_width
from starpod.cli.target import find_instance
from starpod.doctor import Crash, Finding, absent, crashes, examine, healthy
from starpod.lock import DaemonInfo, read_daemon, read_remains
from starpod.workspace import Instance

SIGNS: Final[dict[str, tuple[str, Colour]]] = {
    "ok": ("✓", "green"),
    "note": ("ℹ", "blue"),  # noqa: RUF001 - the glyph is meant
    "problem": ("✗", "red"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.epilog = "Exit status: 0 when nothing has to be done, 1 otherwise. Works without a daemon too."
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Examine the daemon if one runs, and what lies on the disk."""
    instance = find_instance(args.agent)
    findings = list(_examine(instance))
    if args.json:
        print_json({"healthy": healthy(findings), "findings": [attrs.asdict(each) for each in findings]})
    else:
        for finding in findings:
            _print(finding)
    return 0 if healthy(findings) else 1


def _examine(instance: Instance) -> Iterator[Finding]:
    daemon = read_daemon(instance)
    if daemon is None:
        remains = read_remains(instance)
        yield absent(killed=None if remains is None else remains.started_at)
        yield from _settings(instance)
        yield from _databases(instance)
    else:
        yield from _running(daemon)
    started_at = None if daemon is None else daemon.started_at
    yield from crashes(_reports(instance), started_at=started_at, now=datetime.now(UTC))


def _running(daemon: DaemonInfo) -> Iterator[Finding]:
    who = f"`{daemon.command}`, process {daemon.pid}"
    if daemon.address is None:
        yield Finding(level="note", what=f"{who} is starting or stopping")
        return
    try:
        facts = Console(daemon).get("checks")
    except Unreachable:
        advice = f"kill -USR1 {daemon.pid} has it write what it is doing; to stop it: kill {daemon.pid}"
        yield Finding(level="problem", what=f"{who} does not answer at {daemon.address}", advice=advice)
        return
    yield Finding(level="ok", what=f"{who} answers at {daemon.url}")
    yield from examine(facts)


def _settings(instance: Instance) -> Iterator[Finding]:
    """Read the files that the next start will read."""
    from actors.cron import files
    from actors.persona.texts import SOUL_BYTES
    from actors.prose import read
    from actors.settings.problems import ConfigError
    from starpod.config import load

    try:
        odd = [str(warning) for warning in load(instance, os.environ).warnings]
    except ConfigError as error:
        advice = "mend the files; it does not start with them"
        yield from (Finding(level="problem", what=str(each), advice=advice) for each in error.problems)
        return
    faults = [
        read(instance.soul, SOUL_BYTES).fault,
        *(files.read(instance.config_dir, job).fault for job in files.NAMES),
    ]
    odd += [f"{fault} ({instance.config_dir})" for fault in faults if fault is not None]
    yield from (Finding(level="note", what=each) for each in odd)
    yield Finding(level="ok", what="the settings can be used")


def _databases(instance: Instance) -> Iterator[Finding]:
    """Read each database as a whole, without changing it."""
    from actors.storage import StorageError, check
    from starpod.tree import databases

    for path, known in databases(instance).items():
        try:
            check(path, known)
        except StorageError as error:
            yield Finding(level="problem", what=str(error))
        else:
            yield Finding(level="ok", what=f"{path.name} can be read")


def _reports(instance: Instance) -> list[Crash]:
    """The crash reports, the oldest first; one that cannot be read says so."""
    found = [_report(path) for path in (instance.agent_home / "crashes").glob("*.json")]
    return sorted(found, key=lambda crash: crash.at)


def _report(path: Path) -> Crash:
    try:
        report = jsontext.read_object(path.read_bytes(), depth=jsontext.OWN_DEPTH)
        return Crash(file=str(path), at=datetime.fromisoformat(report["at"]), reason=str(report["reason"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Crash(file=str(path), at=at, reason=f"its report cannot be read: {error}")


def _print(finding: Finding) -> None:
    sign, colour = SIGNS[finding.level]
    first, *rest = _wrapped(finding.what)
    say(f"  {paint(sign, colour)} {first}")
    for line in rest:
        say(f"    {line}")
    if finding.advice and finding.level != "ok":
        for number, line in enumerate(_wrapped(finding.advice)):
            say(f"    {paint(('→ ' if number == 0 else '  ') + line, 'dim')}")


def _wrapped(words: str) -> list[str]:
    """Lines that fit the terminal behind a sign; elsewhere one line."""
    columns = screen_width()
    if columns is None:
        return [words]
    return textwrap.wrap(words, max(20, columns - 6), break_long_words=False, break_on_hyphens=False) or [""]
