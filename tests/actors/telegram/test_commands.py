"""Commands, and what they are answered."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from actors.llm.messages import Catalogue, ModelInfo
from actors.skills.messages import Skill
from actors.telegram import commands
from actors.telegram.commands import Command, Standing, parse
from actors.telegram.update import Sender
from tests.actors.telegram.made import BOT

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SENDER = Sender(id=7, username="ada", name="Ada_*L*")
CATALOGUE = Catalogue(
    default="test/one",
    models=tuple(
        ModelInfo(spec=spec, context_window=None, vision=False, input_price=None, output_price=None)
        for spec in ("test/one", "test/two", "other/two", "other/Three")
    ),
    compaction="test/one",
)


def skill(name: str, description: str = "does things", *, visible: bool = True) -> Skill:
    return Skill(
        name=name,
        description=description,
        origin="person",
        created_at=NOW,
        updated_at=NOW,
        visible=visible,
    )


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("/new", Command("new", "")),
        ("/START payload 1", Command("start", "payload 1")),
        ("/start@Star_Bot  x", Command("start", "x")),
        ("/model\nx\ny", Command("model", "x\ny")),
        ("/new@other", None),
        ("new", None),
        ("/", None),
        ("//x", None),
        ("/etc/passwd", None),
        ("look: /new", None),
    ],
)
def test_a_command_is_told_from_words(said: str, command: Command | None) -> None:
    assert parse(said, BOT) == command


def test_our_commands_are_told_from_skills() -> None:
    assert Command("start", "").is_ours
    assert Command("undo", "").is_ours
    assert not Command("shorten", "").is_ours


def test_a_skill_is_called_up_by_the_name_that_telegram_takes() -> None:
    assert commands.called_up(Command("daily_note", "now"), ["x", "daily-note"]) == "/daily-note now"
    assert commands.called_up(Command("x", ""), ["x"]) == "/x"
    assert commands.called_up(Command("else", "a b"), []) == "/else a b"


def test_the_menu_has_what_telegram_takes() -> None:
    made = commands.menu([
        skill("daily-note", "writes\n  a note " + "x" * 300),
        skill("new", "hides ours"),
        skill("start"),
        skill("not-shown", visible=False),
        skill("x" * 40),
        skill("mute-things", ""),
    ])  # fmt: skip
    names = [each["command"] for each in made]
    assert names == [*commands.NAMES, "daily_note", "mute_things"]
    described = {each["command"]: each["description"] for each in made}
    assert described["new"] == commands.NAMES["new"]
    assert described["daily_note"].startswith("writes a note x")
    assert described["mute_things"] == "mute-things"
    assert all(len(each) <= 256 for each in described.values())
    assert len(commands.menu([skill(f"s{n}") for n in range(200)])) == 100


def test_a_greeting_says_who_is_who_and_marks_nothing_up_that_is_a_name() -> None:
    assert commands.greeting("Star_pod*", SENDER) == (
        "I am Star\\_pod\\*. Your Telegram id is `7`. Write to me, or see /help."
    )


def test_a_stranger_hears_how_to_be_let_in() -> None:
    assert "Telegram id is `7`; whoever runs me can let you in with the code `AAAA2222`" in commands.refusal(
        "Star", SENDER, "AAAA2222", in_group=False
    )
    assert "write again in an hour" in commands.refusal("Star", SENDER, None, in_group=False)
    assert commands.refusal("Star", SENDER, "AAAA2222", in_group=True) == (
        "I do not know you yet, Ada\\_\\*L\\*: write to me in private."
    )


def test_who_is_let_in_hears_as_whom() -> None:
    assert (
        commands.welcome("Star", "a_b") == "You are let in, as a\\_b. I am Star: write to me, or see /help."
    )


def test_who_is_too_late_hears_by_how_much() -> None:
    assert commands.too_late(timedelta(hours=30)).startswith("I was away. What you wrote 30 h ago I do not")


def test_help_names_everything() -> None:
    text = commands.help_text(["daily-note"])
    assert all(f"/{name}:" in text for name in commands.NAMES)
    assert text.endswith("- /daily_note")


def test_models_are_listed_and_chosen() -> None:
    assert "- `test/one` (used here)" in commands.models(CATALOGUE, None)
    assert "- `test/two` (used here)" in commands.models(CATALOGUE, "test/two")
    assert commands.model_named("test/two", CATALOGUE) == "test/two"
    assert commands.model_named("three", CATALOGUE) == "other/Three"
    assert commands.model_named("two", CATALOGUE) is None
    assert commands.model_named("four", CATALOGUE) is None


@pytest.mark.parametrize(
    ("words", "time"),
    [
        ("", commands.FOREVER),
        ("30m", timedelta(minutes=30)),
        ("2 h", timedelta(hours=2)),
        ("1 Day", timedelta(days=1)),
        ("90 min", timedelta(minutes=90)),
        ("2 hours", timedelta(hours=2)),
        ("soon", None),
        ("5", None),
        ("-5m", None),
    ],
)
def test_a_time_is_understood(words: str, time: timedelta | None) -> None:
    assert commands.span(words) == time


def test_how_things_stand() -> None:
    still = Standing(model=None, running_since=None, waiting=0, undelivered=0, begun_at=None, messages=0)
    assert commands.status(still, NOW) == (
        "- I am not at anything right now.\n- Your next message begins a new conversation."
    )
    busy = attrs.evolve(
        still,
        model="test/one",
        running_since=NOW - timedelta(minutes=5),
        waiting=1,
        undelivered=2,
        begun_at=NOW - timedelta(days=1),
        messages=3,
    )
    assert commands.status(busy, NOW) == (
        "- Model: `test/one`\n- I have been at something for 5 min.\n- Waiting: 1 message.\n"
        "- Not delivered: 2 answers; the page shows them.\n"
        "- This conversation: since 2026-03-03 12:00 UTC, 3 messages of yours."
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h")]
)
def test_a_time_that_has_passed_is_told_shortly(seconds: int, words: str) -> None:
    assert commands.lasted(timedelta(seconds=seconds)) == words
