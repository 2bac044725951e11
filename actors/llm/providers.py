"""Makes the provider behind a name. SDKs are imported here and nowhere else, when one is used for the first time."""

import gc
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from actors.llm import anthropic_wire, endpoints, openai_wire
from actors.llm.choice import api_key
from actors.llm.prompt import Provider
from actors.llm.settings import Provider as Name
from actors.llm.settings import Settings

if TYPE_CHECKING:
    from actors.llm.remote import Within


def connect(
    name: Name, settings: Settings, env: Mapping[str, str], *, new_id: Callable[[], str], within: "Within"
) -> Provider:
    """The provider `name`, ready to be asked. Takes up to two seconds: run it in a thread.

    `new_id` makes ids for calls that came without one.
    """
    options = settings.of(name)
    base_url = endpoints.prefix(name, options.base_url)
    key = api_key(name, env)
    with _uncollected():
        from actors.llm.remote import Remote

        if name == "anthropic":
            from actors.llm import anthropic

            client = anthropic.connect(base_url=base_url, api_key=key or "")
            body = partial(anthropic_wire.request_body, options=options.options)
            reader: Callable[[], anthropic_wire.Reader | openai_wire.Reader] = partial(
                anthropic_wire.Reader, name, new_id
            )
        else:
            from actors.llm import openai

            client = openai.connect(base_url=base_url, api_key=key or "none", relative=name != "openai")
            body = partial(openai_wire.request_body, provider=name, options=options.options)
            reader = partial(openai_wire.Reader, name, new_id)
    return Remote(
        name=name,
        key=key,
        client=client,
        body=body,
        reader=reader,
        idle_timeout=settings.idle_timeout,
        within=within,
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
