"""What secrets may be called and where they may be sent. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from actors.vocabulary import quoted, user_id

SYSTEM: Final = frozenset(
    {
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GEMINI_API_KEY",
        "GROQ_API_KEY",
        "DEEPSEEK_API_KEY",
        "OPENROUTER_API_KEY",
        "BRAVE_API_KEY",
        "TELEGRAM_BOT_TOKEN",
        "EMAIL_PASSWORD",
        "IMAP_PASSWORD",
    }
)
"""What the agent itself works with, in whatever case they are written."""
HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ANTHROPIC_API_KEY": ("api.anthropic.com",),
    "OPENAI_API_KEY": ("api.openai.com",),
    "GEMINI_API_KEY": ("generativelanguage.googleapis.com",),
    "GROQ_API_KEY": ("api.groq.com",),
    "DEEPSEEK_API_KEY": ("api.deepseek.com",),
    "OPENROUTER_API_KEY": ("openrouter.ai",),
    "BRAVE_API_KEY": ("api.search.brave.com",),
    "TELEGRAM_BOT_TOKEN": ("api.telegram.org",),
    "GITHUB_TOKEN": ("api.github.com",),
    "GH_TOKEN": ("api.github.com",),
    "STRIPE_API_KEY": ("api.stripe.com",),
    "STRIPE_SECRET_KEY": ("api.stripe.com",),
    "SENDGRID_API_KEY": ("api.sendgrid.com",),
    "SLACK_BOT_TOKEN": ("slack.com",),
    "SLACK_APP_TOKEN": ("slack.com",),
    "AWS_SECRET_ACCESS_KEY": ("*.amazonaws.com",),
}
"""Where a secret of that name is meant to be sent, unless its owner says otherwise."""
LONGEST: Final = 64 * 1024
"""Bytes of a secret."""
MOST_HOSTS: Final = 500
LONGEST_HOST: Final = 253
MOST_OF_USER: Final = 100
"""Secrets of one user."""
ANYWHERE: Final = "*"
AGENT: Final = ""
"""Owner of what is the agent's own."""

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_HOST: Final = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
_SECRET: Final = re.compile(
    r"(?<![A-Z])(?:KEYS?|AUTH|PASS|PASSPHRASE)(?![A-Z])"
    r"|(?:APIKEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?(?![A-Z])"
)
_UNMISTAKABLE: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z]).{20,}")
_OURS: Final = frozenset({"STARPOD_VAULT_KEY", "STARPOD_API_KEY"})
"""Read before the vault can be."""


def is_system(name: str) -> bool:
    """Whether the agent itself works with the secret of that name."""
    return name.upper() in SYSTEM


def says_secret(variable: str) -> bool:
    """Whether a variable of the environment is a secret by its name."""
    return bool(_SECRET.search(variable.upper()))


def names_a_secret(variable: str) -> bool:
    """Whether that is so, and the vault can keep it."""
    return says_secret(variable) and variable not in _OURS and bool(_NAME.fullmatch(variable))


def may_be_granted(variable: str) -> bool:
    """Whether a tool may have it when the owner says so."""
    return variable.upper() not in SYSTEM | _OURS


def checked_name(name: str) -> str:
    """The name a secret is kept under. Raises ValueError, saying what a name must be."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            "a name has 1 to 128 letters, digits, underscores, dots and hyphens, and begins with none of the last two"
        )
    return name.upper() if is_system(name) else name


def checked_owner(owner: str, name: str) -> str:
    """Whose a secret is, empty for the agent, as it is stored. Raises ValueError."""
    if owner and is_system(name):
        raise ValueError(f"{name.upper()} is the agent's own: it can have no other owner")
    return owner_of(user_id(owner)) if owner else AGENT


def owner_of(user: str) -> str:
    """How a user is stored as an owner: ids are told apart without regard to case."""
    return user.lower()


def checked_value(value: str) -> str:
    """A value that can be kept. Raises ValueError."""
    if not value:
        raise ValueError("the value is empty")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError("the value is not text") from None
    if size > LONGEST:
        raise ValueError(f"the value has {size} bytes, {LONGEST} are allowed")
    return value


def unmistakable(value: str) -> list[str]:
    """The parts of a value that nobody writes without meaning it.

    Of what a user keeps only they are hidden from text: else anybody could take a common word from everybody else.
    """
    return [part for part in value.split() if _UNMISTAKABLE.fullmatch(part)]


def checked_hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    """Hosts as they are looked up, each once. Raises ValueError with the first that is none."""
    found = tuple(dict.fromkeys(map(_checked_host, hosts)))
    if len(found) > MOST_HOSTS:
        raise ValueError(f"{len(found)} hosts are too many, {MOST_HOSTS} are allowed")
    return found


def _checked_host(host: str) -> str:
    name = host.strip()
    if name == ANYWHERE:
        return name
    name = _ascii(name.lower().removesuffix("."))
    if not _HOST.fullmatch(name) or len(name) > LONGEST_HOST:
        raise ValueError(f"{quoted(host)} is no host: write example.com, *.example.com or * for any")
    return name


def allows(hosts: Iterable[str], host: str) -> bool:
    """Whether a secret with these hosts may be sent to `host`, the name in an address without its port."""
    wanted = _ascii(host.lower().removesuffix("."))
    return any(
        each in {ANYWHERE, wanted} or (each.startswith("*.") and wanted.endswith(each[1:])) for each in hosts
    )


def widened(before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """Those of the hosts `after` that a secret with the hosts `before` may not be sent to."""
    known = tuple(before)
    return tuple(host for host in after if not allows(known, host))


def _ascii(host: str) -> str:
    """A name as it is looked up; one that cannot be is left as it is and matches nothing."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host
