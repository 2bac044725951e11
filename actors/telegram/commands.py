"""Commands that people write to the bot, and what they are answered. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, final

import attrs

from actors.llm.messages import Catalogue
from actors.skills.messages import Skill
from actors.telegram.update import Bot, Sender

NAMES: Final[Mapping[str, str]] = {
    "new": "begin a new conversation",
    "stop": "stop what I am doing",
    "undo": "take your last message back, as long as it is not answered",
    "status": "how things stand",
    "model": "which model answers here, or another one: /model NAME",
    "approvals": "what waits for your answer",
    "mute": "no notifications for a while: /mute 2h, /mute off",
    "help": "what you can say",
}
"""What each does."""
GREETING: Final = "start"
MOST: Final = 100
"""Commands that a bot may have."""
LONGEST_DESCRIPTION: Final = 256
"""Characters."""
FOREVER: Final = timedelta()
"""No end."""
_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+(.*))?", re.DOTALL)
_SPAN: Final = re.compile(r"([0-9]{1,4})\s*(m|min|h|d)[a-z]*", re.IGNORECASE)
_UNITS: Final = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


@final
@attrs.frozen
class Command:
    """What somebody wants done. A name that is none of ours may be that of a skill."""

    name: str
    rest: str

    @property
    def is_ours(self) -> bool:
        return self.name == GREETING or self.name in NAMES


def parse(said: str, bot: Bot) -> Command | None:
    """The command that a message is; None for one that only says something, or says it to another bot."""
    found = _COMMAND.fullmatch(said)
    if found is None or (found[2] or bot.username).lower() != bot.username.lower():
        return None
    return Command(found[1].lower(), (found[3] or "").strip())


def called_up(command: Command, skills: Iterable[str]) -> str:
    """The words that call a skill up, which Telegram lets nobody name with a hyphen."""
    name = next((each for each in skills if menu_name(each) == command.name), command.name)
    return f"/{name} {command.rest}".strip()


def menu_name(skill: str) -> str:
    """A skill as a command of Telegram."""
    return skill.lower().replace("-", "_")


def menu(skills: Sequence[Skill]) -> list[dict[str, str]]:
    """The list of commands that an app shows, as ``setMyCommands`` takes it."""
    found = dict(NAMES)
    for each in skills:
        name = menu_name(each.name)
        if each.visible and re.fullmatch("[a-z0-9_]{1,32}", name) and name != GREETING:
            words = " ".join(each.description.split())[:LONGEST_DESCRIPTION]
            found.setdefault(name, words or each.name)
    return [{"command": name, "description": words} for name, words in list(found.items())[:MOST]]


# --- what is answered ---------------------------------------------------------------------------------------


def greeting(agent: str, sender: Sender) -> str:
    """To somebody who may speak."""
    return f"I am {plain(agent)}. Your Telegram id is `{sender.id}`. Write to me, or see /help."


def refusal(agent: str, sender: Sender, code: str | None, *, in_group: bool) -> str:
    """To somebody who is not known."""
    if in_group:
        return f"I do not know you yet, {plain(sender.name)}: write to me in private."
    who = f"I am {plain(agent)}, and I do not know you yet. Your Telegram id is `{sender.id}`"
    if code is None:
        return f"{who}. Too many people ask to be let in right now: write again in an hour."
    return f"{who}; whoever runs me can let you in with the code `{code}` within an hour."


def welcome(agent: str, user: str) -> str:
    """To somebody who was let in."""
    return f"You are let in, as {plain(user)}. I am {plain(agent)}: write to me, or see /help."


def too_late(ago: timedelta) -> str:
    """To somebody whose message has waited too long."""
    return (
        f"I was away. What you wrote {lasted(ago)} ago I do not take up any more, nor what else has waited so long: "
        "write it again if it still matters."
    )


def help_text(skills: Iterable[str]) -> str:
    """What can be said."""
    lines = [f"- /{name}: {words}" for name, words in NAMES.items()]
    own = [f"- /{menu_name(each)}" for each in skills]
    return "\n".join(["Just write to me. What else you can say:", "", *lines, *own])


def models(catalogue: Catalogue, chosen: str | None) -> str:
    """Which models there are."""
    used = chosen or catalogue.default
    lines = [f"- `{each.spec}`{' (used here)' if each.spec == used else ''}" for each in catalogue.models]
    return "\n".join([
        f"Answers here come from `{used}`. There are:", "", *lines, "",
        "Another one: /model NAME. The usual one again: /model default.",
    ])  # fmt: skip


def model_named(wanted: str, catalogue: Catalogue) -> str | None:
    """The model that somebody means: by its whole name, or by an end of it that only one has."""
    specs = [each.spec for each in catalogue.models]
    if wanted in specs:
        return wanted
    ends = [spec for spec in specs if spec.lower().endswith(f"/{wanted.lower()}")]
    return ends[0] if len(ends) == 1 else None


def span(words: str) -> timedelta | None:
    """How long, as somebody has said it: ``30m``, ``2 h``, ``1 day``, nothing for ever; None for what means nothing."""
    if not words:
        return FOREVER
    found = _SPAN.fullmatch(words)
    return None if found is None else timedelta(**{_UNITS[found[2].lower()]: int(found[1])})


@final
@attrs.frozen(kw_only=True)
class Standing:
    """How things stand in a chat."""

    model: str | None
    """None where nobody can say."""
    running_since: datetime | None
    waiting: int
    undelivered: int
    begun_at: datetime | None
    """When the conversation was begun; None while there is none."""
    messages: int


def status(standing: Standing, now: datetime) -> str:
    """How things stand, for the person."""
    lines = [f"Model: `{standing.model}`"] if standing.model else []
    if standing.running_since is None:
        lines.append("I am not at anything right now.")
    else:
        lines.append(f"I have been at something for {lasted(now - standing.running_since)}.")
    if standing.waiting:
        lines.append(f"Waiting: {_count(standing.waiting, 'message')}.")
    if standing.undelivered:
        lines.append(f"Not delivered: {_count(standing.undelivered, 'answer')}; the page shows them.")
    if standing.begun_at is not None:
        begun = f"{standing.begun_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"This conversation: since {begun}, {_count(standing.messages, 'message')} of yours.")
    else:
        lines.append("Your next message begins a new conversation.")
    return "\n".join(f"- {line}" for line in lines)


def lasted(time: timedelta) -> str:
    """A time that has passed, for people."""
    seconds = max(int(time.total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def plain(name: str) -> str:
    """A name within Markdown, as nothing but a name."""
    return re.sub(r"([\\`*_{}\[\]()<>#|~!+.-])", r"\\\1", name)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
