"""What an undo decides, and what it says of it before."""

from datetime import UTC, datetime

import attrs

from actors.session.messages import StepInfo
from actors.tools import changing, contents, undoing
from actors.tools.paths import Home
from actors.tools.states import ABSENT, FOLDER, Change, Kind, Look, State, Version
from actors.tools.undoing import Before, Refusal, Step
from tests.actors.tools.files import keep, put
from tests.actors.tools.states import LARGE, LOOK, A, B, C, did, version

# --- what an undo does ------------------------------------------------------------------------------------


def decide(
    now: State,
    *changes: Change,
    before: Before | None = None,
    look: Look | None = LOOK,
    other: str | None = None,
    force: bool = False,
    path: str = "p",
) -> Step | Refusal | None:
    known = {state for change in changes for state in (change.before, change.after)}
    return undoing.decide(path, now, look, changes, before, known=known, other=other, force=force)


def home_before(state: State | None, *, ended: int = 10, partial: bool = False, place: int = 0) -> Before:
    manifest = {} if state is None else {"p": version("p", state)}
    return Before(manifest=manifest, place=place, ended=ended, partial=partial)


def test_single_changes_go_back_to_what_was_first_there() -> None:
    assert decide(C, did(A, B), did(B, C, 2)) == Step(path="p", now=C, target=A)
    assert decide(B, did(A, B), did(B, C, 2)) == Step(path="p", now=B, target=A), "the second was not done"
    assert decide(A, did(A, B)) is None
    assert decide(B, did(ABSENT, B, folders=2)) == Step(path="p", now=B, target=ABSENT, folders=2)


def test_what_others_wrote_is_refused_or_forced() -> None:
    refused = decide(C, did(A, B))
    assert refused == Refusal(path="p", why=undoing.CHANGED, forcible=True)
    assert decide(C, did(A, B), other="u") == Refusal(
        path="p", why=undoing.BY_OTHER.format("u"), forcible=True
    )
    assert decide(C, did(A, B), force=True) == Step(path="p", now=C, target=A)
    assert decide(B, did(C, A), did(attrs.evolve(A, mode=0o700), B, 2)) == Step(
        path="p", now=B, target=attrs.evolve(A, mode=0o700)
    ), "somebody else wrote between the two"
    lost = attrs.evolve(A, kept=False)
    assert decide(B, did(lost, B), force=True) == Refusal(path="p", why=undoing.NOT_KEPT)


def test_what_a_command_left_is_known_by_its_time() -> None:
    assert decide(B, before=home_before(A)) == Step(path="p", now=B, target=A)
    assert decide(ABSENT, before=home_before(A), look=None) == Step(path="p", now=ABSENT, target=A)
    assert decide(B, before=home_before(None)) == Step(path="p", now=B, target=ABSENT)
    late = attrs.evolve(LOOK, changed=11)
    assert decide(B, before=home_before(A), look=late) == Refusal(
        path="p", why=undoing.CHANGED, forcible=True
    )
    assert isinstance(decide(B, before=home_before(A), other="u"), Refusal)


def test_changes_before_and_after_a_command_count_as_well() -> None:
    assert decide(C, did(A, B, 1), before=home_before(B, place=1)) == Step(path="p", now=C, target=A)
    assert decide(C, did(B, C, 2), before=home_before(A, place=1)) == Step(path="p", now=C, target=A)


def test_where_not_all_was_looked_at_only_single_changes_are_known() -> None:
    assert decide(B, before=home_before(None, partial=True)) == Refusal(path="p", why=undoing.UNKNOWN)
    assert decide(B, did(A, B, 2), before=home_before(None, partial=True)) == Step(path="p", now=B, target=A)
    left_out = Before(manifest={"n": version("n", State(kind="other"))}, place=0, ended=10, partial=False)
    assert decide(B, before=left_out, path="n/a/b") == Refusal(path="n/a/b", why=undoing.UNKNOWN)


def test_what_may_differ_from_before_is_found() -> None:
    other = attrs.evolve(LOOK, kind="other")
    manifest = {
        "same": version("same"),
        "gone": version("gone"),
        "touched": version("touched"),
        "fresh": version("fresh", settled=False),
        "n": version("n", State(kind="other"), other),
    }
    looks = {
        "same": LOOK,
        "touched": attrs.evolve(LOOK, changed=6),
        "fresh": LOOK,
        "new": LOOK,
        "n": attrs.evolve(other, changed=6),
        "n/inside": LOOK,
    }
    before = Before(manifest=manifest, place=0, ended=0, partial=False)
    assert undoing.suspects(before, looks) == {"gone", "touched", "fresh", "new"}


