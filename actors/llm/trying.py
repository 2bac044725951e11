"""Before there is a model: what may be chosen, and whether a key is good, found out by one call."""

from collections.abc import Callable, Mapping
from typing import Final

import trio

from actors.llm import messages
from actors.llm.clients import Clients, Spawn
from actors.llm.failures.discretion import without_secrets
from actors.llm.models import endpoints, selection
from actors.llm.models.catalogue import Catalogue
from actors.llm.ollama import server as ollama
from actors.llm.requests.prompt import Prompt
from actors.llm.settings import PROVIDERS, Provider, Settings, api_key, key_variable, split_spec
from actors.vocabulary import ChatMessage, Text

WITHIN: Final = 45.0
"""Seconds in which a model that is tried must have answered; a local one may have to be loaded first."""
ANSWER: Final = 1024
"""Tokens at most, so that a model that thinks first gets to say something."""
QUESTION: Final = "Say hello in one short sentence."


async def choices(
    settings: Settings, env: Mapping[str, str], catalogue: Catalogue
) -> tuple[messages.Choice, ...]:
    """The providers that may be chosen; Ollama only where one answers, with the models that it has, if it has any."""
    local = await _local(settings)
    found = [
        messages.Choice(
            provider=name,
            variable=key_variable(name),
            has_key=api_key(name, env) is not None,
            model=catalogue.default_model(name),
            models=(local or ()) if name == "ollama" else tuple(sorted(catalogue.ids(name))),
        )
        for name in PROVIDERS
        if name != "offline" and settings.of(name).enabled and (local is not None or name != "ollama")
    ]
    return tuple(found)


async def _local(settings: Settings) -> tuple[str, ...] | None:
    own = settings.of("ollama")
    if not own.enabled:
        return None
    return await trio.to_thread.run_sync(ollama.installed_if_any, endpoints.ollama(own.base_url))


async def tried(
    request: messages.Try,
    settings: Settings,
    env: Mapping[str, str],
    catalogue: Catalogue,
    new_id: Callable[[], str],
    spawn: Spawn,
) -> messages.Tried:
    """What came of one call with a key that is kept nowhere. `spawn` runs what has to be done afterwards."""
    try:
        name, model = split_spec(f"{request.provider}/{request.model}")
    except ValueError as error:
        return messages.Tried(works=False, detail=str(error))
    variable, key = key_variable(name), request.key.strip()
    keys = {**env, variable: key} if variable and key else env
    if why := selection.fault(name, settings, keys):
        return messages.Tried(works=False, detail=why)
    try:
        with trio.fail_after(WITHIN):
            await _call(name, model, settings, keys, catalogue, new_id, spawn)
    except (messages.ModelError, messages.ModelUnavailable) as error:
        return messages.Tried(works=False, detail=without_secrets(error, api_key(name, keys)).detail)
    except trio.TooSlowError:
        return messages.Tried(works=False, detail=f"it did not answer within {WITHIN:g} seconds")
    return messages.Tried(works=True)


async def _call(
    name: Provider,
    model: str,
    settings: Settings,
    keys: Mapping[str, str],
    catalogue: Catalogue,
    new_id: Callable[[], str],
    spawn: Spawn,
) -> None:
    prompt = Prompt(
        provider=name,
        model=model,
        messages=(ChatMessage(role="user", content=(Text(text=QUESTION),)),),
        max_tokens=ANSWER,
        details=catalogue.look_up(name, model),
    )

    async def nobody(_item: messages.CompletionEvent) -> None:
        """What it says is not what it was asked for."""

    clients = Clients(new_id, spawn, lambda _name, _why: None)
    try:
        async with clients.using(name, settings, keys) as provider:
            await provider.complete(prompt, nobody)
    finally:
        spawn(clients.close)  # whoever leaves does not wait for it
