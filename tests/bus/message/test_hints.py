"""The types of fields are found without evaluating what needs no evaluation."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, final, get_type_hints

import attrs
import pytest

from bus import Request
from bus.message.hints import hints_of


@final
@attrs.frozen(kw_only=True)
class Plain(Request[int]):
    n: int
    word: Literal["a", "b"]
    many: Annotated[tuple[int, ...], "said of it"] = ()
    keyed: Mapping[str, Any] | None = None


@final
@attrs.frozen(kw_only=True)
class Named:
    inner: "Plain"
    others: tuple["Plain", ...] = ()
    words: Annotated[str, "said of it"] = ""


@final
@attrs.frozen(kw_only=True)
class Lost:
    inner: "Nowhere"  # type: ignore[name-defined] # noqa: F821 # pyright: ignore[reportUndefinedVariable, reportUnknownVariableType]


@pytest.mark.parametrize("kind", [Plain, Named])
def test_a_field_has_the_type_that_it_is_written_with(kind: type[Any]) -> None:
    names = [field.name for field in attrs.fields(kind)]
    all_hints = get_type_hints(kind, include_extras=True)
    found = hints_of(kind)
    assert {name: found[name] for name in names} == {name: all_hints[name] for name in names}


def test_a_name_that_means_nothing_is_an_error() -> None:
    with pytest.raises(NameError, match="Nowhere"):
        hints_of(Lost)