def test_what_is_not_kept_is_told() -> None:
    def version(path: str, kind: Kind, *, kept: bool = True) -> Version:
        look = Look(kind=kind, mode=0, size=1, inode=1, modified=0, changed=0)
        return Version(path=path, state=State(kind=kind, kept=kept), look=look, settled=True)

    def told(*versions: Version, most: int | None = None) -> list[str]:
        return list(undoing.unkept({each.path: each for each in versions}, most))

    assert told(version("a", "file"), version("b", "folder")) == []
    assert told(version("p", "other"), version("big", "file", kept=False), most=3) == [
        "Not looked into: p.",
        "Files that are too large, or cannot be read: big.",
        "There are more than 3 files: the rest is not kept.",
    ]
    many = [version(f"p{n}", "other") for n in range(undoing.NAMED + 2)]
    assert told(*many)[0].endswith(" and 2 more.")


def test_what_goes_goes_first_and_from_the_inside() -> None:
    steps = [
        Step(path="a", now=FOLDER, target=ABSENT),
        Step(path="a/b", now=A, target=ABSENT),
        Step(path="c/d", now=ABSENT, target=A),
        Step(path="z", now=ABSENT, target=FOLDER),
        Step(path="c", now=ABSENT, target=FOLDER),
    ]
    assert [step.path for step in undoing.ordered(steps)] == ["a/b", "a", "c", "z", "c/d"]


def test_what_no_undo_takes_back_is_said() -> None:
    def step(
        tool: str | None, effect: str, text: str = "{}", *, is_error: bool = False, begun: bool = True
    ) -> StepInfo:
        return StepInfo(
            n=1,
            kind="tool" if tool else "assistant",
            tool=tool,
            effect=effect,  # type: ignore[arg-type]
            state="done",
            begun=begun,
            is_error=is_error,
            text=text,
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            ended_at=None,
            usage=None,
        )

    steps = [
        step(None, "pure"),
        step("FileRead", "pure"),
        step("FileWrite", "unsafe"),
        step("Bash", "unsafe", '{"command": "ls"}'),
        step("MemoryWrite", "local"),
        step("MemoryWrite", "local", is_error=True),
        step("Send", "unsafe", is_error=True),
        step("Send", "unsafe", '{"denied": true}', is_error=True, begun=False),
    ]
    assert list(undoing.beyond(steps)) == [
        'What a command did beyond files of home: {"command": "ls"}',
        "MemoryWrite: {}",
        "Send: {}",
    ]


# --- planning ---------------------------------------------------------------------------------------------


def test_a_change_says_what_is_there_what_will_be_and_how_they_differ(home: Home) -> None:
    put(home, "a.txt", b"one\n")
    put(home, "b.bin", b"\0")
    put(home, "c.bin", b"\xff")
    put(home, "large.txt", LARGE)
    (home.root / "link").symlink_to("a.txt")
    plan = changing.plan_write(keep(home), "./a.txt", b"two\n")
    assert (plan.asked, plan.change.path, plan.diff) == ("a.txt", "a.txt", "@@ -1,1 +1,1 @@\n-one\n+two")
    assert plan.content == contents.small(b"one\n")
    assert changing.plan_write(keep(home), "new/deep/x", b"x").change.folders == 2
    assert changing.plan_write(keep(home), "documents/new/x", b"x").change.folders == 1
    for name in ("b.bin", "c.bin", "large.txt"):
        assert changing.plan_write(keep(home), name, b"two\n").diff == ""
    assert changing.plan_delete(keep(home), "a.txt").diff == "@@ -1,1 +0,0 @@\n-one"
    assert changing.plan_delete(keep(home), "link").diff == ""
    assert changing.plan_delete(keep(home, limit=1), "a.txt").content is None
    edit = changing.plan_edit(keep(home, limit=1), "a.txt", "one", "1", everywhere=False)
    assert (edit.content, edit.change.before.kept, edit.diff) == (None, False, "@@ -1,1 +1,1 @@\n-one\n+1")
