import argparse
import io
from typing import Any

import pytest

from starpod.cli import cron, joboptions
from starpod.errors import StarpodError


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    cron.add_arguments(parser)
    return parser.parse_args(arguments)


def edited(*arguments: str) -> dict[str, Any]:
    return joboptions.described(parsed("edit", "x", *arguments))


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((), {}),
        (("--every", "1h30m"), {"schedule": {"kind": "interval", "every_ms": 5_400_000}}),
        (("--cron", "0 9 * * 1-5"), {"schedule": {"kind": "cron", "expr": "0 9 * * 1-5"}}),
        (("--schedule", "@daily"), {"schedule": {"kind": "cron", "expr": "@daily"}}),
        (("--at", "2030-06-15T23:00"), {"schedule": {"kind": "one_shot", "at": "2030-06-15T23:00"}}),
        (("--zone", "Asia/Kolkata"), {"timezone": "Asia/Kolkata"}),
        (("--prompt", "Look."), {"prompt": "Look."}),
        (("--retries", "0"), {"max_retries": 0}),
        (("--max-retries", "2"), {"max_retries": 2}),
        (("--timeout", "10m"), {"timeout_secs": 600}),
        (("--timeout-secs", "60"), {"timeout_secs": 60}),
        (("--mode", "main"), {"session_mode": "main"}),
        (("--session-mode", "isolated"), {"session_mode": "isolated"}),
        (("--missed", "all"), {"missed": "all"}),
        (("--missed", "skip_older_than"), {"missed": "skip_older_than"}),
        (("--missed", "1h"), {"missed": "skip_older_than", "missed_secs": 3600}),
        (("--overlap", "queue"), {"overlap": "queue"}),
        (("--jitter", "5m"), {"jitter_secs": 300}),
        (("--budget", "0.25"), {"budget_usd": 0.25}),
        (("--budget", "0"), {"budget_usd": 0.0}),
        (("--model", "openai/x"), {"model": "openai/x"}),
        (("--model", ""), {"model": None}),
        (("--once",), {"delete_after_run": True}),
        (("--no-once",), {"delete_after_run": False}),
    ],
)
def test_what_is_said_is_sent_and_nothing_else(arguments: tuple[str, ...], body: dict[str, Any]) -> None:
    assert edited(*arguments) == body


@pytest.mark.parametrize(
    ("arguments", "enabled"),
    [
        ((), None),
        (("--enabled",), True),
        (("--enabled", "true"), True),
        (("--enabled", "False"), False),
        (("--disabled",), False),
    ],
)
def test_it_is_switched_on_and_off(arguments: tuple[str, ...], *, enabled: bool | None) -> None:
    assert parsed("edit", "x", *arguments).enabled is enabled


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "x", "--prompt", "y"), "one of the arguments --every --cron --at is required"),
        (("add", "x", "--every", "1h"), "the following arguments are required: --prompt"),
        (("add", "x", "--every", "1h", "--at", "y"), "not allowed with argument"),
        (("add", "x", "--cron", "y", "--schedule", "z"), "not allowed with argument"),
        (("edit", "x", "--every", "30"), "'30' is no length of time: write 90s, 30m, 2h, 1d, or 1h30m"),
        (("edit", "x", "--missed", "never"), "'never' is no length of time"),
        (("edit", "x", "--budget", "nan"), "'nan' is no amount of money: write 0.5"),
        (("edit", "x", "--budget", "-1"), "'-1' is no amount of money"),
        (("edit", "x", "--enabled", "maybe"), "'maybe' is neither true nor false"),
        (("edit", "x", "--enabled", "--disabled"), "not allowed with argument"),
        (("edit", "x", "--mode", "other"), "invalid choice"),
        (("edit", "x", "--retries", "many"), "invalid int value"),
    ],
)
def test_what_cannot_be_meant_is_told(
    arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        parsed(*arguments)
    assert exit.value.code == 2
    assert why in capsys.readouterr().err


def test_help_shows_each_option_once(capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("add", "edit"):
        with pytest.raises(SystemExit):
            parsed(action, "--help")
        said = capsys.readouterr().out
        assert "--retries" in said
        for alias in ("--schedule", "--max-retries", "--timeout-secs", "--session-mode"):
            assert alias not in said


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_prompt_comes_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, "Grüße\nan alle\n".encode())
    assert edited("--prompt", "-") == {"prompt": "Grüße\nan alle"}


@pytest.mark.parametrize(("data", "why"), [(b" \n", "the prompt is empty"), (b"J\xfcrgen", "not UTF-8")])
def test_a_pipe_without_a_prompt_is_refused(monkeypatch: pytest.MonkeyPatch, data: bytes, why: str) -> None:
    piped(monkeypatch, data)
    with pytest.raises(StarpodError, match=why):
        edited("--prompt", "-")
    with pytest.raises(StarpodError, match="the prompt is empty"):
        edited("--prompt", " ")
