"""OpenAI's SDK as a client of OpenAI and its relatives. Importing this module imports the SDK: about a second."""

from collections.abc import Mapping

import httpx2
import openai

from actors.llm.answers.transcriptions import Form
from actors.llm.transport.http_provider import Client


def connect(base_url: str, api_key: str | None, *, relative: bool) -> Client:
    """A client of its own connections. Costs some 40 ms (TLS), so make it off the event loop.

    A `relative` is not told the organisation and project that the environment may hold for OpenAI.
    """
    sdk = openai.AsyncOpenAI(api_key=api_key or "none", base_url=base_url, max_retries=0)
    if relative:
        sdk.organization = sdk.project = None

    async def post(
        path: str, headers: Mapping[str, str], body: bytes, limits: httpx2.Timeout
    ) -> "openai.AsyncStream[object]":
        return await sdk.post(
            path,
            content=body,
            cast_to=object,
            options={"timeout": limits, "headers": headers},
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )

    async def post_form(
        path: str, headers: Mapping[str, str], form: Form, limits: httpx2.Timeout
    ) -> "openai.AsyncStream[object]":
        return await sdk.post(
            path,
            body=form.fields,
            files={"file": (form.name, form.data, form.media_type)},
            cast_to=object,
            options={"timeout": limits, "headers": {**headers, "Content-Type": "multipart/form-data"}},
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )

    return Client(post=post, close=sdk.close, error=openai.APIError, refusal=_refusal, post_form=post_form)


def _refusal(error: Exception) -> httpx2.Response | None:
    return error.response if isinstance(error, openai.APIStatusError) else None
