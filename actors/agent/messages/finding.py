"""A tool is looked up before it is used."""

from typing import Annotated, ClassVar, final

import attrs

from actors.shapes import Supplied, described
from actors.vocabulary import ToolSpec
from bus import Request


@final
@attrs.frozen(kw_only=True)
class FindTools(Request[str]):
    """The descriptions of tools, for the model that asks for them; the gate has found them."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    query: Annotated[str, described("Their names, or words.", max_length=500)]
    found: Annotated[tuple[ToolSpec, ...], Supplied("found")]
