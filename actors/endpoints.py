"""What a subsystem offers over HTTP: a request, or a stream, with a method and a path.

A subsystem offers one by decorating a class of its front door; the gateway reads the request from what a client sent,
asks for it on the bus, and answers with the reply as JSON::

    @endpoint("GET", "/api/visits/{place}")
    @final
    @attrs.frozen(kw_only=True)
    class ListVisits(Request[tuple[Visit, ...]]):
        place: str
        limit: Annotated[int, described("Most visits.", ge=1, le=200)] = 20
        user: str

Fields named in the path come from there; the others from the query string, and from the JSON body of anything but a
``GET``. A field `user`, and one marked ``from_context("user")``, never comes from a client: it is who asks, as
one marked ``from_context("role")`` is what that one may; a field `proof` is how that is known, `credential` by which
key or device, `address` from where it was asked. On a path that is about one's own, the field that ``own`` names is who
asks too. What a client says beyond the fields is passed over. A stream is a
WebSocket that carries its items, one JSON text each. A reply of nothing is an empty object.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Final, Literal, TypeVar, cast, final

import attrs

from actors import jsontext
from actors.shapes import Mistakes, Record
from actors.vocabulary import Principal
from bus import ActorError, Data, ErrorKind, Message, Request, Stream

T = TypeVar("T", bound=attrs.AttrsInstance)
MessageT = TypeVar("MessageT", bound=Request[Any] | Stream[Any])

Access = Literal["public", "user", "admin", "operator"]
"""Who may ask: everybody who reaches the socket, a known user, one whose role is `admin`, or whoever has the token of
the running daemon."""
Method = Literal["GET", "POST", "PUT", "DELETE"]

ENDPOINT: Final = "__endpoint__"
"""Attribute of a decorated class: its :class:`Endpoint`, or several."""
USER: Final = "user"
WHO: Final = frozenset({USER, "proof", "credential", "address"})
"""Fields that say who asks."""
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")


@attrs.define(eq=False)
class BadMessage(ActorError):
    """What a client sent cannot be understood. The text is meant for the person who wrote the client."""

    kind: ClassVar[ErrorKind] = "invalid"
    reason: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class NeedsConfirming(ActorError):
    """What was asked for takes the operator's token, or an admin's page that was confirmed with a code a moment ago."""

    kind: ClassVar[ErrorKind] = "forbidden"


# --- reading ----------------------------------------------------------------------------------------------


def parse_object(text: str | bytes) -> Mapping[str, Any]:
    """Read one JSON object. Raises BadMessage."""
    try:
        return jsontext.read_object(text)
    except jsontext.NotJson as error:
        raise BadMessage(f"malformed JSON: {error}") from None


record_of = cache(Record)


def read(kind: type[T], fields: Mapping[str, Any], supplied: Mapping[str, Any] | None = None) -> T:
    """An instance of an attrs class from the fields of a client and what it gets from us. Raises BadMessage.

    What the class does not have is passed over: a client may be newer than we are.
    """
    try:
        return cast("T", record_of(kind).load(fields, supplied, unknown="ignored"))
    except Mistakes as mistakes:
        raise BadMessage(str(mistakes)) from None


# --- endpoints --------------------------------------------------------------------------------------------


class EndpointDefinitionError(TypeError):
    """A class cannot be an endpoint the way it is written; raised when it is defined or listed."""


@final
@attrs.frozen(kw_only=True)
class Endpoint(Data):
    """One method of one path."""

    method: Method
    path: str
    """Parameters in braces are names of fields."""
    access: Access
    kind: type[Request[Any]] | type[Stream[Any]]
    origin: str | None = None
    """What the messages it causes are said to come from, where they are to be told from those of people."""
    status: int = 200
    """Of an answer that is no refusal: 201 where something was made."""
    own: str | None = None
    """A field that is who asks, here and perhaps not on other paths of the same class."""

    def __attrs_post_init__(self) -> None:
        known = attrs.fields_dict(cast("Any", self.kind))
        named = [*self.parameters, *filter(None, [self.own])]
        missing = [name for name in named if name not in known]
        if missing:
            raise EndpointDefinitionError(
                f"{self.kind.__name__} has no field {missing[0]}, as {self.path} says"
            )
        supplied = record_of(
            cast("Any", self.kind)
        ).supplied  # raises NoJsonForm here and not when it is asked for
        if (supplied or WHO & known.keys()) and self.access == "public":
            raise EndpointDefinitionError(f"{self.kind.__name__} is of a user, so it cannot be public")
        for field, source in supplied.items():
            if source not in {USER, "role"}:
                raise EndpointDefinitionError(
                    f"{self.kind.__name__}.{field} comes from a turn, and here is none"
                )

    @property
    def parameters(self) -> list[str]:
        """Names in the path."""
        return _PARAMETER.findall(self.path)

    def message(self, fields: Mapping[str, Any], principal: Principal | None, address: str = "") -> Message:
        """What is to be asked for by somebody at this address. Raises BadMessage."""
        kind = cast("type[Any]", self.kind)
        if principal is None:
            return cast("Message", read(kind, fields))
        who = {**attrs.asdict(principal), "address": address}
        supplied = {name: who[source] for name, source in record_of(cast("Any", kind)).supplied.items()}
        known = {name: who[name] for name in WHO & attrs.fields_dict(kind).keys() - supplied.keys()}
        if self.own is not None:
            known[self.own] = principal.user
        return cast("Message", read(kind, {**fields, **known}, supplied))

    def gathered(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The fields that a query string has."""
        return record_of(cast("Any", self.kind)).gathered(pairs)


def endpoint(
    method: Method,
    path: str,
    *,
    access: Access = "user",
    origin: str | None = None,
    status: int = 200,
    own: str | None = None,
) -> Callable[[type[MessageT]], type[MessageT]]:
    """Offer the decorated class over HTTP. Goes above ``@final`` and ``@attrs.frozen``, once for each path."""

    def decorate(kind: type[MessageT]) -> type[MessageT]:
        made = Endpoint(
            method=method,
            path=path,
            access=access,
            kind=cast("Any", kind),
            origin=origin,
            status=status,
            own=own,
        )
        setattr(kind, ENDPOINT, (made, *vars(kind).get(ENDPOINT, ())))
        return kind

    return decorate


def endpoints_of(kind: type[Any]) -> tuple[Endpoint, ...]:
    """The endpoints of a decorated class, as they are written above it."""
    return cast("tuple[Endpoint, ...]", getattr(kind, ENDPOINT))


def endpoint_of(kind: type[Any]) -> Endpoint:
    """The first of them."""
    return endpoints_of(kind)[0]
