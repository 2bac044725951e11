"""What the scripted model server can be told: parts of a reply, what it received, rules that answer by themselves."""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, final

import attrs
import trio

JsonObject = dict[str, Any]
Wire = Literal["anthropic", "openai", "ollama", "responses", "gemini"]

# --- what a reply is made of ---------------------------------------------------------------------------------


@final
class Say:
    """A block of text, one delta a chunk. The `signature` is Gemini's, for the last of them."""

    def __init__(self, *chunks: str, signature: str = "") -> None:
        self.chunks, self.signature = chunks, signature


@final
class Think:
    """Reasoning, one delta a chunk; ``reasoning_content`` in the OpenAI format, which has no signature."""

    def __init__(self, *chunks: str, signature: str = "signature") -> None:
        self.chunks, self.signature = chunks, signature


@final
@attrs.frozen
class Redacted:
    """Encrypted reasoning; not sent in the OpenAI format."""

    data: str


@final
@attrs.frozen
class Call:
    """A tool call. An `input` that is a string is sent as it is: cut or malformed JSON."""

    name: str
    input: Mapping[str, Any] | str = attrs.field(factory=dict[str, Any])
    id: str | None = None
    fragments: int = 3
    """Pieces the arguments are cut into."""
    signature: str = ""
    """What Gemini wants back with it."""


@final
@attrs.frozen
class Wait:
    """Seconds without a byte."""

    seconds: float


@final
@attrs.frozen
class Raw:
    """Bytes sent as they are, as one HTTP chunk."""

    data: bytes


@final
@attrs.frozen
class Fail:
    """An error event in the middle of the stream; nothing follows it."""

    type: str = "overloaded_error"
    message: str = "Overloaded"


@final
@attrs.frozen
class Drop:
    """The connection is cut; nothing follows."""


Part = Say | Think | Redacted | Call | Wait | Raw | Fail | Drop


@final
@attrs.frozen(kw_only=True)
class Tokens:
    input: int = 10
    """Neither read from nor written to the cache."""
    output: int = 5
    cache_read: int = 0
    cache_write: int = 0


@final
class Reply:
    """A successful answer, part by part.

    `stop` is the stop reason in the words of Anthropic; None says ``tool_use`` after a call, else ``end_turn``.
    `held`: nothing is sent until this has happened. `delay`: seconds before the headers. `gap`: seconds before each
    delta. `cut`: bytes of each write, to cut events and characters anywhere. `finish`: whether the closing events are
    sent; without them the body just ends.
    """

    def __init__(
        self,
        *parts: Part,
        stop: str | None = None,
        tokens: Tokens | None = None,
        held: trio.Event | None = None,
        delay: float = 0.0,
        gap: float = 0.0,
        cut: int | None = None,
        finish: bool = True,
    ) -> None:
        called = any(isinstance(part, Call) for part in parts)
        self.parts = parts
        self.stop = stop or ("tool_use" if called else "end_turn")
        self.tokens = tokens or Tokens()
        self.held, self.delay, self.gap, self.cut, self.finish = held, delay, gap, cut, finish


@final
@attrs.frozen(kw_only=True)
class Refuse:
    """An error status. `body` replaces the JSON that both vendors would send."""

    status: int
    type: str = "error"
    message: str = "refused by the script"
    code: str | None = None
    """``error.code`` of the OpenAI format."""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes | None = None
    content_type: str = "application/json"
    delay: float = 0.0


def bag_of_words(text: str) -> list[float]:
    """A vector that is the nearer to that of another text, the more words both have."""
    vector = [0.0] * 32
    for word in re.findall(r"\w+", text.lower()):
        vector[zlib.crc32(word.encode()) % 32] += 1.0
    return vector


@final
@attrs.frozen(kw_only=True)
class Vectors:
    """An answer to a request for embeddings.

    `of` gives the vector of a text. `plain`: numbers are sent although base64 was asked for, as old servers do.
    `delay`: seconds before the headers. `cut`: bytes of the body after which the connection is cut.
    """

    of: Callable[[str], Sequence[float]] = bag_of_words
    plain: bool = False
    delay: float = 0.0
    cut: int | None = None


@final
@attrs.frozen(kw_only=True)
class Words:
    """An answer to a request for the words of a recording.

    `usage` is what it says of that. `delay`: seconds before the headers.
    """

    text: str = "Remind me of the boat."
    usage: Mapping[str, Any] = attrs.field(factory=lambda: {"type": "duration", "seconds": 3})
    delay: float = 0.0


Answer = Reply | Refuse | Vectors | Words


