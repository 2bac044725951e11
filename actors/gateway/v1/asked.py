"""What a program asks for: the body of a chat completion or of a response, as a message to the agent. Pure.

Such a program holds the conversation itself and sends all of it each time. The agent keeps its own, so what is new is
what stands behind the last answer; the rest is told once, to an agent that has not heard it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast, final

import attrs

from actors.endpoints import BadMessage
from actors.gateway.client_frames import MAX_ATTACHMENTS, MAX_ID, ClientFile
from actors.vocabulary import PDF
from bus import Data

AGENT: Final = "starpod"
"""Name of the agent as a model: the one that answers by default."""

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+){0,4};base64,")
_INSTRUCTIONS: Final = frozenset({"system", "developer"})
_ROLES: Final = frozenset({"user", "assistant", "tool", "function", *_INSTRUCTIONS})


@final
@attrs.frozen(kw_only=True)
class Asked(Data):
    """One request."""

    model: str | None
    """``provider/model``; None lets the agent choose."""
    text: str
    """What is new."""
    before: str
    """Instructions and earlier messages, for an agent that has not heard them; may be empty."""
    files: tuple[ClientFile, ...]
    stream: bool
    usage: bool
    """Whether a stream is to end with what it cost."""
    user: str | None
    """Name that the program has for whoever asks, or for the conversation."""
    previous: str | None = None
    """Id of the response that this continues."""

    def told(self, *, heard: bool) -> str:
        """The text for the agent; `heard` says whether it knows what was said before."""
        return self.text if heard or not self.before else f"{self.text}\n\n{self.before}".strip()


def completion(fields: Mapping[str, Any]) -> Asked:
    """Understand a request for a chat completion. What an agent has no use for, such as a temperature, is passed over.

    Raises BadMessage.
    """
    asked = _asked(
        fields, [_message(f"messages[{at}]", each) for at, each in enumerate(_list(fields, "messages"))]
    )
    return attrs.evolve(asked, usage=_object(fields, "stream_options").get("include_usage") is True)


def response(fields: Mapping[str, Any]) -> Asked:
    """Understand a request for a response, likewise. Raises BadMessage."""
    given, rules = fields.get("input"), _text(fields, "instructions")
    if isinstance(given, str):
        messages = [_Message("user", given, ())]
    else:
        items = enumerate(_list(fields, "input"))
        messages = [_message(f"input[{at}]", each) for at, each in items if _is_said(each)]
    if rules:
        messages.insert(0, _Message("system", rules, ()))
    return attrs.evolve(
        _asked(fields, messages), previous=_text(fields, "previous_response_id")[:MAX_ID] or None
    )


def _is_said(item: Any) -> bool:
    """Whether an item is a message, and not reasoning or a call that the program keeps for the model."""
    return (
        not isinstance(item, Mapping) or cast("Mapping[str, Any]", item).get("type", "message") == "message"
    )


def _asked(fields: Mapping[str, Any], messages: Sequence["_Message"]) -> Asked:
    _check(fields)
    said = [message for message in messages if message.role not in _INSTRUCTIONS]
    new = next((at for at in range(len(said), 0, -1) if said[at - 1].role == "assistant"), 0)
    files = tuple(file for message in said[new:] for file in message.files)
    text = "\n\n".join(message.text for message in said[new:] if message.text.strip())
    if not text and not files:
        raise BadMessage("expected the last message to be one of the user, with something in it")
    if len(files) > MAX_ATTACHMENTS:
        raise BadMessage(f"at most {MAX_ATTACHMENTS} files come with one message")
    return Asked(
        model=_model(fields),
        text=text,
        before=_before([m.text for m in messages if m.role in _INSTRUCTIONS], said[:new]),
        files=files,
        stream=fields.get("stream") is True,
        usage=False,
        user=_text(fields, "user")[:MAX_ID] or None,
    )


def _check(fields: Mapping[str, Any]) -> None:
    """Refuse what would be answered otherwise than the program relies on."""
    if fields.get("n") not in (None, 1):
        raise BadMessage("the agent gives one answer", "n")
    if fields.get("tool_choice") not in (None, "auto", "none"):
        raise BadMessage("the agent uses its own tools and calls none of the program's", "tool_choice")


def _model(fields: Mapping[str, Any]) -> str | None:
    name = _text(fields, "model")
    return None if name in {"", AGENT} else name[:MAX_ID]


# --- messages -------------------------------------------------------------------------------------------------


@final
@attrs.frozen
class _Message(Data):
    role: str
    text: str
    files: tuple[ClientFile, ...]


def _message(where: str, value: Any) -> _Message:
    if not isinstance(value, Mapping):
        raise BadMessage("expected an object", where)
    fields = cast("Mapping[str, Any]", value)
    role = fields.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise BadMessage(f"expected one of {', '.join(sorted(_ROLES))}", f"{where}.role")
    content = fields.get("content")
    if content is None or isinstance(content, str):
        return _Message(role, content or "", ())
    if not isinstance(content, Sequence):
        raise BadMessage("expected a text or a list of parts", f"{where}.content")
    texts: list[str] = []
    files: list[ClientFile] = []
    parts: Sequence[Any] = cast("Any", content)
    for at, part in enumerate(parts):
        _part(part, f"{where}.content[{at}]", texts.append, files.append)
    return _Message(role, "\n".join(texts), tuple(files))


def _part(value: Any, where: str, say: Callable[[str], None], attach: Callable[[ClientFile], None]) -> None:
    if not isinstance(value, Mapping):
        raise BadMessage("expected an object", where)
    part = cast("Mapping[str, Any]", value)
    match part.get("type"):
        case "text" | "input_text" | "output_text":
            say(_text(part, "text", where))
        case "refusal":
            say(_text(part, "refusal", where))
        case "image_url" | "input_image":
            attach(_picture(part, where))
        case "file" | "input_file":
            attach(_file(part, where))
        case "document":
            attach(_document(part, where))
        case "input_audio":
            attach(_sound(part, where))
        case kind:
            raise BadMessage(f"parts of type {str(kind)[:40]!r} cannot be read", f"{where}.type")


def _picture(part: Mapping[str, Any], where: str) -> ClientFile:
    address = part.get("image_url")
    url = _text(cast("Mapping[str, Any]", address), "url", where) if isinstance(address, Mapping) else address
    return _from_url(url, "picture", where)


def _file(part: Mapping[str, Any], where: str) -> ClientFile:
    fields = _object(part, "file", where) or part
    return _from_url(fields.get("file_data"), _text(fields, "filename", where) or "file", where)


def _document(part: Mapping[str, Any], where: str) -> ClientFile:
    """As Anthropic's interface has it, which some programs speak in this one too."""
    source = _object(part, "source", where)
    if source.get("type") != "base64":
        raise BadMessage("expected the data itself: a source of type base64", f"{where}.source")
    kind = _text(source, "media_type", f"{where}.source") or PDF
    name = _text(part, "title", where) or "document"
    if kind == PDF and not name.lower().endswith(".pdf"):
        name = f"{name[: MAX_ID - 4]}.pdf"
    return ClientFile(file_name=name[:MAX_ID], mime_type=kind[:MAX_ID], data=_text(source, "data", where))


