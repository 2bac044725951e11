from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from actors.hooks.breaker import FAILURES, Breaker
from actors.hooks.discovery import Discovered, Fault, Scan
from actors.hooks.eligibility import Machine, Requires
from actors.hooks.manifest import Manifest
from actors.hooks.messages import Hook
from actors.hooks.registry import Group, Registry, of_manifests
from actors.hooks.showing import complaint, hooks

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATH = Path("/h/guard/HOOK.md")
GUARD = Manifest(
    name="guard",
    event="PreToolUse",
    matcher="Bash",
    timeout=3.0,
    command="./guard",
    required=True,
    description="Looks.",
)


def shown(*manifests: Manifest, **options: Any) -> tuple[Hook, ...]:
    scan = Scan(found=tuple(Discovered(path=PATH, manifest=each) for each in manifests))
    registry = of_manifests(scan.found, lambda _found: lambda _told, _call: None)  # type: ignore[arg-type, return-value]
    given: dict[str, Any] = {
        "on": True,
        "trusted": (),
        "disabled": (),
        "machine": Machine(has=lambda _name: False, environment={}, system="linux"),
        "breaker": Breaker(),
        "now": NOW,
    }
    return hooks(registry, scan, **{**given, **options})


def test_a_hook_is_shown_with_all_that_it_says() -> None:
    assert shown(GUARD, trusted=["guard"]) == (
        Hook(
            name="guard",
            event="PreToolUse",
            matcher="Bash",
            command="./guard",
            timeout=3.0,
            trusted=True,
            required=True,
            path=str(PATH),
            description="Looks.",
            state="ready",
        ),
    )
    assert not shown(GUARD)[0].trusted


def test_why_a_hook_is_not_called_is_said() -> None:
    (off,) = shown(GUARD, on=False)
    assert (off.state, off.why) == ("off", "hooks are switched off: [hooks] enabled = false")
    (skipped,) = shown(attrs.evolve(GUARD, requires=Requires(bins=("jq",))))
    assert (skipped.state, skipped.why) == ("skipped", "there is no program jq")
    (idle,) = shown(attrs.evolve(GUARD, command=None))
    assert (idle.state, idle.why, idle.name) == ("nothing", "it says no command", "guard")
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed("guard", NOW)
    (tripped,) = shown(GUARD, breaker=breaker)
    assert (tripped.state, tripped.why, tripped.failures) == ("tripped", "it failed 5 times in a row", 5)
    assert tripped.until == NOW + timedelta(seconds=60)


def test_functions_of_the_program_are_shown_too() -> None:
    broken = Group(event="PostToolUse", matcher="(")
    (found,) = hooks(
        Registry({"PostToolUse": [broken]}),
        Scan(),
        on=True,
        trusted=(),
        disabled=(),
        machine=Machine(has=lambda _name: True, environment={}, system="linux"),
        breaker=Breaker(),
        now=NOW,
    )
    assert (found.name, found.command, found.state) == ("", None, "broken")
    assert found.why == "the matcher '(' is no regular expression"


def test_one_that_is_switched_off_says_by_what() -> None:
    (found,) = shown(GUARD, disabled=["guard"])
    assert (found.state, found.why, found.disabled) == ("off", "[hooks] disabled names it", True)


def test_a_manifest_that_cannot_be_used_is_shown_by_its_folder() -> None:
    fault = Fault(path=PATH, reason="it has no name")
    found = hooks(
        Registry(),
        Scan(faults=(fault,)),
        on=True,
        trusted=(),
        disabled=(),
        machine=Machine(has=lambda _name: True, environment={}, system="linux"),
        breaker=Breaker(),
        now=NOW,
    )
    assert found == (Hook(name="guard", event=None, path=str(PATH), state="broken", why="it has no name"),)
    assert complaint(Scan()) is None
    assert complaint(Scan(faults=(fault,))) == "the hook in guard/ cannot be used: it has no name"
    assert complaint(Scan(faults=(fault, fault))) == (
        "the hook in guard/ cannot be used: it has no name; so cannot 1 more"
    )
