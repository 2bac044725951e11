"""Hooks as their owner sees them. Pure."""

from collections.abc import Collection
from datetime import datetime

from actors.hooks.breaker import Breaker
from actors.hooks.discovery import Fault, Scan
from actors.hooks.eligibility import Machine, missing
from actors.hooks.manifest import Manifest
from actors.hooks.messages import Hook, State
from actors.hooks.registry import Group, Registry


def hooks(
    registry: Registry,
    scan: Scan,
    *,
    on: bool,
    trusted: Collection[str],
    disabled: Collection[str],
    machine: Machine,
    breaker: Breaker,
    now: datetime,
) -> tuple[Hook, ...]:
    """All that there are: those that are called, in order, then those that say no command, then those with a fault."""
    called = [
        _called(group, on=on, trusted=trusted, disabled=disabled, machine=machine, breaker=breaker, now=now)
        for group in registry
    ]
    idle = [
        _of_manifest(found.manifest, str(found.path), state="nothing", why="it says no command")
        for found in scan.found
        if found.manifest.command is None
    ]
    return (*called, *idle, *map(_faulty, scan.faults))


def _called(
    group: Group,
    *,
    on: bool,
    trusted: Collection[str],
    disabled: Collection[str],
    machine: Machine,
    breaker: Breaker,
    now: datetime,
) -> Hook:
    count = breaker.status(group.name or "", now)
    lacks = missing(group.requires, machine)
    state: State = "ready"
    why = ""
    if not on:
        state, why = "off", "hooks are switched off: [hooks] enabled = false"
    elif group.manifest is not None and group.name in disabled:
        state, why = "off", "[hooks] disabled names it"
    elif group.problem is not None:
        state, why = "broken", group.problem
    elif lacks is not None:
        state, why = "skipped", lacks
    elif count.until is not None:
        state, why = "tripped", f"it failed {count.failures} times in a row"
    written = group.manifest
    return Hook(
        name=group.name or "",
        event=group.event,
        matcher=group.matcher,
        command=None if written is None else written.command,
        timeout=group.timeout,
        trusted=written is not None and group.name in trusted,
        disabled=written is not None and group.name in disabled,
        required=group.required,
        path=group.path,
        description="" if written is None else written.description,
        state=state,
        why=why,
        until=count.until,
        failures=count.failures,
    )


def _of_manifest(written: Manifest, path: str, *, state: State, why: str) -> Hook:
    return Hook(
        name=written.name,
        event=written.event,
        matcher=written.matcher,
        timeout=written.timeout,
        required=written.required,
        path=path,
        description=written.description,
        state=state,
        why=why,
    )


def _faulty(fault: Fault) -> Hook:
    return Hook(
        name=fault.path.parent.name, event=None, path=str(fault.path), state="broken", why=fault.reason
    )


def complaint(scan: Scan) -> str | None:
    """What is wrong with manifests, in a sentence; None where nothing is."""
    if not scan.faults:
        return None
    first = scan.faults[0]
    more = f"; so cannot {len(scan.faults) - 1} more" if len(scan.faults) > 1 else ""
    return f"the hook in {first.path.parent.name}/ cannot be used: {first.reason}{more}"