@final
@attrs.frozen(kw_only=True)
class Received:
    """One request as it came in."""

    wire: Wire
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: JsonObject
    size: int
    """Bytes of the body."""

    @property
    def messages(self) -> list[JsonObject]:
        """The conversation; of the Responses interface in the form of chat completions, Gemini's in Anthropic's."""
        if self.wire == "gemini":
            return gemini_messages(self.body["contents"])
        return list(self.body["messages"]) if self.wire != "responses" else list(_from_items(self.body))

    @property
    def tools(self) -> list[JsonObject]:
        """The tools that were offered: name and input_schema."""
        offered: list[JsonObject] = self.body.get("tools", [])
        if self.wire == "anthropic":
            return offered
        if self.wire == "gemini":
            declared = [each for tool in offered for each in tool["functionDeclarations"]]
            return [{**each, "input_schema": each.get("parametersJsonSchema", {})} for each in declared]
        if self.wire == "responses":
            offered = [{"function": tool} for tool in offered]
        functions = [tool["function"] for tool in offered]
        return [{"name": function["name"], "input_schema": function["parameters"]} for function in functions]

    @property
    def last_text(self) -> str:
        """All text of the last message of the user, results of tools left out."""
        texts = [_text(message["content"]) for message in self.messages if message["role"] == "user"]
        return next((text for text in reversed(texts) if text), "")

    @property
    def tool_results(self) -> list[str]:
        """Results given since the model last spoke."""
        return [text for text, _ in self._results()]

    @property
    def rounds(self) -> int:
        """Messages of the model since the person last spoke."""
        count = 0
        for message in reversed(self.messages):
            if message["role"] == "assistant":
                count += 1
            elif message["role"] == "user" and _text(message["content"]):
                break
        return count

    def _results(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for message in reversed(self.messages):
            if message["role"] == "tool":
                found.append((_text(message["content"]), message.get("tool_call_id", "")))
            elif message["role"] != "user":
                break
            elif not isinstance(message["content"], str):
                blocks: list[JsonObject] = [b for b in message["content"] if b["type"] == "tool_result"]
                found.extend((_text(block["content"]), block["tool_use_id"]) for block in reversed(blocks))
        return found[::-1]


def gemini_messages(contents: Sequence[JsonObject]) -> list[JsonObject]:
    """Gemini's conversation in the shape that Anthropic gives one."""
    return [
        {
            "role": "assistant" if content["role"] == "model" else "user",
            "content": [block for part in content["parts"] for block in _gemini_blocks(part)],
        }
        for content in contents
    ]


def _gemini_blocks(part: JsonObject) -> Iterator[JsonObject]:
    if "functionResponse" in part:
        response = part["functionResponse"]
        said = [{"type": "text", "text": str(each)} for each in response["response"].values()]
        yield {"type": "tool_result", "tool_use_id": response.get("id", response["name"]), "content": said}
    elif part.get("text") and not part.get("thought"):
        yield {"type": "text", "text": part["text"]}


Rule = Callable[[Received], Answer]


def _text(content: str | Sequence[JsonObject]) -> str:
    return content if isinstance(content, str) else "".join(b["text"] for b in content if b["type"] == "text")


def _from_items(body: JsonObject) -> Iterator[JsonObject]:
    if body.get("instructions"):
        yield {"role": "system", "content": body["instructions"]}
    given: str | list[JsonObject] = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        match item.get("type", "message"):
            case "message":
                parts: str | list[JsonObject] = item["content"]
                content = parts if isinstance(parts, str) else "".join(part.get("text", "") for part in parts)
                yield {"role": item["role"], "content": content}
            case "function_call":
                function = {"name": item["name"], "arguments": item["arguments"]}
                yield {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"id": item["call_id"], "function": function}],
                }
            case "function_call_output":
                yield {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}
            case _:
                pass


# --- rules ---------------------------------------------------------------------------------------------------


def echo(request: Received) -> Reply:
    """Answer with the last words of the person, word by word."""
    return Reply(Say("You said: ", *_words(request.last_text)))


def behaviour(spec: str) -> Rule:
    """A rule by name.

    - ``echo``, ``say:TEXT``
    - ``slow:SECONDS``: echo with a pause before each word
    - ``delay:SECONDS``: a short answer whose headers come late
    - ``tool:NAME``, ``tool:NAME*ROUNDS``, ``tool:NAME*ROUNDS:JSON``: calls the tool in so many rounds of each turn,
      then says what came out; without JSON the required fields of its schema are filled
    """
    name, _, rest = spec.partition(":")
    match name:
        case "echo":
            return echo
        case "say":
            return lambda _: Reply(Say(*_words(rest)))
        case "slow":
            return lambda request: Reply(*echo(request).parts, gap=float(rest or 0.05))
        case "delay":
            return lambda _: Reply(Say("Done."), delay=float(rest or 0.2))
        case "tool":
            return _tool_rule(rest)
        case _:
            raise ValueError(f"no behaviour is called {spec!r}")


def _tool_rule(spec: str) -> Rule:
    head, _, given = spec.partition(":")
    name, _, rounds = head.partition("*")

    def rule(request: Received) -> Reply:
        if request.rounds < int(rounds or 1) and any(tool["name"] == name for tool in request.tools):
            return Reply(Call(name, json.loads(given) if given else _filled(request, name)))
        return Reply(Say("Done: ", *_words(" ".join(request.tool_results)[:200])))

    return rule


def _filled(request: Received, name: str) -> JsonObject:
    schema = next(tool["input_schema"] for tool in request.tools if tool["name"] == name)
    values: JsonObject = {"string": "notes.md", "integer": 1, "number": 1.0, "boolean": True}
    return {field: values[schema["properties"][field]["type"]] for field in schema.get("required", ())}


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def reply_from_json(data: JsonObject) -> Answer:
    """One answer of a script.

    ``{"status": 429, ...}`` with the other fields of :class:`Refuse` refuses. Else the parts come in this order, all
    optional: ``"think": [chunks]``, ``"say": text or [chunks]``, ``"calls": [{"name", "input", "id", "signature"}]``,
    ``"wait": seconds``, ``"fail": {"type", "message"}``, ``"drop": true``; options of `Reply` stand beside them.
    """
    if "status" in data:
        refusal = dict(data)
        body = refusal.pop("body", None)
        return Refuse(**refusal, body=None if body is None else str(body).encode())
    said = data.get("say", [])
    parts: list[Part] = [Think(*data["think"])] if "think" in data else []
    parts += [Say(*([said] if isinstance(said, str) else said))] if said else []
    parts += [Call(**call) for call in data.get("calls", [])]
    parts += [Wait(data["wait"])] if "wait" in data else []
    parts += [Fail(**data["fail"])] if "fail" in data else []
    parts += [Drop()] if data.get("drop") else []
    options = {key: data[key] for key in ("stop", "delay", "gap", "cut", "finish") if key in data}
    return Reply(*parts, tokens=Tokens(**data.get("tokens", {})), **options)
