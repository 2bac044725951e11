import pytest

from actors.hooks.answers import TAIL, CommandFailed, Done, answered, tail
from actors.hooks.output import NOTHING, Output
from actors.hooks.registry import Answer


def done(status: int = 0, stdout: bytes = b"", stderr: bytes = b"") -> Done:
    return Done(status=status, stdout=stdout, stderr=stderr)


def test_a_command_that_writes_nothing_says_nothing() -> None:
    assert answered("Stop", done(stdout=b" \n", stderr=b"by the way\n")) == Answer(
        output=NOTHING, stderr="by the way"
    )


def test_an_object_is_its_answer() -> None:
    assert answered("Stop", done(stdout=b' {"reason": "x"}\n')) == Answer(output=Output(reason="x"))


@pytest.mark.parametrize("event", ["PreToolUse", "UserPromptSubmit", "PermissionRequest", "Stop"])
def test_status_2_stands_in_the_way_with_what_is_on_stderr(event: str) -> None:
    answer = answered(event, done(2, b"ignored", b"not on Fridays\n"))  # type: ignore[arg-type] # one of its words
    assert answer == Answer(output=Output(decision="block", reason="not on Fridays"), stderr="not on Fridays")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (done(2), "it ended with status 2"),
        (done(1, b"{}"), "it ended with status 1"),
        (done(-9), "it ended by signal 9"),
        (done(0, b"hello"), "its answer 'hello' cannot be used: "),
        (done(0, b"[]"), "its answer '[]' cannot be used: it is not a JSON object"),
        (done(0, b'{"decision": 1}'), "its answer '{\"decision\": 1}' cannot be used: decision is '1'"),
    ],
)
def test_everything_else_is_a_failure_that_says_why(command: Done, why: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        answered("PostToolUse", command)
    assert str(failed.value).startswith(why)


def test_of_much_on_stderr_the_end_is_kept() -> None:
    with pytest.raises(CommandFailed) as failed:
        answered("Stop", done(1, stderr=b"x" * 5000 + b"end"))
    assert len(failed.value.stderr) == TAIL
    assert failed.value.stderr.endswith("end")
    assert tail("short") == "short"
