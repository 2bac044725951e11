"""The provider with no model behind it: it follows fixed phrases, so that all runs without a key or a network."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any, Final, cast, final

from actors import jsontext
from actors.llm.answers import embeddings, transcriptions
from actors.llm.answers.embeddings import Embedding
from actors.llm.answers.transcriptions import Sound, Transcription
from actors.llm.completion import END_TURN, TOOL_USE, Completion, Send, Tokens
from actors.llm.messages import TextDelta, TextRole, ToolCallStarted
from actors.llm.offline.phrases import HELP, Call, Intent, Words, understand
from actors.llm.requests.prompt import Prompt
from actors.llm.settings import KEYLESS, PROVIDERS, WHERE_KEYS_GO, key_variable
from actors.vocabulary import Block, Document, Image, Text, ToolResult, ToolSpec, ToolUse

_KEYS: Final = ", ".join(key_variable(name) or "" for name in PROVIDERS if name not in KEYLESS)

WHO: Final = (
    "I am the offline helper: there is no language model behind me, and I only follow a few fixed phrases."
)
CONFIGURE: Final = f"""\
To talk to a real model, set one of {_KEYS} {WHERE_KEYS_GO}, or start Ollama on this machine; then restart Starpod."""

_COUNTED: Final = 40
"""Messages of which the size is taken."""
_DELTAS: Final = 200
"""A longer answer is cut into about so many pieces instead of single words."""


@final
class Offline:
    """Answers by rule, with real calls of the tools it is offered. `note` says why nobody better answers."""

    def __init__(self, new_id: Callable[[], str], note: str = "") -> None:
        self._new_id = new_id
        self._note = note

    async def complete(self, prompt: Prompt, send: Send) -> Completion:
        """See :class:`actors.llm.provider.Provider`."""
        text, calls = respond(prompt, self._note)
        for piece in _pieces(text):
            await send(TextDelta(text=piece))
        uses = tuple(ToolUse(id=self._new_id(), name=call.tool, input=call.input) for call in calls)
        for use in uses:
            await send(ToolCallStarted(id=use.id, name=use.name))
        content: tuple[Block, ...] = (*((Text(text=text),) if text else ()), *uses)
        return Completion(
            content=content, stop_reason=TOOL_USE if uses else END_TURN, tokens=_tokens(prompt, content)
        )

    async def embed(self, model: str, texts: Sequence[str], role: TextRole = "passage") -> Embedding:
        """See :class:`actors.llm.provider.Provider`."""
        raise embeddings.unknown_to("offline")

    async def transcribe(self, model: str, sound: Sound) -> Transcription:
        """See :class:`actors.llm.provider.Provider`."""
        raise transcriptions.unknown_to("offline")

    async def close(self) -> None:
        """Nothing is open."""


def respond(prompt: Prompt, note: str) -> tuple[str, list[Call]]:
    """What to say and which tools to call: first what came of earlier calls, then what the person asks for."""
    said, calls = list(_reports(prompt)), list[Call]()
    if text := _asked(prompt):
        intents, strange = understand(text)
        for intent in intents:
            answer = _grant(intent, prompt.tools, note)
            if isinstance(answer, Call):
                calls.append(answer)
            else:
                said.append(answer)
        if strange:
            said.append(_puzzled(strange, partly=bool(intents)))
    if not said and not calls:
        said.append(_about(note))
    return "\n\n".join(said), calls


def _since_last_answer(prompt: Prompt) -> list[Block]:
    messages = list(takewhile(lambda message: message.role != "assistant", reversed(prompt.messages)))
    return [block for message in reversed(messages) for block in message.content]


def _last_calls(prompt: Prompt) -> dict[str, ToolUse]:
    """Calls of the last answer, by id."""
    last = next((message for message in reversed(prompt.messages) if message.role == "assistant"), None)
    return {block.id: block for block in (last.content if last else ()) if isinstance(block, ToolUse)}


def _asked(prompt: Prompt) -> str:
    return "\n".join(block.text for block in _since_last_answer(prompt) if isinstance(block, Text)).strip()


# --- what came of the calls ------------------------------------------------------------------------------------


def _reports(prompt: Prompt) -> Iterator[str]:
    uses = _last_calls(prompt)
    for block in _since_last_answer(prompt):
        if isinstance(block, ToolResult):
            yield _report(uses.get(block.tool_use_id), block)


def _report(use: ToolUse | None, result: ToolResult) -> str:
    texts = [part.text for part in result.content if isinstance(part, Text)]
    text = "\n".join(texts)
    path = f"`{use.input['path']}`" if use is not None and "path" in use.input else "it"
    if result.is_error:
        return f"That did not work: {text}"
    match result.name:
        case "FileRead" if any(isinstance(part, Image) for part in result.content):
            return f"{path} is a picture, and I cannot see pictures."
        case "FileRead" if any(isinstance(part, Document) for part in result.content):
            return f"{path} is a PDF, and I cannot read those."
        case "FileRead":
            return f"{path} says:\n\n{_fenced(text)}" if text.strip() else f"{path} is empty."
        case "FileList":
            return _listing(path, texts)
        case "FileWrite" | "FileDelete" | "Attach":
            return f"Done: {text}"
        case name:
            return f"{name} answered:\n\n{_fenced(text)}"


def _listing(path: str, texts: list[str]) -> str:
    where = "Your home folder" if path in ("`.`", "it") else f"The folder {path}"
    try:
        entries = cast("list[dict[str, Any]]", jsontext.read(texts[0]))
        lines = [f"- `{entry['name']}`{_size(entry)}" for entry in entries]
    except (LookupError, TypeError, ValueError):
        raw = "\n".join(texts)
        return f"{where}:\n\n{_fenced(raw)}" if raw else f"{where} is empty."
    if not lines:
        return f"{where} is empty."
    return "\n".join((f"{where} holds:\n", *lines, *texts[1:]))


def _size(entry: dict[str, Any]) -> str:
    size = entry.get("size")
    return "" if size is None else f" ({size} byte{'' if size == 1 else 's'})"


def _fenced(text: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"


# --- what is asked for -----------------------------------------------------------------------------------------


def _grant(intent: Intent, tools: tuple[ToolSpec, ...], note: str) -> Call | str:
    match intent:
        case Call(tool=name, input=input):
            offered = {tool.name.lower(): tool.name for tool in tools}
            known = offered.get(name.lower())
            return _no_such_tool(name, tools) if known is None else Call(known, input)
        case Words(kind="tools"):
            return _tool_list(tools)
        case Words(kind="help"):
            return "\n\n".join((WHO, f"I understand:\n\n{HELP}", *_configuring(note)))
        case Words(kind="hello"):
            return f"Hello! {_about(note)}"
        case Words(text=text):
            return text


def _about(note: str) -> str:
    return "\n\n".join((f"{WHO} Say `help` to see them.", *_configuring(note)))


def _configuring(note: str) -> Iterable[str]:
    return filter(None, (note, CONFIGURE))


def _puzzled(lines: list[str], *, partly: bool) -> str:
    shown = lines[0] if len(lines[0]) <= 80 else lines[0][:80] + "…"
    if partly:
        return f"I did not understand “{shown}”. Say `help` to see what I can do."
    return f"I did not understand “{shown}”.\n\n{WHO} I understand:\n\n{HELP}\n\n{CONFIGURE}"


def _no_such_tool(name: str, tools: tuple[ToolSpec, ...]) -> str:
    return f"There is no tool `{name}` here. {_tool_list(tools)}"


def _tool_list(tools: tuple[ToolSpec, ...]) -> str:
    if not tools:
        return "No tools are offered to me right now."
    lines = [f"- `{tool.name}`: {' '.join(tool.description.split())}" for tool in tools]
    return "\n".join(("These are the tools:\n", *lines))


# --- how it is said ----------------------------------------------------------------------------------------------


def _pieces(text: str) -> list[str]:
    """Word by word, each with the white space behind it."""
    words = re.findall(r"\S+\s*|\s+", text)
    step = max(1, len(words) // _DELTAS)
    return ["".join(words[i : i + step]) for i in range(0, len(words), step)]


def _tokens(prompt: Prompt, content: Iterable[Block]) -> Tokens:
    """A rough count, four characters a token, so that limits and displays have something to work with.

    The end of a long conversation stands for all of it: the time to count does not grow with it.
    """
    end = prompt.messages[-_COUNTED:]
    asked = sum(map(_length, (block for message in end for block in message.content)))
    system = sum(len(part.text) for part in prompt.system)
    whole = asked * len(prompt.messages) // max(1, len(end))
    return Tokens(input=(whole + system) // 4, output=sum(map(_length, content)) // 4)


def _length(block: Block) -> int:
    match block:
        case Text(text=text):
            return len(text)
        case ToolUse(input=input):
            return len(jsontext.write(dict(input)))
        case ToolResult(content=content):
            return sum(len(part.text) for part in content if isinstance(part, Text))
        case _:
            return 0