def _sound(part: Mapping[str, Any], where: str) -> ClientFile:
    fields = _object(part, "input_audio", where)
    kind = _text(fields, "format", where) or "wav"
    return ClientFile(file_name=f"sound.{kind}"[:MAX_ID], data=_text(fields, "data", where))


def _from_url(url: Any, name: str, where: str) -> ClientFile:
    """A file that stands in its own address. Nothing is fetched for a program: it could not fetch it itself."""
    found = _DATA_URL.match(url) if isinstance(url, str) else None
    if not isinstance(url, str) or found is None:
        raise BadMessage("expected the data itself, as data:<type>;base64,<data>", where)
    media_type = found[1] or "application/octet-stream"
    if name == "picture":
        name = f"picture.{media_type.partition('/')[2].partition('+')[0]}"
    return ClientFile(file_name=name[:MAX_ID], mime_type=media_type[:MAX_ID], data=url[found.end() :])


def _before(instructions: Iterable[str], said: Iterable[_Message]) -> str:
    rules = "\n\n".join(text for text in instructions if text.strip())
    earlier = "\n\n".join(f"[{m.role}]\n{m.text or '(a file)'}" for m in said if m.text.strip() or m.files)
    parts = (
        f"<instructions-of-the-program>\n{rules}\n</instructions-of-the-program>" if rules else "",
        f"<earlier-in-this-conversation>\n{earlier}\n</earlier-in-this-conversation>" if earlier else "",
    )
    return "\n\n".join(filter(None, parts))


# --- fields ---------------------------------------------------------------------------------------------------


def _list(fields: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise BadMessage("expected a list", name)
    items: list[Any] = cast("Any", value)
    return items


def _object(fields: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadMessage("expected an object", f"{where}.{name}".lstrip("."))
    return cast("Mapping[str, Any]", value)


def _text(fields: Mapping[str, Any], name: str, where: str = "") -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadMessage("expected a text", f"{where}.{name}".lstrip("."))
    return value
