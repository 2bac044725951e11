"""Values as JSON for clients: a class is written under the names that clients know, wherever it occurs.

What is said here once of a class is all there is: answers and frames are written from it, and so are the page's types
and the tables of the reference.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, final

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from actors import jsontext
from bus import Data

Json = dict[str, Any]
NOTHING: Final[Mapping[str, Any]] = {}


@final
@attrs.frozen(kw_only=True)
class Form(Data):
    """How one class looks on the wire."""

    kind: type[Any]
    name: str
    """Of the type, as clients call it."""
    tag: str | None
    """The value of ``type`` in a frame of this class."""
    names: Mapping[str, str]
    """Fields that are called differently on the wire."""
    omit: frozenset[str]
    """Fields that clients do not see."""
    add: Mapping[str, Callable[[Any], Any]]
    """What is written beside or in place of the fields, each from the whole value. What a function returns by its
    annotation is the type of the field, its docstring what the reference says of it."""


@final
class Wire:
    """Writes values as JSON. Classes without a form are written under the names of their fields."""

    def __init__(self) -> None:
        self.forms: dict[type[Any], Form] = {}
        self._writers: dict[type[Any], Callable[[Any], Json]] = {}
        self._converter = Converter(unstruct_collection_overrides={tuple: list})
        self._converter.register_unstructure_hook(datetime, timestamp)
        self._converter.register_unstructure_hook(timedelta, timedelta.total_seconds)

    def form(
        self,
        kind: type[Any],
        name: str | None = None,
        *,
        tag: str | None = None,
        names: Mapping[str, str] = NOTHING,
        omit: Iterable[str] = (),
        add: Mapping[str, Callable[[Any], Any]] = NOTHING,
    ) -> None:
        """Say how a class looks on the wire; see :class:`Form`. Raises ValueError for a field it does not have."""
        form = Form(
            kind=kind,
            name=name or kind.__name__,
            tag=tag,
            names=dict(names),
            omit=frozenset(omit),
            add=dict(add),
        )
        unknown = (form.names.keys() | form.omit) - attrs.fields_dict(kind).keys()
        if unknown:
            raise ValueError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
        self.forms[kind] = form
        self._converter.register_unstructure_hook(kind, partial(self._write, form))

    def _write(self, form: Form, value: Any) -> Json:
        writer = self._writers.get(form.kind)
        if writer is None:  # made at the first use, when the forms of the classes within are known too
            writer = self._writers[form.kind] = self._writer(form)
        return writer(value)

    def _writer(self, form: Form) -> Callable[[Any], Json]:
        rules: Any = {
            **{field: override(rename=name) for field, name in form.names.items()},
            **{field: override(omit=True) for field in form.omit | form.add.keys()},
        }
        fields = make_dict_unstructure_fn(form.kind, self._converter, **rules)
        tag: Json = {} if form.tag is None else {"type": form.tag}
        added = {name: (self._converter.unstructure, add) for name, add in form.add.items()}
        if not tag and not added:
            return fields

        def write(value: Any) -> Json:
            shown = {**tag, **fields(value)}
            for name, (plain, add) in added.items():
                shown[name] = plain(add(value))
            return shown

        return write

    def json(self, value: Any) -> Any:
        """A value in the types that JSON knows."""
        return self._converter.unstructure(value)


def encode(value: Any) -> str:
    """Write JSON that every client can read, whatever a model or a tool put into its text."""
    return jsontext.write(value, default=_plain)


def _plain(value: Any) -> Any:
    """Immutable containers as the ones JSON knows."""
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, Iterable):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise TypeError(f"{type(value).__name__} is not JSON")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
