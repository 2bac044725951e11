"""All interfaces that a conversation may be sent to, each with what its strict servers refuse."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from actors import jsontext
from actors.llm.anthropic import format as anthropic_format
from actors.llm.format import Format
from actors.llm.gemini import format as gemini_format
from actors.llm.messages import Complete
from actors.llm.models.catalogue import ModelDetails
from actors.llm.ollama import format as ollama_format
from actors.llm.openai import format as openai_format
from actors.llm.openai import responses as responses_format
from actors.llm.requests.prompt import Prompt
from tests.validators import anthropic_messages, gemini, ollama, openai_chat, responses
from tests.validators.strict import Refused

MODEL: Final = "gemini-2.5-flash"
"""One for all: only Gemini's validator looks at it."""
CAN: Final = ModelDetails(context_window=40_960)


def _raised(check: Callable[[Any], None]) -> Callable[[Any], list[str]]:
    def complaints(body: Any) -> list[str]:
        try:
            check(body)
        except Refused as refusal:
            return [str(refusal)]
        return []

    return complaints


INTERFACES: Final[Mapping[str, tuple[Format, Callable[[Any], list[str]]]]] = {
    "anthropic": (anthropic_format.FORMAT, _raised(anthropic_messages.check)),
    "openai": (openai_format.FORMAT, _raised(openai_chat.check)),
    "responses": (responses_format.FORMAT, responses.complaints),
    "gemini": (gemini_format.FORMAT, _raised(lambda body: gemini.check(body, model=MODEL))),
    "ollama": (ollama_format.format_at("http://127.0.0.1", lambda: 0.0), ollama.complaints),
}


def complaints(request: Complete) -> Iterator[str]:
    """What anybody has to find fault with in the request for a completion."""
    prompt = Prompt(
        provider="here",
        model=MODEL,
        messages=request.messages,
        system=request.system,
        tools=request.tools,
        max_tokens=request.max_tokens,
        details=CAN,
    )
    for name, (format, found) in INTERFACES.items():
        body = jsontext.read(jsontext.encode(format.body(prompt, {})))
        yield from (f"{name}: {complaint}" for complaint in found(body))
