"""HTML as ``parse_mode`` HTML has it: text and entities, or the refusal of the real server with its byte offset."""

import re
from typing import Any, Final, final

import attrs

from tests.fakes.telegram.entities import link, units
from tests.fakes.telegram.refusals import Refusal, bad_request

_SIMPLE: Final = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
}
_TAGS: Final = frozenset({*_SIMPLE, "a", "tg-emoji", "pre", "code", "blockquote"})
_CHARACTER: Final = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|amp|quot)(?![a-zA-Z]));?")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_BLANK: Final = " \t\r\n\0\v"
_LONGEST_REFERENCE: Final = 10
_LAST: Final = 0x10FFFF


def parse(html: str) -> tuple[str, list[dict[str, Any]]]:
    """The visible text of `html`, and its entities in order. Raises Refusal."""
    return _Parser(html).parse()


@final
@attrs.frozen
class _Open:
    tag: str
    argument: str
    offset: int
    begin: int
    """Where its text begins in the result."""


@final
class _Parser:
    def __init__(self, html: str) -> None:
        self._html = html
        self._at = 0
        self._text = ""
        self._open: list[_Open] = []
        self._entities: list[dict[str, Any]] = []

    def parse(self) -> tuple[str, list[dict[str, Any]]]:
        while self._at < len(self._html):
            if self._html.startswith("</", self._at):
                self._end_tag()
            elif self._html[self._at] == "<":
                self._start_tag()
            else:
                self._text += self._character()
        if self._open:
            raise _unparsed(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        if any("\ud800" <= character <= "\udfff" for character in self._text):
            raise _unparsed("Text contains invalid Unicode characters after decoding HTML entities")
        entities = [
            {k: v for k, v in e.items() if k != "language" or e["type"] == "pre"} for e in self._entities
        ]
        return self._text, sorted(entities, key=lambda e: (e["offset"], -e["length"]))

    # reading

    def _character(self) -> str:
        """One character, which may be written as a reference."""
        found = _CHARACTER.match(self._html, self._at)
        if found is not None and (character := _referred(found)):
            self._at = found.end()
            return character
        self._at += 1
        return self._html[self._at - 1]

    def _until(self, stops: str) -> str:
        begin = self._at
        while self._at < len(self._html) and self._html[self._at] not in stops:
            self._at += 1
        return self._html[begin : self._at]

    def _blanks(self) -> None:
        while self._next() and self._next() in _BLANK:
            self._at += 1

    def _next(self) -> str:
        return self._html[self._at : self._at + 1]

    def _where(self, at: int) -> str:
        return f"at byte offset {len(self._html[:at].encode())}"

    # tags

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        tag = self._until(_BLANK + ">").lower()
        if not self._next():
            raise _unparsed(f"Unclosed start tag {self._where(begin)}")
        if tag not in _TAGS:
            raise _unparsed(f'Unsupported start tag "{tag}" {self._where(begin)}')
        attributes: dict[str, str] = {}
        self._blanks()
        while self._next() != ">":
            name, value = self._attribute(tag, begin)
            attributes[name] = value
            self._blanks()
        self._at += 1
        argument = _argument(tag, attributes)
        if tag == "span" and argument != "spoiler":
            raise _unparsed(f'Tag "span" must have class "tg-spoiler" {self._where(begin)}')
        self._open.append(_Open(tag, argument, units(self._text), len(self._text)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self._until(_BLANK + "=>" if tag == "blockquote" else _BLANK + "=")
        if not name:
            raise _unparsed(f'Empty attribute name in the tag "{tag}" {self._where(begin)}')
        self._blanks()
        if self._next() != "=":
            if (tag, name) == ("blockquote", "expandable"):
                return name, name
            raise _unparsed(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" {self._where(begin)}'
            )
        self._at += 1
        self._blanks()
        if not self._next():
            raise _unparsed(f'Unclosed start tag "{tag}" {self._where(begin)}')
        value = self._quoted() if self._next() in "'\"" else self._bare()
        if not self._next():
            raise _unparsed(f"Unclosed start tag {self._where(begin)}")
        return name, value

    def _quoted(self) -> str:
        mark = self._next()
        self._at += 1
        value = ""
        while self._next() and self._next() != mark:
            value += self._character()
        self._at += 1
        return value

    def _bare(self) -> str:
        begin = self._at
        while self._next() and re.fullmatch(r"[a-zA-Z0-9.-]", self._next()):
            self._at += 1
        if not self._next() or self._next() not in _BLANK + ">":
            raise _unparsed(f"Unexpected end of name token {self._where(begin)}")
        return self._html[begin : self._at].lower()

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise _unparsed(f"Unexpected end tag {self._where(begin)}")
        self._at += 2
        tag = self._until(_BLANK + ">").lower()
        self._blanks()
        if self._next() != ">":
            raise _unparsed(f"Unclosed end tag {self._where(begin)}")
        self._at += 1
        opened = self._open[-1]
        if tag and tag != opened.tag:
            raise _unparsed(
                f'Unmatched end tag {self._where(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        self._open.pop()
        if units(self._text) > opened.offset:
            self._add(opened)

    # what a pair of tags says

    def _add(self, opened: _Open) -> None:
        place = {"offset": opened.offset, "length": units(self._text) - opened.offset}
        match opened.tag:
            case "a":
                self._add_link(place, opened.argument or self._text[opened.begin :])
            case "tg-emoji":
                if not opened.argument.isdecimal():
                    raise _unparsed("Invalid custom emoji identifier specified")
                self._entities.append({"type": "custom_emoji", **place, "custom_emoji_id": opened.argument})
            case "pre" | "code":
                self._add_code(place, opened)
            case "blockquote":
                kind = "expandable_blockquote" if opened.argument else "blockquote"
                self._entities.append({"type": kind, **place})
            case _:
                self._entities.append({"type": _SIMPLE[opened.tag], **place})

    def _add_link(self, place: dict[str, int], url: str) -> None:
        if checked := link(url):  # as the real one: what is no address stays plain text
            self._entities.append({"type": "text_link", **place, "url": checked})

    def _add_code(self, place: dict[str, int], opened: _Open) -> None:
        """``pre`` and ``code`` around the same text are one, with the language that ``code`` names."""
        last = self._entities[-1] if self._entities else {}
        other = "code" if opened.tag == "pre" else "pre"
        language = opened.argument or last.get("language", "")
        if last.get("type") == other and place.items() <= last.items():
            last.update({"type": "pre", **({"language": language} if language else {})})
        else:
            named = {"language": opened.argument} if opened.argument else {}
            self._entities.append({"type": opened.tag, **place, **named})


def _referred(found: re.Match[str]) -> str:
    """The character of a reference; the empty string if it is none."""
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    is_one = 0 < code < _LAST and len(found[0].rstrip(";")) < _LONGEST_REFERENCE
    return chr(code) if is_one else ""


def _argument(tag: str, attributes: dict[str, str]) -> str:
    """What the attributes of a tag say that its name does not; others are ignored."""
    match tag:
        case "a":
            return attributes.get("href", "")
        case "code":
            before, _, language = attributes.get("class", "").partition("language-")
            return "" if before else language
        case "span":
            return attributes.get("class", "").removeprefix("tg-")
        case "tg-emoji":
            return attributes.get("emoji-id", "")
        case "blockquote":
            return attributes.get("expandable", "")
        case _:
            return ""


def _unparsed(why: str) -> Refusal:
    return bad_request(f"can't parse entities: {why}")
