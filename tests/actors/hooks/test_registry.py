from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from actors.hooks.discovery import Discovered
from actors.hooks.eligibility import Requires
from actors.hooks.manifest import Manifest
from actors.hooks.messages import EventName
from actors.hooks.registry import EMPTY, Callback, Group, Registry, of_manifests


def nothing(_told: Mapping[str, Any], _call: str | None) -> Any:
    raise AssertionError("nobody calls it here")


def group(name: str, event: EventName = "PreToolUse", matcher: str | None = None) -> Group:
    return Group(event=event, name=name, matcher=matcher, callbacks=(nothing,))


def test_an_empty_registry_has_nothing_for_anybody() -> None:
    assert not EMPTY
    assert EMPTY.matching("PreToolUse", "Bash") == ()
    assert Registry({"Stop": ()}) == EMPTY
    assert not Registry({"Stop": ()})


def test_registering_replaces_and_merging_appends() -> None:
    first, second, third = group("a"), group("b"), group("c", "Stop")
    registry = EMPTY.registered("PreToolUse", [first])
    assert registry.of("PreToolUse") == (first,)
    assert registry.registered("PreToolUse", [second]).of("PreToolUse") == (second,)
    assert registry.registered("PreToolUse", []) == EMPTY
    merged = registry.merged(Registry({"Stop": [third], "PreToolUse": [second]}))
    assert merged.groups == {"PreToolUse": (first, second), "Stop": (third,)}
    assert list(merged) == [first, second, third]
    assert Registry(merged.groups) == merged
    assert merged != registry
    assert merged != "something else"


@pytest.mark.parametrize(
    ("matcher", "tool", "matches"),
    [
        (None, "Bash", True),
        (None, "", True),
        ("", "Bash", True),
        ("Bash", "Bash", True),
        ("Bash", "BashOutput", True),
        ("^Bash$", "BashOutput", False),
        ("Bash|Edit", "Edit", True),
        ("Bash|Edit", "Glob", False),
        ("(", "Bash", False),
        ("(a+)+$", "a" * 10_000 + "!", False),
    ],
)
def test_a_matcher_is_looked_for_in_the_name_of_the_tool(
    matcher: str | None,
    tool: str,
    matches: bool,  # noqa: FBT001
) -> None:
    assert group("a", matcher=matcher).matches(tool) is matches
    assert (
        bool(Registry({"PreToolUse": [group("a", matcher=matcher)]}).matching("PreToolUse", tool)) is matches
    )


def test_a_matcher_counts_for_nothing_at_events_about_no_tool() -> None:
    assert group("a", "Stop", "nothing").matches("")


def test_a_matcher_that_is_no_expression_is_told_once_and_matches_nothing() -> None:
    assert group("a", matcher="(").problem == "the matcher '(' is no regular expression"
    assert group("a", matcher="a").problem is None


def test_a_manifest_becomes_a_group_with_all_that_it_says() -> None:
    written = Manifest(
        name="guard",
        event="PreToolUse",
        matcher="Bash",
        timeout=3.0,
        command="true",
        required=True,
        requires=Requires(bins=("sh",)),
    )
    made: list[Discovered] = []

    def callback(found: Discovered) -> Callback:
        made.append(found)
        return nothing

    found = Discovered(path=Path("/h/guard/HOOK.md"), manifest=written)
    idle = Discovered(path=Path("/h/idle/HOOK.md"), manifest=Manifest(name="idle", event="Stop"))
    (only,) = of_manifests([found, idle], callback)
    assert made == [found]
    assert (only.name, only.matcher, only.timeout, only.requires, only.required, only.path) == (
        "guard",
        "Bash",
        3.0,
        Requires(bins=("sh",)),
        True,
        "/h/guard/HOOK.md",
    )
    assert only.callbacks == (nothing,)
    assert not group("a").required
