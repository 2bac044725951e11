"""What is done differently for an endpoint that refused a request: measures, what they change, who keeps them. Pure.

Which measure an objection calls for is decided in :mod:`actors.llm.refusals.objections`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, cast, final

import attrs

from actors.llm.fields import JsonObject
from actors.llm.models.catalogue import ThinkingForm
from actors.llm.refusals.retelling import in_words, without_thoughts
from actors.llm.requests import files
from actors.llm.requests.history import references
from actors.llm.requests.prompt import LIMITS, Prompt
from actors.vocabulary import ChatMessage, Document, Image, Text
from bus import Data

Kind = Literal[
    "drop",  # the field of the body called `what` is left out
    "rename",  # the limit of the answer is called `what`
    "limit",  # an answer has at most `number` tokens
    "set_effort",  # ``reasoning_effort`` is said to be `what`, whoever asked for none
    "no_effort",  # nothing is said of how much to think
    "thinking",  # that is said in the form `what`
    "no_thoughts",  # reasoning of before is not sent back
    "no_system",  # what the system says stands before the first message
    "no_cache",  # no mark says what may be cached
    "no_tool",  # the tool called `what` is left out
    "no_tools",  # no tools; calls of before are told in words
    "calls_in_words",  # tools, but calls of before are told in words
    "no_file",  # a note is in the place of the picture or document at `what`
    "no_pictures",  # notes are in the place of all of them
    "no_documents",  # likewise
]

THINKING_FIELDS: Final = (
    "reasoning_effort",
    "reasoning",
    "thinking",
    "output_config",
    "enable_thinking",
    "think",
)
"""Where bodies say how much to think, whether from here or from the settings."""
_FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "no_effort": THINKING_FIELDS,
    "no_tools": ("tools", "tool_choice", "parallel_tool_calls"),
}

_PASSING: Final[frozenset[Kind]] = frozenset({"calls_in_words", "no_thoughts"})
"""What mends one conversation and says nothing of the endpoint."""
_MODELS: Final = 64
_MEASURES: Final = 16
_FILES: Final = 256


@final
@attrs.frozen
class Measure(Data):
    """One thing that is done differently."""

    kind: Kind
    what: str = ""
    number: int = 0
    guessed: bool = attrs.field(default=False, eq=False)
    """The objection did not say what it meant."""


@final
class Learned:
    """What an endpoint was found to refuse, for each of its models, as long as its client lives. Bounded."""

    def __init__(self) -> None:
        self._measures: Final[dict[str, tuple[Measure, ...]]] = {}
        self._files: Final[dict[str, None]] = {}

    def of(self, prompt: Prompt) -> tuple[Measure, ...]:
        """What is done differently from the first request on."""
        known = () if prompt.details.tools else (Measure("no_tools"),)
        learned = tuple(each for each in self._measures.get(prompt.model, ()) if each not in known)
        refused = tuple(Measure("no_file", path) for path in prompt.files if path in self._files)
        return (*known, *learned, *refused)

    def keep(self, model: str, measures: Iterable[Measure]) -> None:
        """Remember with what a request was taken in the end."""
        measures = tuple(measures)
        for each in measures:
            if each.kind == "no_file":
                self._files[each.what] = None
        lasting = tuple(each for each in measures if each.kind != "no_file" and _lasts(each))
        self._measures.pop(model, None)
        if lasting:
            self._measures[model] = lasting[-_MEASURES:]
        for kept, most in ((self._measures, _MODELS), (self._files, _FILES)):
            while len(kept) > most:
                del cast("dict[str, Any]", kept)[next(iter(kept))]


def _lasts(measure: Measure) -> bool:
    return measure.kind not in _PASSING and not (
        measure.guessed and measure.kind in ("no_tools", "no_pictures", "no_documents")
    )


# --- what measures change ---------------------------------------------------------------------------------


def adapt_prompt(prompt: Prompt, measures: Iterable[Measure]) -> Prompt:
    """The prompt as it is sent with `measures` taken."""
    for measure in measures:
        prompt = _adapted(prompt, measure)
    return prompt


def _adapted(prompt: Prompt, measure: Measure) -> Prompt:
    details, changes = prompt.details, dict[str, Any]()
    match measure.kind:
        case "limit":
            least = min(measure.number, details.max_output or measure.number)
            changes["details"] = attrs.evolve(details, max_output=least)
        case "no_effort" | "set_effort":
            changes["effort"] = None
        case "thinking":
            changes["details"] = attrs.evolve(details, thinking=cast("ThinkingForm", measure.what))
        case "no_thoughts":
            changes["messages"] = without_thoughts(prompt.messages)
        case "no_system":
            changes.update(_without_system(prompt))
        case "no_tool":
            changes["tools"] = tuple(tool for tool in prompt.tools if tool.name != measure.what)
        case "no_tools":
            changes.update(tools=(), messages=in_words(prompt.messages))
        case "calls_in_words":
            changes["messages"] = in_words(prompt.messages)
        case "no_file":
            note = files.refused(measure.what, prompt.files.get(measure.what))
            changes["files"] = {**prompt.files, measure.what: note}
        case "no_pictures" | "no_documents":
            changes["files"] = _without(prompt, Image if measure.kind == "no_pictures" else Document)
        case "drop" | "rename" | "no_cache":
            pass
    return attrs.evolve(prompt, **changes) if changes else prompt


def _without(prompt: Prompt, kind: type[files.Reference]) -> files.Files:
    """The files, with notes in the place of all of one kind."""
    gone = {each.path: files.cannot(each) for each in references(prompt.messages) if isinstance(each, kind)}
    return {path: gone.get(path, each) for path, each in prompt.files.items()}


def _without_system(prompt: Prompt) -> dict[str, Any]:
    text = "\n".join(part.text for part in prompt.system if part.cached and part.text.strip())
    if not text:
        return {}
    first = ChatMessage(role="user", content=(Text(text=text),))
    notes = tuple(part for part in prompt.system if not part.cached)
    return {"system": notes, "messages": (first, *prompt.messages)}


def adapt_body(body: JsonObject, measures: Iterable[Measure]) -> JsonObject:
    """The request body as it is sent with `measures` taken."""
    body = dict(body)
    for measure in measures:
        match measure.kind:
            case "drop" | "no_effort" | "no_tools":
                for name in _FIELDS.get(measure.kind, (measure.what,)):
                    body.pop(name, None)
            case "rename":
                for name in LIMITS:
                    if name in body:
                        body[measure.what] = body.pop(name)
            case "limit":
                body.update({n: min(body[n], measure.number) for n in LIMITS if isinstance(body.get(n), int)})
            case "set_effort":
                body["reasoning_effort"] = measure.what
            case "no_cache":
                body = _without_marks(body)
            case _:
                pass
    return body


def _without_marks(value: Any) -> Any:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {key: _without_marks(each) for key, each in fields.items() if key != "cache_control"}
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        return [_without_marks(each) for each in items]
    return value
