"""Anthropic's SDK as a client. Importing this module imports the SDK: one to two seconds."""

from collections.abc import Mapping

import anthropic
import httpx2

from actors.llm.transport.http_provider import Client


def connect(base_url: str, api_key: str | None) -> Client:
    """A client of its own connections. Costs some 40 ms (TLS), so make it off the event loop."""
    sdk = anthropic.AsyncAnthropic(api_key=api_key or "", base_url=base_url, max_retries=0)

    async def post(
        path: str, headers: Mapping[str, str], body: bytes, limits: httpx2.Timeout
    ) -> "anthropic.AsyncStream[object]":
        return await sdk.post(
            path,
            content=body,
            cast_to=object,
            options={"timeout": limits, "headers": headers},
            stream=True,
            stream_cls=anthropic.AsyncStream[object],
        )

    return Client(post=post, close=sdk.close, error=anthropic.APIError, refusal=_refusal)


def _refusal(error: Exception) -> httpx2.Response | None:
    return error.response if isinstance(error, anthropic.APIStatusError) else None
