"""A request as a part of the system prompt: declared, asked."""

from typing import Annotated, Any, final

import attrs
import pytest

from actors.context import ContextDefinitionError, TurnContext, context_of, context_source, from_context
from bus import Request

HERE = TurnContext(session="s1", turn="t1", user="ada", role="admin", channel="main", source="web")


@context_source("Memory", stable=False)
@final
@attrs.frozen(kw_only=True)
class Remember(Request[str]):
    who: Annotated[str, from_context("user")]


@context_source(None, stable=True)
@final
@attrs.frozen(kw_only=True)
class Always(Request[str]):
    pass


def test_a_source_asks_with_what_the_turn_supplies() -> None:
    source = context_of(Remember)
    assert (source.name, source.title, source.stable) == ("Memory", "Memory", False)
    assert source.request(HERE) == Remember(who="ada")


def test_a_source_without_a_title_is_called_by_its_class() -> None:
    source = context_of(Always)
    assert (source.name, source.title, source.stable) == ("Always", None, True)
    assert source.request(HERE) == Always()


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        (str, r"Odd\.field does not come from the context of a turn"),
        (Annotated[str, from_context("call")], r"Odd\.field does not come from the context of a turn"),
        (bytes, r"Odd\.field: bytes has no JSON form"),
    ],
)
def test_every_field_comes_from_the_turn(field: Any, fault: str) -> None:
    body = {"__annotations__": {"field": field}, "__module__": __name__}
    kind = attrs.frozen(kw_only=True)(type("Odd", (Request,), body))
    with pytest.raises(ContextDefinitionError, match=fault):
        context_source("Odd", stable=True)(kind)


def test_a_class_that_is_no_source_is_refused() -> None:
    @attrs.frozen(kw_only=True)
    class Plain(Request[str]):
        pass

    with pytest.raises(ContextDefinitionError, match="Plain is not decorated with @context_source"):
        context_of(Plain)
