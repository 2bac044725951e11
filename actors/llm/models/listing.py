"""Asks an endpoint which models it has, in a thread: a client of its own costs too much for the loop."""

from typing import Final

from actors.causes import why
from actors.llm.failures.reports import read_report
from actors.llm.models import offers
from actors.llm.models.offers import Offered, Question

LIMIT: Final = 5.0
"""Seconds for each step of a request."""
_LONGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer."""


class NotListed(Exception):
    """The endpoint did not say which models it has; the text says why, for people."""


def fetch(question: Question, limit: float = LIMIT) -> tuple[Offered, ...]:
    """The models at an endpoint. Blocks: run it in a thread. Raises NotListed."""
    import httpx2

    body = bytearray()
    try:
        with (
            httpx2.Client(timeout=limit, follow_redirects=False) as client,
            client.stream("GET", question.url, headers=dict(question.headers)) as response,
        ):
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _LONGEST:
                    raise NotListed("its list does not end")
            status = response.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise NotListed(f"it could not be asked: {why(error)}") from error
    if status != 200:
        said = read_report(status, body[:65536].decode("utf-8", "replace")).message
        raise NotListed(f"it answered with HTTP {status}{f': {said}' if said else ''}")
    try:
        return offers.read(bytes(body))
    except offers.NoList as error:
        raise NotListed(f"its answer cannot be read: {error}") from error
