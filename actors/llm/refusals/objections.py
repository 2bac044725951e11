"""What an endpoint objects to in a request, and what to do about it: one table of decisions. Pure.

Servers that resemble a standard refuse what others demand, in words of their own. A request that was refused is asked
again without what is refused, or with its other name, at most :data:`MOST` times. The table is tried from above; a
measure is taken once. An objection that names nothing has the things that a request can do without taken away in
a fixed order.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, final

import attrs

from actors.llm.fields import JsonObject
from actors.llm.messages import ModelError, ModelUnavailable
from actors.llm.refusals import unseen
from actors.llm.refusals.adaptation import (
    THINKING_FIELDS,
    Measure,
)
from actors.llm.refusals.retelling import has_calls
from actors.llm.requests.prompt import LIMITS, Prompt
from actors.llm.requests.wire_names import wire_name

MOST: Final = 4
"""Measures that are taken for one request."""

_LEAST_ROOM: Final = 1024
"""Tokens of an answer that is worth asking for."""
_NEEDED: Final = frozenset(
    {
        *("model", "messages", "stream", "input", "contents", "system", "system_instruction", "tools"),
        *("generationConfig", *LIMITS, *THINKING_FIELDS),
    }
)
"""Fields of bodies that have a row of their own, or without which there is no request."""


_STATUS: Final = re.compile(r" ?\(HTTP [0-9]{3}\)")
_UNWANTED: Final = re.compile(
    r"(?:not|n't|n’t|never|cannot)(?: \w{1,20}){0,3} (?:support|allow|permit|accept|enable|recogni|implement)"
    r"|not (?:\w{1,20} ){0,2}(?:available|compatible|valid)|no endpoints|no (?:such|support)"
    r"|un(?:support|recogni|known|expected|available)|invalid|extra|forbidden|deprecated|disabled|incompatible"
    r"|\brequires?\b|must (?:be|not|alternate)|should (?:be|not)|only (?:\w{1,20} ){0,3}support|(?:may|can) only"
    r"|remove|instead|text[- ]only|illegal"
    r"|不支持|无效|非法|不允许|未知|不支援|無效|サポートされて|対応していません|無効|지원하지|지원되지|잘못된|유효하지"
    r"|nicht (?:\w{1,20} )?(?:unterstützt|erlaubt|zulässig)|ungültig|unbekannt"
    r"|non (?:\w{1,20} )?(?:support|pris|autoris|valid)|pas (?:\w{1,20} )?(?:support|pris|autoris)|n'est pas"
    r"|no (?:\w{1,20} )?(?:soport|admit|permit|compatib|válid)|não (?:\w{1,20} )?(?:suport|permit|compat)"
    r"|не (?:\w{1,20} )?(?:поддерж|допуск|разреш)|неизвестн|недопустим",
    re.IGNORECASE,
)
_CAPABILITY: Final = re.compile(
    r"support|endpoint|not (?:enabled|available|allowed|permitted|implemented)|unknown|unrecogni|unexpected|extra"
    r"|--enable|--jinja|requires|text[- ]only|multimodal|modalit|only|expected (?:a )?string|must be a string"
    r"|variant|roles must alternate",
    re.IGNORECASE,
)
_VAGUE: Final = re.compile(
    r"^\W*$|^no reason given$"
    r"|^\W*(?:error:? )?(?:bad request|invalid request|invalid argument|invalid_request_error|validation error"
    r"|unprocessable (?:entity|content)|provider returned error|request contains an invalid argument"
    r"|upstream error)\W*$"
    r"|(?:unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|extra) (?:\w{1,20} ){0,2}"
    r"(?:parameter|field|argument|propert|option|key|keyword|input)"
    r"|(?:parameter|field|argument|property|option)s?(?: \w{1,20}){0,3} (?:not|unsupported|unknown|unrecogni)",
    re.IGNORECASE,
)
_ANSWER_LIMIT: Final = re.compile(
    r"max_?(?:completion_?|output_?|new_?)?tokens|(?:output|completion) tokens|num_predict", re.IGNORECASE
)
_NUMBERS: Final = re.compile(
    r"(?:at most|less than or equal to|no more than|up to|<=|>|maximum(?: value)?(?: is| of|:)?|limit(?: is| of|:)?"
    r"|exceeds?(?: the)?(?: maximum| max| limit| model)?(?: of)?|\[[0-9]{1,3},)[ `'\"(]{0,3}([0-9][0-9,_]{1,9})",
    re.IGNORECASE,
)
_WINDOW: Final = re.compile(
    r"(?:maximum context length is|must be <=) ([0-9]{3,8})|[0-9]{2,8} \+ [0-9]{2,8} > ([0-9]{3,8})",
    re.IGNORECASE,
)
_INPUT: Final = re.compile(
    r"([0-9]{1,8}) (?:tokens )?(?:in|from|of) (?:the |your |text )(?:messages|prompt|input)"
    r"|(?:has|contains)(?: at least)? ([0-9]{1,8}) input tokens|given: ([0-9]{1,8}) `?inputs"
    r"|([0-9]{2,8}) \+ [0-9]{2,8} >",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"[\w-]+")
_QUOTED: Final = re.compile(r"['\"`]([\w-]{1,64})['\"`]")
_TOOL_AT: Final = re.compile(r"tools?[.\[]{1,2}([0-9]{1,3})")
_ABOUT_CALLS: Final = re.compile(
    r"tool_use|tool_result|tool_call|tool call|tool message|tool result|function_call|function call"
    r"|functionresponse|role[^.]{0,12}tool\b",
    re.IGNORECASE,
)
_WHOLE: Final = re.compile(
    r"verified to stream|stream(?:ing|ed)?\b[^.]{0,20} (?:is |are )?(?:not|n't|un)\W?(?:\w{1,20} )?support"
    r"|not support (?:\w{1,20} )?stream(?:ing)?\b(?!_)",
    re.IGNORECASE,
)
"""Answers only come whole, at least for this account."""
_IN_HISTORY: Final = re.compile(r"messages?\W{1,2}[0-9]{1,6}\b", re.IGNORECASE)
_ABOUT_TOOLS: Final = re.compile(
    r"\btools?\b|tool_choice|function[ _-]?call|\bfunctions?\b|parallel_tool", re.IGNORECASE
)
_ABOUT_THINKING: Final = re.compile(
    r"reasoning|thinking|\beffort\b|output_config|budget_tokens|thought", re.IGNORECASE
)
_ABOUT_THOUGHTS: Final = re.compile(
    r"signature|redacted_thinking|reasoning_(?:content|details)|encrypted_content"
    r"|(?:thinking|reasoning)`? (?:block|item|content)",
    re.IGNORECASE,
)
_ABOUT_SYSTEM: Final = re.compile(
    r"(?:system|developer)(?: role| message| instruction| prompt)|system_?instruction"
    r"|roles?[^.]{0,40}\b(?:system|developer)\b|only user and assistant roles|roles must alternate",
    re.IGNORECASE,
)
_FORMS: Final = (
    ("budget", ("adaptive",), "adaptive"),
    ("budget", ("thinking_level", "thinkinglevel", "thinking level"), "level"),
    ("adaptive", ("adaptive", "output_config"), "budget"),
    ("level", ("thinking_level", "thinkinglevel", "thinking level"), "budget"),
)
"""A form of thinking, words of which one is said where it is refused, and the form to take then."""


@final
@attrs.frozen(kw_only=True)
class Refused:
    """A request and what was said to it."""

    said: str
    prompt: Prompt
    body: JsonObject
    taken: tuple[Measure, ...]

    @property
    def unwanted(self) -> bool:
        """Whether the words are such as say that something is not taken."""
        return _UNWANTED.search(self.said) is not None

    @property
    def words(self) -> frozenset[str]:
        """Names that occur in the words."""
        return frozenset(_NAME.findall(self.said))

    def has_taken(self, kind: str) -> bool:
        return any(each.kind == kind for each in self.taken)


def remedy(
    error: ModelError | ModelUnavailable, prompt: Prompt, body: JsonObject, taken: tuple[Measure, ...]
) -> tuple[Measure, ...]:
    """The measures with which to ask again at once; none when asking again is not for here.

    Args:
      error: what the request ended with, before anything of an answer came.
      prompt: the request with the measures of before.
      body: its body.
      taken: measures of before.
    """
    refused = Refused(said=_STATUS.sub("", error.detail), prompt=prompt, body=body, taken=taken)
    clear = _first(refused, _WINDOWED if error.reason == "context_length" else _TABLE)
    match error.reason:
        case "context_length" | "invalid_request":
            found = clear
        case "server" if error.status in (None, 500, 501) and _CAPABILITY.search(refused.said):
            found = clear
        case _:
            return ()
    if not found and error.reason == "invalid_request" and error.status in (400, 422):
        found = _guessed(refused)
    return tuple(each for each in found if each not in taken)


Row = Callable[[Refused], Iterator[Measure]]


def _first(refused: Refused, rows: tuple[Row, ...]) -> tuple[Measure, ...]:
    for row in rows:
        if found := tuple(dict.fromkeys(each for each in row(refused) if each not in refused.taken)):
            return found
    return ()


# --- rows -------------------------------------------------------------------------------------------------


def _room(refused: Refused) -> Iterator[Measure]:
    """Prompt and answer together are too long, and the prompt alone is not."""
    window, used = _number(_WINDOW, refused.said), _number(_INPUT, refused.said)
    if window is not None and used is not None and (room := window - used) >= _LEAST_ROOM:
        yield Measure("limit", number=max(_LEAST_ROOM, room // 2))


def _limit(refused: Refused) -> Iterator[Measure]:
    """The answer may not be so long."""
    if _ANSWER_LIMIT.search(refused.said):
        numbers = [int(each.replace(",", "").replace("_", "")) for each in _NUMBERS.findall(refused.said)]
        allowed = [each for each in numbers if 1 < each < _asked_for(refused)]
        if allowed:
            yield Measure("limit", number=min(allowed))


def _limit_name(refused: Refused) -> Iterator[Measure]:
    """The limit of the answer has another name here, or none."""
    used = next((name for name in LIMITS if name in refused.body), None)
    if used is None or not refused.unwanted or used not in refused.words:
        return
    if refused.has_taken("rename"):
        yield Measure("drop", what=used)
    else:
        yield Measure("rename", what=LIMITS[1 - LIMITS.index(used)])


def _thinking_form(refused: Refused) -> Iterator[Measure]:
    """How much to think is said in another form."""
    said, form = refused.said.lower(), refused.prompt.details.thinking
    if refused.prompt.effort is None or refused.has_taken("thinking"):
        return
    for used, words, other in _FORMS:
        if form == used and any(each in said for each in words) and (refused.unwanted or used == "budget"):
            yield Measure("thinking", other)
            return


def _thoughts(refused: Refused) -> Iterator[Measure]:
    """Reasoning of before may not come back, or not like this."""
    blocks = (block for each in refused.prompt.messages for block in each.content)
    has_any = any(
        block.type == "thinking" or (block.type == "tool_use" and block.provider_data) for block in blocks
    )
    if has_any and _ABOUT_THOUGHTS.search(refused.said):
        yield Measure("no_thoughts")


def _effort(refused: Refused) -> Iterator[Measure]:
    said = refused.said.lower()
    if not _ABOUT_THINKING.search(said):
        return
    if "reasoning_effort" in said and re.search(r"['\"`]none['\"`]", said):
        yield Measure("set_effort", "none")
    elif refused.unwanted and (
        refused.prompt.effort is not None or any(each in refused.body for each in THINKING_FIELDS)
    ):
        yield Measure("no_effort")


def _cache(refused: Refused) -> Iterator[Measure]:
    if "cache_control" in refused.said:
        yield Measure("no_cache")


def _system(refused: Refused) -> Iterator[Measure]:
    if refused.unwanted and refused.prompt.system and _ABOUT_SYSTEM.search(refused.said):
        yield Measure("no_system")


def _files(refused: Refused) -> Iterator[Measure]:
    yield from unseen.measures(refused.said, refused.prompt, refused.taken)


def _one_tool(refused: Refused) -> Iterator[Measure]:
    """One tool among several is described in a way that is not taken."""
    tools = {wire_name(tool.name): tool.name for tool in refused.prompt.tools}
    if len(tools) < 2 or sum(each.kind == "no_tool" for each in refused.taken) >= 2:
        return
    if re.search(r"schema|properties|description|parameters", refused.said, re.IGNORECASE):
        if at := _TOOL_AT.search(refused.said):
            yield from (Measure("no_tool", name) for name in [*tools.values()][int(at[1]) :][:1])
            return
        named = [name for sent, name in tools.items() if sent in _QUOTED.findall(refused.said)]
        yield from (Measure("no_tool", name) for name in named[:1])


def _calls(refused: Refused) -> Iterator[Measure]:
    """Calls of before are not as they should be, which says nothing against tools."""
    if (
        _ABOUT_CALLS.search(refused.said)
        and not _CAPABILITY.search(refused.said)
        and has_calls(refused.prompt.messages)
    ):
        yield Measure("calls_in_words")


def _tools(refused: Refused) -> Iterator[Measure]:
    if (
        refused.unwanted
        and _ABOUT_TOOLS.search(refused.said)
        and (refused.prompt.tools or "tools" in refused.body or has_calls(refused.prompt.messages))
    ):
        yield Measure("no_tools", guessed=not _CAPABILITY.search(refused.said))


def _whole(refused: Refused) -> Iterator[Measure]:
    if "stream" in refused.body and _WHOLE.search(refused.said):
        yield from (Measure("drop", name) for name in ("stream", "stream_options"))


def _shape(refused: Refused) -> Iterator[Measure]:
    """A message of before is not as it should be, in a way that nobody knows: those with calls are the odd ones."""
    if _IN_HISTORY.search(refused.said) and has_calls(refused.prompt.messages):
        yield Measure("calls_in_words")


def _field(refused: Refused) -> Iterator[Measure]:
    """Any other field of the body that is named."""
    if "include_usage" in refused.said and "stream_options" in refused.body:
        yield Measure("drop", "stream_options")
    if not refused.unwanted:
        return
    for name in refused.body:
        if name not in _NEEDED and name in refused.words:
            yield Measure("drop", name)


_TABLE: Final[tuple[Row, ...]] = (
    _room,
    _limit,
    _limit_name,
    _whole,
    _thinking_form,
    _thoughts,
    _cache,
    _field,
    _effort,
    _system,
    _files,
    _one_tool,
    _calls,
    _tools,
    _shape,
)
_WINDOWED: Final[tuple[Row, ...]] = (_room,)
"""What may be done about a conversation that is too long without making it shorter."""


def _guessed(refused: Refused) -> tuple[Measure, ...]:
    """What to leave out next of a request that was refused without a word that helps."""
    if not _VAGUE.search(refused.said):
        return ()
    extras = [Measure("no_effort", guessed=True), Measure("no_cache", guessed=True)]
    if "stream_options" in refused.body:
        extras.append(Measure("drop", "stream_options", guessed=True))
    steps: tuple[list[Measure], ...] = (
        extras,
        unseen.guessed(refused.prompt),
        [Measure("no_tools", guessed=True)] if refused.prompt.tools else [],
    )
    for step in steps:
        if left := tuple(each for each in step if each not in refused.taken):
            return left
    return ()


def _asked_for(refused: Refused) -> int:
    given: list[Any] = [refused.body.get(name) for name in LIMITS]
    return max([each for each in given if isinstance(each, int)] or [refused.prompt.max_tokens + 1_000_000])


def _number(pattern: re.Pattern[str], said: str) -> int | None:
    found = pattern.search(said)
    return int(next(each for each in found.groups() if each)) if found else None
