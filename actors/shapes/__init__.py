"""Between JSON and classes, for every door: tool inputs, bodies and query strings of requests, TOML files.

A :class:`Record` is made once from an attrs class and knows its JSON Schema. Reading collects the mistakes, each
with the path to it, instead of stopping at the first; after twenty of them it stops::

    VISIT = Record(Visit)
    visit = VISIT.load(jsontext.read(body), unknown="ignored")       # raises Mistakes
    listing = LISTING.load(LISTING.gathered(request.args.items(multi=True)))

Fields may be ``str``, ``int``, ``float``, ``bool``, ``datetime``, ``Literal`` of strings, ``X | None``,
``tuple[X, ...]``, ``Mapping[str, X]``, ``Any``, other attrs classes, and unions of attrs classes that a field
``type: Literal["..."]``, or one called `kind`, tells apart. A field without a default is required.
"""

from actors.shapes.records import Record, dump, shape_of
from actors.shapes.values import (
    Described,
    Mistakes,
    NoJsonForm,
    Problem,
    Shape,
    Supplied,
    described,
    suggestion,
)

__all__ = [
    "Described",
    "Mistakes",
    "NoJsonForm",
    "Problem",
    "Record",
    "Shape",
    "Supplied",
    "described",
    "dump",
    "shape_of",
    "suggestion",
]
