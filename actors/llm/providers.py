"""The providers that are reached over HTTP, one line each. Their SDKs are imported here, when one is first used.

A further provider is a name in the settings and an entry here, with a format in a module of its own where it speaks
none of those that are there.
"""

import gc
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, final
from urllib.parse import urlsplit

import attrs

from actors.llm.anthropic import format as anthropic_format
from actors.llm.format import Format
from actors.llm.gemini import format as gemini_format
from actors.llm.interfaces import Interfaces
from actors.llm.models import endpoints
from actors.llm.ollama import format as ollama_format
from actors.llm.openai import format as openai_format
from actors.llm.openai import responses as responses_format
from actors.llm.provider import Provider
from actors.llm.refusals.adaptation import Learned
from actors.llm.requests.prompt import Prompt
from actors.llm.settings import Provider as Name
from actors.llm.settings import Settings, api_key
from bus import Data

if TYPE_CHECKING:
    from actors.llm.transport.http_provider import Client, Within

Clock = Callable[[], float]


def _anthropic(base_url: str, key: str | None) -> "Client":
    from actors.llm.anthropic import client as anthropic_client

    return anthropic_client.connect(base_url, key)


def _ollama(base_url: str | None, clock: Clock) -> Format:
    return ollama_format.format_at(endpoints.ollama(base_url), clock)


def _openai(base_url: str, key: str | None) -> "Client":
    from actors.llm.openai import client as openai_client

    return openai_client.connect(base_url, key, relative=False)


def _relative(base_url: str, key: str | None) -> "Client":
    from actors.llm.openai import client as openai_client

    return openai_client.connect(base_url, key, relative=True)


def _gemini(base_url: str, key: str | None) -> "Client":
    from actors.llm.transport import plain_client

    return plain_client.connect(base_url, {"x-goog-api-key": key or ""})


@final
@attrs.frozen(kw_only=True)
class Better(Data):
    """A second interface of a provider, better than the one that it has in common with others; not all have it."""

    format: Callable[[str | None, Clock], Format]
    """Takes the base URL of the settings."""
    suits: Callable[[Prompt], bool]
    """Whether a prompt is one for it."""


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """One provider: where it is, how it is spoken with, and whose SDK speaks."""

    base_url: str
    """What the path of a call is added to."""
    format: Format = openai_format.RELATIVE
    client: "Callable[[str, str | None], Client]" = _relative
    """Takes base URL and key; imports the SDK where there is one."""
    patient: bool = False
    """Whether it may be silent for long, as a local model is while it loads."""
    better: Better | None = None


PROVIDERS: Final[Mapping[Name, Entry]] = {
    "anthropic": Entry(
        base_url="https://api.anthropic.com", format=anthropic_format.FORMAT, client=_anthropic
    ),
    "openai": Entry(
        base_url="https://api.openai.com/v1",
        format=openai_format.FORMAT,
        client=_openai,
        better=Better(
            format=lambda _base_url, _clock: responses_format.FORMAT,
            suits=lambda prompt: not prompt.details.effort_with_tools,
        ),
    ),
    "gemini": Entry(
        base_url="https://generativelanguage.googleapis.com/v1beta",
        format=gemini_format.FORMAT,
        client=_gemini,
    ),
    "groq": Entry(base_url="https://api.groq.com/openai/v1"),
    "deepseek": Entry(base_url="https://api.deepseek.com/v1", format=openai_format.DEEPSEEK),
    "openrouter": Entry(base_url="https://openrouter.ai/api/v1"),
    "ollama": Entry(
        base_url="http://localhost:11434/v1",
        patient=True,
        better=Better(format=_ollama, suits=lambda _: True),
    ),
}


def connect(
    name: Name,
    settings: Settings,
    env: Mapping[str, str],
    *,
    new_id: Callable[[], str],
    within: "Within",
    clock: Clock,
) -> Provider:
    """The provider `name`, ready to be asked. Takes up to two seconds: run it in a thread.

    `new_id` makes ids for calls that came without one, `clock` tells seconds from any beginning.
    """
    entry, own, key = PROVIDERS[name], settings.of(name), api_key(name, env)
    with _uncollected():
        from actors.llm.transport.http_provider import HttpProvider

        client = entry.client(endpoints.base(entry.base_url, entry.format.path, own.base_url), key)
    usual = HttpProvider(
        name=name,
        client=client,
        format=entry.format,
        options=own.options,
        new_id=new_id,
        patient=entry.patient,
        idle_timeout=settings.idle_timeout,
        within=within,
    )
    if entry.better is None:
        return usual
    format = entry.better.format(own.base_url, clock)
    return Interfaces(
        better=attrs.evolve(usual, format=format, learned=Learned()),
        usual=usual,
        path=urlsplit(format.path).path,
        suits=entry.better.suits,
    )


@contextmanager
def _uncollected() -> Generator[None]:
    """Keep the garbage collector away from what is imported within.

    The SDKs bring some 300 000 objects that live for ever; with them a full collection stops everything for 0.2 s.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
