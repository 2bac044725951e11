"""Addresses of providers, however a person writes them. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit

_OF_INTERFACE: Final = re.compile(r"(/v1(/chat(/completions)?)?|/api(/chat)?)\Z")
OLLAMA_HOST: Final = "http://127.0.0.1:11434"


def base(own: str, path: str, given: str | None) -> str:
    """The URL that the path of a call is added to.

    Args:
      own: the provider's own base URL, for when nothing is given.
      path: of the call.
      given: full URL of the call, base URL, or a mere host, which gets the provider's own path.
    """
    if given is None:
        return own
    url = urlsplit(given.rstrip("/"))
    before, of_model, _ = path.partition("{model}")
    if of_model and before in url.path:
        url = url._replace(path=url.path.rpartition(before)[0], query="")
    *steps, _ = path.split("/")
    ends = [path, *("/".join(steps[: n + 1]) for n in reversed(range(1, len(steps))))]
    prefix = next((url.path.removesuffix(end) for end in ends if url.path.endswith(end)), url.path)
    return url._replace(path=prefix or ("" if url.path else urlsplit(own).path)).geturl()


def ollama(given: str | None) -> str:
    """The URL below which an Ollama has its own interface, from one of the forms that :func:`base` takes."""
    url = urlsplit((given or OLLAMA_HOST).rstrip("/"))
    return url._replace(path=_OF_INTERFACE.sub("", url.path), query="", fragment="").geturl()


def label(name: str, base_url: str | None) -> str:
    """What a person reads of an endpoint: the provider, and where it is when that was set; never a password in it."""
    return f"{name} at {urlsplit(base_url).netloc.rpartition('@')[2]}" if base_url else name
