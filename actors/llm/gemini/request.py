"""A prompt as the body of a request to Gemini. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from actors.llm.fields import JsonObject
from actors.llm.gemini.schema import parameters
from actors.llm.requests.files import Files, Reference, follows, shown
from actors.llm.requests.history import normalise, place_notes, wanted_back
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import BUDGETS, Prompt, answer_limit
from actors.llm.requests.wire_names import LONGEST_NAME, wire_name
from actors.vocabulary import PDF, Block, ChatMessage, Text, Thinking, ToolResult, ToolSpec, ToolUse

SIGNATURE: Final = "signature"
"""Name of the proof that goes back with the part it came with, unchanged. Gemini 3 refuses calls without theirs."""
SIGNED_TEXT: Final = "text"
"""Name of the words that a signature belongs to, where it came with words of the answer; they stand right before it."""
THOUGHT: Final = "thought"
"""Name of the mark of a signature that came with reasoning."""
CALL_ID: Final = "id"
"""Name of the id that Gemini gave a call."""

UNSIGNED: Final = "skip_thought_signature_validator"
"""What stands, as Google says, in the place of the signature of a call that another model made."""

_UNSEEN: Final = frozenset({"image/gif"})
"""Pictures that others see and Gemini does not."""
_MOST_OF_PRO: Final = 32_768
_MOST: Final = 24_576
"""Tokens of thinking that Gemini 2.5 takes."""
_NO_THOUGHT: Final = Thinking(text="")
_STARTS_WRONG: Final = re.compile(r"[^A-Za-z_]")


def request_body(prompt: Prompt, options: Mapping[str, Any]) -> JsonObject:
    """The body of ``streamGenerateContent``.

    `options` win over everything; of ``generationConfig`` over what they name of it.
    """
    history = normalise(prompt.messages, wanted_back(prompt.provider))
    noted = place_notes(history, prompt.system)
    system = [part.text for part in prompt.system if part.text.strip() and (part.cached or noted is None)]
    body: JsonObject = {"contents": _Contents(prompt).of(history)}
    if system:
        body["system_instruction"] = {"parts": [{"text": "\n".join(system)}]}
    if prompt.tools:
        declared = {_name(tool.name): _declaration(tool) for tool in prompt.tools}
        body["tools"] = [{"functionDeclarations": [*declared.values()]}]
    config = {**_generation(prompt), **cast("JsonObject", options.get("generationConfig") or {})}
    return {**body, **options, "generationConfig": config}


def _declaration(tool: ToolSpec) -> JsonObject:
    declaration: JsonObject = {"name": _name(tool.name), "description": tool.description}
    if (schema := parameters(tool.input_schema)) is not None:
        declaration["parametersJsonSchema"] = schema
    return declaration


def _name(name: str) -> str:
    """A name begins with a letter or an underscore."""
    sent = wire_name(name)
    return f"_{sent}"[:LONGEST_NAME] if _STARTS_WRONG.match(sent) else sent


# --- thinking ------------------------------------------------------------------------------------------------


def _generation(prompt: Prompt) -> JsonObject:
    """The limit of the answer, which what is thought counts towards, and how much to think."""
    thinking = _thinking(prompt)
    budget = BUDGETS[prompt.effort] if prompt.effort and thinking else None
    config: JsonObject = {"maxOutputTokens": answer_limit(prompt, budget)}
    if thinking:
        config["thinkingConfig"] = {**thinking, "includeThoughts": True}
    return config


def _thinking(prompt: Prompt) -> JsonObject | None:
    """How the model is told how much to think, if it can be: by a word since Gemini 3, by tokens before."""
    match prompt.effort, prompt.details.thinking:
        case None, _:
            return None
        case "medium", "level" if prompt.model.startswith("gemini-3-pro"):
            return {"thinkingLevel": "HIGH"}  # it knows two levels
        case effort, "level":
            return {"thinkingLevel": effort.upper()}
        case effort, "budget":
            return {"thinkingBudget": min(BUDGETS[effort], _MOST_OF_PRO if "pro" in prompt.model else _MOST)}
        case _:
            return None


# --- conversation -------------------------------------------------------------------------------------------


class _Contents:
    """Messages as contents, for one model."""

    def __init__(self, prompt: Prompt) -> None:
        self._provider: Final = prompt.provider
        self._files: Final[Files] = prompt.files
        self._strict: Final = prompt.details.thinking == "level"
        """Since Gemini 3: calls must be signed, and results may hold files."""
        self._ids: dict[str, str] = {}
        """The ids that Gemini gave the calls, by ours."""

    def of(self, history: Iterable[ChatMessage]) -> list[JsonObject]:
        contents: list[JsonObject] = []
        for message in history:
            spoken = message.role == "assistant"
            parts = list(self._of_model(message.content) if spoken else self._of_person(message.content))
            contents.append({"role": "model" if spoken else "user", "parts": parts})
        return contents

    def _of_model(self, content: Iterable[Block]) -> Iterator[JsonObject]:
        parts: list[JsonObject] = []
        first = True
        for block in content:
            if isinstance(block, Text):
                parts.append({"text": block.text})
            elif isinstance(block, ToolUse):
                parts.append(self._call(block, first=first))
                first = False
            else:
                _give_back(block if isinstance(block, Thinking) else _NO_THOUGHT, parts)
        return iter(parts)

    def _call(self, call: ToolUse, *, first: bool) -> JsonObject:
        """Of calls made together Gemini signs the first alone."""
        kept = call.provider_data
        own: Mapping[str, Any] = kept.data if kept is not None and kept.origin == self._provider else {}
        part: JsonObject = {"functionCall": {"name": _name(call.name), "args": dict(call.input)}}
        if given := own.get(CALL_ID):
            part["functionCall"]["id"] = self._ids[call.id] = given
        if signature := own.get(SIGNATURE) or (UNSIGNED if first and self._strict else None):
            part["thoughtSignature"] = signature
        return part

    def _of_person(self, content: Iterable[Block]) -> Iterator[JsonObject]:
        """The results first, all of them side by side, then everything else."""
        rest: list[JsonObject] = []
        for block in content:
            if isinstance(block, ToolResult):
                response, files = self._result(block)
                yield response
                rest += files
            else:
                rest += self._shown(block)
        yield from rest

    def _shown(self, block: Block) -> list[JsonObject]:
        """What a person says: words and files."""
        if isinstance(block, Text):
            return [{"text": block.text}]
        return [self._file(block)] if isinstance(block, Reference) else []

    def _result(self, result: ToolResult) -> tuple[JsonObject, list[JsonObject]]:
        """A result, and its files where the model does not take them within it."""
        words: list[str] = []
        files: list[JsonObject] = []
        for part in result.content:
            sent = {"text": part.text} if isinstance(part, Text) else self._file(part)
            if isinstance(part, Text) or "text" in sent:
                words.append(sent["text"])
            else:
                words.append(follows(part))
                files.append(sent)
        response: JsonObject = {"name": _name(result.name)}
        if given := self._ids.get(result.tool_use_id):
            response["id"] = given
        response["response"] = {"error" if result.is_error else "output": "\n".join(words)}
        if files and self._strict:
            response["parts"], files = files, []
        return {"functionResponse": response}, files

    def _file(self, block: Reference) -> JsonObject:
        file = shown(self._files, block)
        if isinstance(file, Picture) and file.media_type in _UNSEEN:
            file = f"[picture {block.path}: {file.media_type} cannot be shown to the model]"
        if isinstance(file, str):
            return {"text": file}
        media_type = file.media_type if isinstance(file, Picture) else PDF
        return {"inlineData": {"mimeType": media_type, "data": file.data}}


def _give_back(block: Thinking, parts: list[JsonObject]) -> None:
    """Put a signature on the part it came with: the end of the words before it, reasoning, or a part without text."""
    data: Mapping[str, Any] = block.provider_data.data if block.provider_data is not None else {}
    signature, words = data.get(SIGNATURE), data.get(SIGNED_TEXT)
    if not signature:
        return
    if THOUGHT in data:
        parts.append({"text": block.text, "thought": True, "thoughtSignature": signature})
    elif words and parts and parts[-1].keys() == {"text"} and parts[-1]["text"].endswith(words):
        before = parts.pop()["text"].removesuffix(words)
        parts += [{"text": before}] if before else []
        parts.append({"text": words, "thoughtSignature": signature})
    else:
        parts.append({"text": words if words and not words.strip() else "", "thoughtSignature": signature})
