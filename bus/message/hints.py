"""The types that the fields of a class are written with."""

import typing
from typing import Any

import attrs


def hints_of(kind: type[Any]) -> dict[str, Any]:
    """By field, what is Annotated with all that is said of it.

    What typing.get_type_hints says, which takes ten times as long: nearly every type is written as what it is, and a
    start asks for those of some hundred classes. Raises NameError for a name that means nothing.
    """
    hints = {field.name: field.type for field in attrs.fields(kind)}
    return typing.get_type_hints(kind, include_extras=True) if any(map(_is_name, hints.values())) else hints


def _is_name(hint: Any) -> bool:
    """Whether a type, or a part of it, is only called by its name."""
    if hint is None or isinstance(hint, str | typing.ForwardRef):
        return True
    return typing.get_origin(hint) is not typing.Literal and any(map(_is_name, typing.get_args(hint)))
