"""Tables of the HTTP interface, written from the endpoints."""

import re
import typing
from collections.abc import Container, Iterable
from inspect import cleandoc
from typing import Annotated, Any, Final

import attrs

from actors.endpoints import WHO, Endpoint, record_of
from actors.shapes import Described
from actors.wire import Form
from scripts.typescript import written_fields

_WHO: Final = {"public": "anybody", "user": "who is known", "admin": "an admin", "operator": "the operator"}


def filled(page: str, section: str, text: str) -> str:
    """A page with another text between the marks of a section."""
    marked = re.compile(rf"(<!-- {section}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
    return marked.sub(lambda match: f"{match[1]}{text}{match[2]}", page, count=1)


def endpoint_table(endpoints: Iterable[Endpoint]) -> str:
    """What is offered, by path."""
    lines = [
        "## Endpoints of subsystems\n\n",
        "| request | for | fields | |\n",
        "| --- | --- | --- | --- |\n",
    ]
    for each in sorted(endpoints, key=lambda each: (each.path, each.method)):
        kind: Any = each.kind
        fields = "; ".join(_field(each, field) for field in _asked(kind) if field.name != each.own)
        lines.append(f"| `{each.method} {each.path}` | {_WHO[each.access]} | {fields} | {_said(kind)} |\n")
    return "".join(lines)


def field_table(kind: type[Any], head: str) -> str:
    """The fields of one class that a client fills."""
    lines = [f"| {head} | |\n", "| --- | --- |\n"]
    hints = typing.get_type_hints(kind, include_extras=True)
    lines += [
        f"| `{field.name}` | {_described(hints[field.name]).text}{_default(field, hints[field.name])} |\n"
        for field in _asked(kind)
    ]
    return "".join(lines)


def frame_table(forms: Iterable[Form], known: Container[str] = ()) -> str:
    """Frames that the gateway sends, without the fields that are `known` of all of them."""
    lines = ["| type | fields | |\n", "| --- | --- | --- |\n"]
    for form in forms:
        fields = "; ".join(
            f"`{name}`{_nullable(hint)}{_after_colon(doc)}"
            for name, hint, doc in written_fields(form)
            if name not in known
        )
        lines.append(f"| `{form.tag}` | {fields} | {_said(form.kind)} |\n")
    return "".join(lines)


def _nullable(hint: Any) -> str:
    return " or null" if type(None) in typing.get_args(hint) else ""


def _after_colon(doc: str) -> str:
    text = " ".join(doc.replace("``", "`").split())
    begins = text[:1].lower() if text[1:2].islower() else text[:1]
    return f": {begins}{text[1:].rstrip('.')}" if text else ""


def _said(kind: Any) -> str:
    return " ".join(cleandoc(kind.__doc__ or "").split("Raises")[0].replace("``", "`").split())


def _asked(kind: Any) -> "list[attrs.Attribute[Any]]":
    return [field for field in attrs.fields(kind) if field.name not in WHO | record_of(kind).supplied.keys()]


def _field(endpoint: Endpoint, field: "attrs.Attribute[Any]") -> str:
    hint = typing.get_type_hints(endpoint.kind, include_extras=True)[field.name]
    default = "" if field.name in endpoint.parameters else _default(field, hint)
    return f"`{field.alias}`{default}{_after_colon(_described(hint).text)}"


def _default(field: "attrs.Attribute[Any]", hint: Any) -> str:
    """What it is when a client does not say it, and the most it may be."""
    if field.default is attrs.NOTHING:
        default = ""
    elif isinstance(field.default, bool):
        default = str(field.default).lower()
    else:
        default = (
            str(field.default)
            if isinstance(field.default, int | str) and str(field.default).strip()
            else "optional"
        )
    said = _described(hint)
    most = "" if said.le is None else f"at most {said.le:,}"
    longest = "" if said.max_length is None else f"length at most {said.max_length:,}"
    told = ", ".join(filter(None, (default, most, longest)))
    return f" ({told})" if told else ""


def _described(hint: Any) -> Described:
    extras = typing.get_args(hint)[1:] if typing.get_origin(hint) is Annotated else ()
    return next((each for each in extras if isinstance(each, Described)), Described())
